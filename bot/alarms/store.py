"""Alarms and notices in the database: raised, cleared, told once, sent once (units of work)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from bot.alarms.causes import COUNTED, HOLD, STANDING, URGENT, Cause, Verdict, joined, judge
from bot.tables import Alarm, OwnerNotice
from core.database import insert_into
from core.ids import new_id

MOST_AN_HOUR = 6
"""Alarms on one way, the urgent ones apart."""
KEPT = timedelta(days=7)
RECENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing the owner is told now."""

    event: Verdict
    cause: Cause
    subject: str
    since: datetime
    recovered_at: datetime | None
    times: int
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Notice:
    """One text on one way to the owner; `tries` counts this one."""

    id: str
    event: str
    cause: str
    text: str
    since: datetime
    recovered_at: datetime | None
    tries: int
    created_at: datetime


def raised(
    connection: Connection, cause: Cause, subject: str, facts: Mapping[str, object], now: datetime
) -> None:
    """It stands, or happened once more."""
    key = {"cause": cause.value, "subject": subject}
    new = {"since": now, "times": 1, "facts": joined(cause, {}, facts)}
    connection.execute(
        insert_into(connection, Alarm)
        .values(key | new | {"times": 0})
        .on_conflict_do_nothing(index_elements=["cause", "subject"])
    )
    row = connection.execute(_of(cause, subject).with_for_update()).one()
    if row.times and facts.get("conversation_id") in row.facts.get("conversation_id", ()):
        return  # the same customer, once more
    values: dict[str, object] = {"clear_at": None}
    if row.recovered_at is not None or not row.times:
        values |= new | {"recovered_at": None}
    elif cause in COUNTED:
        values |= {"times": row.times + 1, "facts": joined(cause, row.facts, facts)}
    _set(connection, cause, subject, values)


def cleared(connection: Connection, cause: Cause, subject: str, now: datetime) -> None:
    """It seems to be over since now."""
    connection.execute(
        update(Alarm)
        .where(Alarm.cause == cause.value, Alarm.subject == subject, Alarm.clear_at.is_(None))
        .values(clear_at=now)
    )


def count_anew(connection: Connection, now: datetime) -> None:
    """What stood untold when the last process ended has to stand again before it is told."""
    untold = Alarm.told_at.is_(None) | (Alarm.told_at < Alarm.since)
    connection.execute(
        update(Alarm)
        .where(Alarm.recovered_at.is_(None), Alarm.cause.in_([*STANDING]), untold)
        .where(Alarm.since < now - HOLD)
        .values(since=now)
    )


def standing(connection: Connection) -> set[tuple[str, str]]:
    """(cause, subject) of all that stands and does not seem to be over."""
    rows = connection.execute(
        select(Alarm.cause, Alarm.subject).where(
            Alarm.recovered_at.is_(None),
            Alarm.clear_at.is_(None),
            Alarm.cause.not_in([cause.value for cause in COUNTED]),
        )
    )
    return {(row.cause, row.subject) for row in rows}


def is_anything_due(connection: Connection, now: datetime) -> bool:
    """Whether `tell` would find something to do."""
    return any(_verdict(row, now) for row in connection.execute(_open()))


def tell(
    connection: Connection,
    now: datetime,
    ways: Callable[[Cause], Collection[str]],
    word: Callable[[Connection, Told], str],
) -> list[Told]:
    """Decide what the owner is told now, and queue the notices; whoever comes second finds none.

    Args:
        ways: those a cause can be told on just now.
        word: the text of what is told.
    """
    told = list[Told]()
    left = MOST_AN_HOUR - _lately(connection, now)
    for row in connection.execute(_open().order_by(Alarm.since).with_for_update()).all():
        cause, event = Cause(row.cause), _verdict(row, now)
        if event is None:
            continue
        if event in ("alarm", "reminder") and cause not in URGENT:
            if left <= 0:
                continue
            left -= 1
        _set(connection, cause, row.subject, _after(event, cause, now))
        if event == "over":
            continue
        recovered_at = now if event == "recovered" else None
        one = Told(event, cause, row.subject, row.since, recovered_at, row.times, row.facts)
        told.append(one)
        for way in ways(cause):
            queue(connection, one, way, word(connection, one), now)
    return told


