"""Results of calls enter, whether and when to ask again leaves (pure; seconds are monotonic).

A breaker opens at once on a timeout, a connection failure, a bad key, an empty account or a wrong
address, and after three other failures in a row. While it is open nobody asks; when its time is up
exactly one caller does.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.health.member import Member
from core.errors import ProviderError

OPENS_AT_ONCE = frozenset(
    {"timeout", "network", "auth", "quota", "config", "model_not_found", "rate_limit"}
)
FAILURES_TO_OPEN = 3
FIRST_OPEN_S = {"network": 5.0, "timeout": 30.0, "rate_limit": 10.0}
DEFAULT_OPEN_S = 60.0
LONGEST_OPEN_S = {"network": 60.0}
DEFAULT_LONGEST_OPEN_S = 600.0
"""An open breaker waits twice as long after each failed probe, up to this."""
COLD_START_OPEN_S = 10.0
LONGEST_COLD_START_OPEN_S = 60.0
"""A local model that is still loading times out and is there soon after: loading is not down."""
LONGEST_TOLD_S = 86400.0
"""A provider that says to wait for longer is asked again all the same."""


@dataclass(slots=True)
class Breaker:
    """One (provider, model); `open_until` is in monotonic seconds, None while it is closed."""

    failures: int = 0
    opened: int = 0
    """How often in a row it opened; each failed probe doubles the next wait."""
    open_until: float | None = None
    error_class: str = ""
    probing: bool = False

    @property
    def is_open(self) -> bool:
        return self.open_until is not None

    def may_ask(self, now: float) -> bool:
        """Closed, or open and due for its one probe."""
        if self.open_until is None:
            return True
        if self.open_until > now:
            return False
        if self.error_class == "rate_limit":  # its end was known: no probe is needed
            self.open_until = None
            return True
        return not self.probing

    def close(self) -> None:
        """An answer came: forget every failure."""
        self.failures = self.opened = 0
        self.open_until, self.error_class, self.probing = None, "", False

    def note_failure(
        self,
        error: ProviderError,
        now: float,
        *,
        is_probe: bool,
        is_local: bool,
        is_doubtful: bool = False,
    ) -> bool:
        """Write down a failed call; whether anything changed for the next one.

        Args:
            is_doubtful: it got too little time to be sure; only several in a row count.
        """
        kind = error.error_class
        if kind == "bad_request":
            return False
        if self.open_until is not None and not (is_probe and self.open_until <= now):
            # Many were under way when it opened: they saw the same fault, not a new one. And one
            # that was asked before its time, because all are down, must not stay away for longer.
            if kind != "rate_limit" or not error.retry_after_s:
                return False
            told_s = min(error.retry_after_s, LONGEST_TOLD_S)
            self.open_until = max(self.open_until, now + told_s)
            return True
        self.failures += 1
        at_once = not is_doubtful and (is_probe or kind in OPENS_AT_ONCE)
        wait_s = self._open_s(error, at_once=at_once, is_local=is_local)
        if wait_s is not None:
            self.error_class = kind
            self.opened += 1
            self.open_until = now + wait_s
        return True

    def _open_s(self, error: ProviderError, *, at_once: bool, is_local: bool) -> float | None:
        """Seconds a failure keeps it open; None when it stays closed."""
        kind = error.error_class
        told_s = min(error.retry_after_s or 0.0, LONGEST_TOLD_S)
        if kind == "rate_limit" and error.retry_after_s is not None:
            return told_s
        if not (at_once or self.failures >= FAILURES_TO_OPEN):
            return None
        first = FIRST_OPEN_S.get(kind, DEFAULT_OPEN_S)
        longest = LONGEST_OPEN_S.get(kind, DEFAULT_LONGEST_OPEN_S)
        if is_local and kind == "timeout":
            first, longest = COLD_START_OPEN_S, LONGEST_COLD_START_OPEN_S
        doubled: float = min(first * 2 ** min(self.opened, 10), longest)
        return max(doubled, told_s)


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way; whoever began it says how it ended."""

    member: Member
    model: str | None
    breaker: Breaker
    is_probe: bool
