"""The workers' beats enter; who lives, and whose work is to be taken over, leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.engine import Connection

from bot.tables import Conversation, WorkerBeat
from core.database import insert_into

BEAT_S = 2.0
MISSED_LOOKS = 3
"""A worker whose beat stands still for so many looks is dead: 4 to 8 s after a kill. One that only
stalled loses its turns to others, and the epoch keeps it from harm when it comes back."""


class Peers:
    """All workers of the database, as this one sees them.

    Nobody's clock is compared with another's, and no time is measured: what counts is whether a
    beat changed between two looks of ours. While the database is away nobody looks, so nobody dies.

    Args:
        name: this worker's own.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[str, datetime] = {}
        self._missed: dict[str, int] = {}

    @property
    def living(self) -> int:
        """How many workers share the work, this one included; at least 1."""
        return 1 + sum(1 for name in self._seen if name != self._name)

    def share(self, found: Sequence[int]) -> list[int]:
        """Which of these conversations to begin here, so that all workers get as many.

        Each begins with others: those whose claims come too late would be in vain.
        """
        rank = sorted({*self._seen, self._name}).index(self._name)
        mine_first = sorted(found, key=lambda key: key % self.living != rank)
        return mine_first[: math.ceil(len(found) / self.living)]

    def look(self, beats: Mapping[str, datetime]) -> dict[str, datetime]:
        """Take in the beats that stand now; the dead, with their last beat."""
        self._missed = {
            name: self._missed.get(name, 0) + 1
            for name, seen_at in beats.items()
            if name != self._name and self._seen.get(name) == seen_at
        }
        self._seen = dict(beats)
        return {name: beats[name] for name, times in self._missed.items() if times >= MISSED_LOOKS}


_BEATS = select(WorkerBeat.worker, WorkerBeat.seen_at)
_FORGET = delete(WorkerBeat).where(WorkerBeat.worker == bindparam("whose"))
_STILL_SILENT = _FORGET.where(
    WorkerBeat.seen_at == bindparam("beat", type_=WorkerBeat.seen_at.type)
).returning(WorkerBeat.worker)
_FREE = (
    update(Conversation)
    .where(Conversation.lease_owner == bindparam("whose"), Conversation.tail > Conversation.done)
    .values(lease_owner=None, lease_until=None)
    .returning(Conversation.id)
)


def beat(
    connection: Connection, worker: str, started_at: datetime, now: datetime
) -> dict[str, datetime]:
    """Say that this worker lives; answers the last beat of every worker."""
    connection.execute(
        insert_into(connection, WorkerBeat)
        .values(worker=worker, started_at=started_at, seen_at=now)
        .on_conflict_do_update(index_elements=["worker"], set_={"seen_at": now})
    )
    return {row.worker: row.seen_at for row in connection.execute(_BEATS)}


def forget(connection: Connection, worker: str) -> None:
    """This worker ends."""
    connection.execute(_FORGET, {"whose": worker})


def take_over(connection: Connection, worker: str, last_beat: datetime) -> list[int]:
    """Free what a dead worker held, unless it beat again or somebody else did so already."""
    silent = connection.execute(_STILL_SILENT, {"whose": worker, "beat": last_beat}).first()
    if silent is None:
        return []
    return list(connection.execute(_FREE, {"whose": worker}).scalars())
