"""How long a provider asks us to wait: headers and body of its answer enter, seconds leave.

In this order: `retry-after-ms` and `retry-after`, the reset of the window that is exhausted, hints
in the body. Instants count from the answer's own `date` header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.providers.bodies import nested_headers, values_of
from bot.providers.times import between_s, duration_s, http_date, number, seconds, until_s
from bot.providers.windows import read_windows

LONGEST_S = 31 * 86400.0
"""A wait beyond a month is no rate window: it is not believed."""
_HINT = re.compile(
    r"(?:try(?:ing)? again|retry|retrying|available(?: again)?|resets?|replenished|wait)"
    r"(?: (?:in|after|for|at least|about|approximately|another))*\s+(?=\d)",
    re.IGNORECASE,
)
_INSTANT = re.compile(
    r"\b(?:at|on|until|after) (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))", re.IGNORECASE
)
_SECONDS_KEYS = (
    *("retryDelay", "retry_after", "retryAfter", "retry_after_seconds", "estimated_time"),
    *("quotaResetDelay", "resets_in_seconds"),
)
_MILLISECONDS_KEYS = ("retry_after_ms", "retryAfterMs")


def read_wait_s(headers: Mapping[str, str], payload: Any | None, text: str) -> float | None:
    """Seconds until asking again makes sense, as the answer itself says; None when it does not.

    Args:
        headers: of the answer, lower-case names.
        payload: its body as JSON, or None.
        text: every sentence in its body.
    """
    for wait_s in _hints(headers, payload, text):
        if wait_s is not None and wait_s <= LONGEST_S:
            return max(0.0, wait_s)
    return None


def _hints(headers: Mapping[str, str], payload: Any | None, text: str) -> Iterator[float | None]:
    """From the most certain to the least."""
    repeated = {"date": headers.get("date", ""), **nested_headers(payload)}
    for sent in (headers, repeated):
        yield _retry_after_s(sent)
        yield _exhausted_s(sent)
    yield max(_fields_s(payload), default=None)
    hint = _HINT.search(text)
    yield duration_s(text[hint.end() :]) if hint else None
    instant = _INSTANT.search(text)
    yield until_s(instant[1], headers.get("date")) if instant else None


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The `retry-after-ms` or `retry-after` header in seconds; a date counts from `date`."""
    milliseconds = number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    found = seconds(value)
    return (
        found if found is not None else between_s(http_date(headers.get("date")), http_date(value))
    )


def _exhausted_s(headers: Mapping[str, str]) -> float | None:
    """Seconds until every exhausted rate window (remaining 0) is open again; None when none is."""
    resets = [window.reset_s for window in read_windows(headers) if window.remaining <= 0]
    return max((reset for reset in resets if reset is not None), default=None)


def _fields_s(payload: Any | None) -> Iterator[float]:
    for value in values_of(payload, *_SECONDS_KEYS):
        wait_s = seconds(value)
        if wait_s is not None:
            yield wait_s
    for value in values_of(payload, *_MILLISECONDS_KEYS):
        wait_ms = number(value)
        if wait_ms is not None:
            yield wait_ms / 1000
