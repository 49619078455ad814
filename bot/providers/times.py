"""Times as providers write them enter, seconds leave: durations, instants, plain numbers."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,3}):(\d{2}):(\d{2}(?:\.\d+)?)(?!\s*(?:[ap]m|utc|gmt))", re.IGNORECASE)
_DURATION = re.compile(rf"(?:(?:{_PART.pattern})[\s,]*(?:and\s+)?)+", re.IGNORECASE)
# Plain numbers above these are instants: seconds or milliseconds since 1970.
_EPOCH_S = 1_000_000_000
_EPOCH_MS = 100_000_000_000


def duration_s(text: str) -> float | None:
    """Seconds in "2m59.56s", "644ms", "20 seconds", "00:01:30"; None when it is no duration."""
    clock = _CLOCK.match(text.strip())
    if clock:
        return 3600 * float(clock[1]) + 60 * float(clock[2]) + float(clock[3])
    match = _DURATION.match(text.strip())
    return sum(_part_s(part) for part in _PART.finditer(match.group())) if match else None


def _part_s(part: re.Match[str]) -> float:
    unit = part[2].lower()
    return float(part[1]) * _UNITS_S["ms" if unit.startswith(("ms", "milli")) else unit[0]]


def number(value: Any) -> float | None:
    """A finite number, also one that is written as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def seconds(value: Any) -> float | None:
    """Seconds in a plain number or in a duration with units."""
    found = number(value)
    return duration_s(value) if found is None and isinstance(value, str) else found


def until_s(value: str | None, date: str | None) -> float | None:
    """Seconds until a window's reset, however it is written.

    Args:
        date: the answer's own `date` header, from which instants count: a wrong clock here does
            no harm.
    """
    if value is None:
        return None
    found = seconds(value)
    if found is not None and found < _EPOCH_S:
        return found
    sent_at = http_date(date)
    if found is None:
        return between_s(sent_at, _iso_date(value))
    instant_s = found / 1000 if found >= _EPOCH_MS else found
    return None if sent_at is None else instant_s - sent_at.timestamp()


def between_s(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from one instant to the other; None without both."""
    return (end - start).total_seconds() if start and end else None


def http_date(value: str | None) -> datetime | None:
    """The instant of a header such as `date`; None when it is none."""
    try:
        found = parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _iso_date(value: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
