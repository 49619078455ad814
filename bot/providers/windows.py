"""What is left of a provider's rate windows: headers of an answer enter, windows leave.

One reading for all: a header that says what remains, and its neighbours of the same name that say
the limit and the reset. Resets come as seconds, durations, epoch seconds or milliseconds, RFC 3339.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Window
from bot.providers.times import number, until_s

MINUTE_S = 60.0


def read_windows(headers: Mapping[str, str]) -> tuple[Window, ...]:
    """Every window these headers speak of; () when they speak of none.

    Args:
        headers: lower-case names. Instants count from `date` among them.
    """
    return tuple(
        window
        for name, value in headers.items()
        if "remaining" in name and (window := _read(name, value, headers)) is not None
    )


def _read(name: str, value: str, headers: Mapping[str, str]) -> Window | None:
    remaining = number(value)
    if remaining is None:
        return None
    reset = headers.get(name.replace("remaining", "reset"))
    seconds = until_s(reset, headers.get("date"))
    if seconds is None and "minute" in name:
        seconds = MINUTE_S  # its end is not told; later it cannot be
    limit = number(headers.get(name.replace("remaining", "limit")))
    return Window(_kind(name), remaining, limit, None if seconds is None else max(0.0, seconds))


def _kind(name: str) -> str:
    if "token" not in name:
        return "requests"
    for side in ("input", "output"):
        if f"{side}-token" in name:
            return f"{side}_tokens"
    return "tokens"