def _after(event: Verdict, cause: Cause, now: datetime) -> dict[str, object]:
    """What changes about an alarm once it is told."""
    if event in ("recovered", "over"):
        return {"recovered_at": now, "times": 0}
    return {"told_at": now, "times": 0} if cause in COUNTED else {"told_at": now}


def queue(connection: Connection, told: Told, way: str, text: str, now: datetime) -> None:
    """Put one notice on its way."""
    connection.execute(
        insert_into(connection, OwnerNotice).values(
            id=new_id(),
            way=way,
            event=told.event,
            cause=told.cause.value,
            text=text,
            since=told.since,
            recovered_at=told.recovered_at,
            state="queued",
            tries=0,
            next_at=now,
            created_at=now,
        )
    )


def has_recovered(connection: Connection, cause: Cause, now: datetime) -> bool:
    """Whether another process has queued the good news already."""
    alike = (OwnerNotice.cause == cause.value) & (OwnerNotice.event == "recovered")
    recent = OwnerNotice.created_at > now - RECENT
    return connection.execute(select(OwnerNotice.id).where(alike, recent)).first() is not None


def has_queued(connection: Connection, way: str, now: datetime) -> bool:
    """Whether `take` would find a notice."""
    return connection.execute(_queued(way, now)).first() is not None


def take(connection: Connection, way: str, now: datetime, busy_until: datetime) -> Notice | None:
    """The oldest notice to send now; nobody else takes it before `busy_until`."""
    found = connection.execute(_queued(way, now)).scalar()
    row = connection.execute(
        update(OwnerNotice)
        .where(OwnerNotice.id == found, OwnerNotice.state == "queued", OwnerNotice.next_at <= now)
        .values(tries=OwnerNotice.tries + 1, next_at=busy_until)
        .returning(
            OwnerNotice.id,
            OwnerNotice.event,
            OwnerNotice.cause,
            OwnerNotice.text,
            OwnerNotice.since,
            OwnerNotice.recovered_at,
            OwnerNotice.tries,
            OwnerNotice.created_at,
        )
    ).first()
    return Notice(*row[:8]) if row else None


def settle(connection: Connection, notice_id: str, state: str, next_at: datetime) -> None:
    """A notice was "sent", "failed" for good, or is "queued" again for `next_at`."""
    connection.execute(
        update(OwnerNotice).where(OwnerNotice.id == notice_id).values(state=state, next_at=next_at)
    )


def clean_up(connection: Connection, now: datetime) -> None:
    """Drop old notices, and alarms that recovered long ago."""
    connection.execute(delete(OwnerNotice).where(OwnerNotice.created_at < now - KEPT))
    connection.execute(delete(Alarm).where(Alarm.recovered_at < now - KEPT))


def _of(cause: Cause, subject: str) -> Any:
    return select(Alarm.recovered_at, Alarm.times, Alarm.facts).where(
        Alarm.cause == cause.value, Alarm.subject == subject
    )


def _set(connection: Connection, cause: Cause, subject: str, values: Mapping[str, object]) -> None:
    connection.execute(
        update(Alarm).where(Alarm.cause == cause.value, Alarm.subject == subject).values(**values)
    )


def _open() -> Any:
    return select(
        Alarm.cause,
        Alarm.subject,
        Alarm.since,
        Alarm.clear_at,
        Alarm.told_at,
        Alarm.times,
        Alarm.facts,
    ).where(Alarm.recovered_at.is_(None), Alarm.times > 0, Alarm.cause.in_(list(Cause)))


def _verdict(row: Any, now: datetime) -> Verdict | None:
    return judge(
        Cause(row.cause),
        since=row.since,
        clear_at=row.clear_at,
        told_at=row.told_at,
        times=row.times,
        now=now,
    )


def _queued(way: str, now: datetime) -> Any:
    return (
        select(OwnerNotice.id)
        .where(OwnerNotice.way == way, OwnerNotice.state == "queued", OwnerNotice.next_at <= now)
        .order_by(OwnerNotice.created_at)
        .limit(1)
    )


def _lately(connection: Connection, now: datetime) -> int:
    """Alarms of the last hour, the urgent ones apart, on the way that had most."""
    counts = connection.execute(
        select(func.count())
        .where(
            OwnerNotice.created_at > now - timedelta(hours=1),
            OwnerNotice.event != "recovered",
            OwnerNotice.cause.not_in([cause.value for cause in URGENT]),
        )
        .group_by(OwnerNotice.way)
    ).scalars()
    return max(counts, default=0)
