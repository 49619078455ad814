"""How long a provider asks us to wait: headers and body of its answer enter, seconds leave.

In this order: `retry-after-ms` and `retry-after`, the reset of the window that is exhausted, hints
in the body. Instants count from the answer's own `date` header, so a wrong clock here does no harm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.providers.bodies import nested_headers, values_of

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_DURATION = re.compile(rf"(?:(?:{_PART.pattern})[\s,]*(?:and\s+)?)+", re.IGNORECASE)
_HINT = re.compile(
    r"(?:try(?:ing)? again|retry|retrying|available again|resets?|wait(?: for)?)"
    r"(?: (?:in|after|for|at least))*\s+(?=\d)",
    re.IGNORECASE,
)
# Plain numbers above these are instants: seconds or milliseconds since 1970.
_EPOCH_S = 1_000_000_000
_EPOCH_MS = 100_000_000_000


def read_wait_s(headers: Mapping[str, str], payload: Any | None, text: str) -> float | None:
    """Seconds until asking again makes sense, as the answer itself says; None when it does not.

    Args:
        headers: of the answer, lower-case names.
        payload: its body as JSON, or None.
        text: every sentence in its body.
    """
    sent_at = _http_date(headers.get("date"))
    for wait_s in (
        read_retry_after_s(headers, sent_at),
        read_window_s(headers, sent_at),
        _read_body_s(payload, text, sent_at),
    ):
        if wait_s is not None:
            return max(0.0, wait_s)
    return None


def read_retry_after_s(headers: Mapping[str, str], sent_at: datetime | None) -> float | None:
    """The `retry-after-ms` or `retry-after` header in seconds; a date counts from `sent_at`."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    return seconds if seconds is not None else _seconds_between(sent_at, _http_date(value))


def read_window_s(headers: Mapping[str, str], sent_at: datetime | None) -> float | None:
    """Seconds until every exhausted rate window (remaining 0) is open again; None when none is."""
    waits = []
    for name, value in headers.items():
        remaining = _number(value) if "remaining" in name else None
        if remaining is not None and remaining <= 0:
            wait_s = _reset_s(headers.get(name.replace("remaining", "reset")), sent_at)
            if wait_s is not None:
                waits.append(wait_s)
    return max(waits, default=None)


def read_duration_s(text: str) -> float | None:
    """Seconds in "7.66s", "2m59.56s", "644ms", "20 seconds"; None when it is no duration."""
    match = _DURATION.match(text.strip())
    if not match:
        return None
    return sum(_part_s(part) for part in _PART.finditer(match.group()))


def _part_s(part: re.Match[str]) -> float:
    unit = part[2].lower()
    return float(part[1]) * _UNITS_S["ms" if unit.startswith(("ms", "milli")) else unit[0]]


def _read_body_s(payload: Any | None, text: str, sent_at: datetime | None) -> float | None:
    repeated = nested_headers(payload)
    for wait_s in (
        read_retry_after_s(repeated, sent_at),
        read_window_s(repeated, sent_at),
        max(_read_fields_s(payload), default=None),
    ):
        if wait_s is not None:
            return wait_s
    hint = _HINT.search(text)
    return read_duration_s(text[hint.end() :]) if hint else None


def _read_fields_s(payload: Any | None) -> Iterator[float]:
    for value in values_of(payload, "retryDelay", "retry_after", "retry_after_seconds"):
        wait_s = _seconds(value)
        if wait_s is not None:
            yield wait_s


def _reset_s(value: str | None, sent_at: datetime | None) -> float | None:
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is None:
        return _seconds_between(sent_at, _iso_date(value))
    if seconds < _EPOCH_S:
        return seconds
    instant_s = seconds / 1000 if seconds >= _EPOCH_MS else seconds
    return None if sent_at is None else instant_s - sent_at.timestamp()


def _seconds(value: Any) -> float | None:
    """Seconds in a plain number or in a duration with units."""
    number = _number(value)
    return read_duration_s(value) if number is None and isinstance(value, str) else number


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None


def _http_date(value: str | None) -> datetime | None:
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
