"""An error, how often it happened and now enter; when to try again, or never, leaves (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import ProviderError

MIN_ATTEMPT_S = 0.5
"""An attempt with less time than this left is not worth starting."""
SHARE_S = 4.0
"""What every provider still to come is left of the deadline, where the deadline allows it."""
RETRY_PAUSE_S = 0.5

SEND_PAUSES_S = (2, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600)
"""Pauses between tries of one send: about 4.5 hours, WhatsApp's own queue limit being 4."""
TURN_PAUSES_S = (2, 10)
"""Pauses after a turn failed by our own fault; the third failure buries it."""


@dataclass(slots=True)
class Option:
    """One provider in the plan of one turn."""

    name: str
    calls: int = 0
    """Calls made in this turn."""
    free_calls: int = 0
    """Calls that only found a model gone or a prompt too long; they do not count as attempts."""
    is_running: bool = False
    """A call is under way."""
    closed: bool = False
    """Not to be asked again in this turn."""
    ready_at: float = 0.0
    """Monotonic second before which it would refuse again."""
    is_limited: bool = False
    """It waits for what the provider itself, or its full rate window, says."""
    has_waited: bool = False
    """That was waited out once: not again in this turn."""

    @property
    def attempts(self) -> int:
        return self.calls - self.free_calls

    @property
    def is_fresh(self) -> bool:
        """It was not asked yet, and may be."""
        return self.calls == 0 and not self.closed and not self.is_running

    def is_left(self, attempts: int) -> bool:
        """Whether it may be asked (again) in this turn."""
        return not self.closed and self.attempts < attempts


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this option now, for at most `limit_s` seconds."""

    option: Option
    limit_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody can answer now; this option can in `seconds`."""

    option: Option
    seconds: float


def next_step(
    options: Sequence[Option], *, now: float, deadline: float, attempts: int, style: str
) -> Ask | Wait | None:
    """The next step of a turn; None when nothing is left to try within the deadline.

    Args:
        now, deadline: monotonic seconds.
        attempts: most calls of one option.
        style: "rounds" asks everyone once, then again; "in_place" asks one until it is used up,
            and waits out its pauses, but never somebody's full rate window while others can answer.
    """
    live = [o for o in options if o.is_left(attempts) and not o.is_running]
    if not live or deadline - now < MIN_ATTEMPT_S:
        return None
    candidates = live
    if style == "in_place":
        candidates = [o for o in live if o.ready_at <= now or not o.is_limited][:1] or live
    ready = [o for o in candidates if o.ready_at <= now]
    if not ready:
        soonest = min(candidates, key=lambda o: o.ready_at)
        pause = soonest.ready_at - now
        left_s = deadline - now - pause
        return Wait(soonest, pause) if left_s > min(SHARE_S, (deadline - now) / 4) else None
    chosen = min(ready, key=lambda o: o.attempts)
    others = sum(
        1
        for o in live
        if o is not chosen and o.calls == 0 and o.ready_at + MIN_ATTEMPT_S < deadline
    )
    return Ask(chosen, attempt_limit_s(deadline - now, others))


def attempt_limit_s(remaining_s: float, others: int) -> float:
    """How long one attempt may take so that each of `others` still gets its share."""
    return max(remaining_s - others * SHARE_S, remaining_s / (others + 1))


def note_failure(option: Option, error: ProviderError, *, now: float, style: str) -> None:
    """Write into the plan what an error means for asking the same option again."""
    option.is_limited = error.error_class == "rate_limit"
    if not error.retry_same:
        option.closed = True
    elif error.retry_after_s is not None:
        option.ready_at = now + max(RETRY_PAUSE_S, error.retry_after_s)
        option.is_limited = True
    elif option.is_limited and style != "in_place":
        option.closed = True  # nobody knows for how long; the customer is not kept waiting
    else:
        option.is_limited = False
        doubling = 2 ** (option.attempts - 1) if style == "in_place" else 1
        option.ready_at = now + RETRY_PAUSE_S * doubling


def send_again_after_s(tries: int, retry_after_s: float | None = None) -> float | None:
    """Seconds until a send that may succeed later is tried again; None when it was tried enough.

    Args:
        tries: how often it was tried, this time included; at least 1.
        retry_after_s: what the channel itself asks for.
    """
    if tries > len(SEND_PAUSES_S):
        return None
    return max(retry_after_s or 0.0, float(SEND_PAUSES_S[tries - 1]))


def turn_again_after_s(failures: int) -> float | None:
    """Seconds until a turn that failed by our own fault is tried again; None buries it."""
    return float(TURN_PAUSES_S[failures - 1]) if failures <= len(TURN_PAUSES_S) else None
