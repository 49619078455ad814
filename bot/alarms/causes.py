"""A cause enters; when and how often the owner is told of it leaves (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal


class Cause(StrEnum):
    """Everything an owner is told of; the word stands in the log, the webhook and the texts."""

    AI_DOWN = "ai_down"
    AI_NEEDS_OWNER = "ai_needs_owner"
    MODEL_REPLACED = "model_replaced"
    BUDGET_REACHED = "budget_reached"
    QUEUE_OLD = "queue_old"
    WORKER_SILENT = "worker_silent"
    DATABASE_DOWN = "database_down"
    DISK_LOW = "disk_low"
    CATALOG_REFUSED = "catalog_refused"
    WEBHOOK_REFUSED = "webhook_refused"
    TWILIO_ACCOUNT = "twilio_account"
    TURN_BURIED = "turn_buried"
    MESSAGE_UNDELIVERED = "message_undelivered"
    PERSON_WANTED = "person_wanted"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one cause is told.

    Args:
        wait_s: it has to stand for so long; of what is counted: so long more of it is gathered.
        again_s: after telling of it, or of its end, it is not told again before this, however
            often it returns.
        facts: what its text names besides `times`.
    """

    wait_s: float
    again_s: float = 600.0
    facts: tuple[str, ...] = ()


STANDING: Mapping[Cause, Rule] = {
    Cause.AI_DOWN: Rule(20),
    Cause.AI_NEEDS_OWNER: Rule(5, facts=("provider", "advice")),
    Cause.MODEL_REPLACED: Rule(5, facts=("provider", "gone", "found")),
    Cause.BUDGET_REACHED: Rule(0, facts=("limit_usd",)),
    Cause.QUEUE_OLD: Rule(10, facts=("waiting",)),
    Cause.WORKER_SILENT: Rule(10),
    Cause.DATABASE_DOWN: Rule(15),
    Cause.DISK_LOW: Rule(30, facts=("free_mb",)),
    Cause.CATALOG_REFUSED: Rule(0, facts=("reason",)),
    Cause.WEBHOOK_REFUSED: Rule(0),
    Cause.TWILIO_ACCOUNT: Rule(5, facts=("mend",)),
}
"""What stands until it recovers."""

COUNTED: Mapping[Cause, Rule] = {
    Cause.TURN_BURIED: Rule(10, again_s=3600.0, facts=("who",)),
    Cause.MESSAGE_UNDELIVERED: Rule(20, again_s=3600.0, facts=("code",)),
    Cause.PERSON_WANTED: Rule(5, facts=("who",)),
}
"""What happens and is over; many of a kind are told as one."""

URGENT = frozenset(
    {
        Cause.WORKER_SILENT,
        Cause.DATABASE_DOWN,
        Cause.QUEUE_OLD,
        Cause.TWILIO_ACCOUNT,
        Cause.TURN_BURIED,
        Cause.PERSON_WANTED,
    }
)
"""Customers get no answer, or wait for a person: told however much was told lately."""

HOLD = timedelta(seconds=60)
"""Something has recovered when it has been well for this long."""
REMIND = timedelta(days=1)

Verdict = Literal["alarm", "reminder", "recovered", "over"]
"""What to do: tell, tell again, tell that it is over, or only note that it is."""


def judge(
    cause: Cause,
    *,
    since: datetime,
    clear_at: datetime | None,
    told_at: datetime | None,
    times: int,
    now: datetime,
) -> Verdict | None:
    """What to do about a cause that stands, or was counted, now.

    Args:
        since: when it began this time.
        clear_at: since when it seems to be over.
        told_at: when the owner was last told of it; before `since`: not of this time.
    """
    rule = STANDING.get(cause) or COUNTED[cause]
    is_told = told_at is not None and told_at >= since
    if clear_at is not None:
        if now - clear_at < HOLD:
            return None
        return "recovered" if is_told else "over"
    if is_told and cause in STANDING:
        return "reminder" if now - (told_at or now) >= REMIND else None
    has_waited = now - since >= timedelta(seconds=rule.wait_s)
    may_again = told_at is None or now - told_at >= timedelta(seconds=rule.again_s)
    return "alarm" if times and has_waited and may_again else None


def joined(cause: Cause, before: Mapping[str, Any], new: Mapping[str, object]) -> dict[str, Any]:
    """The facts of one more: of what is counted, the last few of each; else simply the new."""
    if cause in STANDING:
        return dict(new)
    return {name: [*before.get(name, ()), value][-MOST_NAMED:] for name, value in new.items()}


MOST_NAMED = 30
"""So many of what is counted are named one by one: as many numbers as a WhatsApp notice holds."""
