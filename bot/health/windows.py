"""What answers said of a provider's rate windows enters, how long to stay away leaves (pure).

Seconds are monotonic. Between two answers the calls begun since count against what was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.messages import Window

CLOCKS_DIFFER_S = 0.1
TRUSTED_RESET_S = 60.0
"""Longer resets are often those of a window that refills all the time: a day's window that is empty
now has room again after one request's share of the day. We stay away for that share, at least this
long; of a window that does not refill the next refusal, a quick one, tells the truth."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a call takes: the tokens sent, and the most that may come back."""

    tokens: int = 0
    max_tokens: int = 0

    def of(self, kind: str) -> float:
        """Units of a window that counts requests, input, output or all tokens."""
        if kind == "requests":
            return 1.0
        sent = 0 if kind == "output_tokens" else self.tokens
        return float(sent + (0 if kind == "input_tokens" else self.max_tokens))


@dataclass(slots=True)
class RateWindow:
    """One window as last heard of; over at `ends_at`."""

    kind: str
    remaining: float
    limit: float | None
    read_at: float
    ends_at: float
    taken: float = 0.0
    """What calls begun since then have asked of it."""

    def wait_s(self, need: float, now: float) -> float:
        """Seconds until it has room for `need`; 0 when it has, or when it never will."""
        lacking = need - (self.remaining - self.taken)
        if lacking <= 0 or self.ends_at <= now or (self.limit and need > self.limit):
            return 0.0
        return max(0.0, self._opens_at(lacking) - now)

    def _opens_at(self, lacking: float) -> float:
        reset_s = self.ends_at - self.read_at
        if reset_s > TRUSTED_RESET_S and self.limit:
            reset_s = max(TRUSTED_RESET_S, reset_s * min(1.0, lacking / self.limit))
        return self.read_at + reset_s


class RateWindows:
    """The windows of one (provider, model)."""

    __slots__ = ("_kinds", "_under_way")

    def __init__(self) -> None:
        self._kinds: dict[str, RateWindow] = {}
        self._under_way: dict[int, Need] = {}

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def __iter__(self) -> Iterator[RateWindow]:
        return iter(self._kinds.values())

    def read(self, windows: Iterable[Window], now: float) -> None:
        """Newer numbers replace older ones; one without a reset is believed for a minute.

        Calls that are still under way may or may not be among what the provider has counted; to be
        sure they are taken off once more. Of two windows of a kind the emptier one counts.
        """
        read: dict[str, RateWindow] = {}
        for window in windows:
            reset_s = TRUSTED_RESET_S if window.reset_s is None else max(0.0, window.reset_s)
            new = RateWindow(window.kind, window.remaining, window.limit, now, now + reset_s)
            known = read.get(window.kind)
            if known is None or new.remaining < known.remaining:
                read[window.kind] = new
        for each in read.values():
            each.taken = self._taken(each.kind)
            self._kinds[each.kind] = each

    def adopt(self, window: RateWindow) -> None:
        """Take over what another process read, if clearly newer: clocks are not that exact."""
        known = self._kinds.get(window.kind)
        if known is None or window.read_at > known.read_at + CLOCKS_DIFFER_S:
            window.taken = self._taken(window.kind)
            self._kinds[window.kind] = window

    def _taken(self, kind: str) -> float:
        return sum(need.of(kind) for need in self._under_way.values())

    def take(self, call: int, need: Need) -> None:
        """A call begins; `call` tells it from others."""
        self._under_way[call] = need
        for window in self._kinds.values():
            window.taken += need.of(window.kind)

    def end(self, call: int) -> None:
        """A call is over; what it took stays taken until the provider tells anew."""
        self._under_way.pop(call, None)

    def wait_s(self, need: Need, now: float) -> float:
        """Seconds until none of them would refuse a call; 0 when it may begin now."""
        waits = (window.wait_s(need.of(window.kind), now) for window in self._kinds.values())
        return max(waits, default=0.0)
