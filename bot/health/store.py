"""What this process knows of providers becomes rows, what others wrote comes back.

Calls never wait for the database: changes are written about every second, and those of others are
read as often. Instants are UTC in the tables and monotonic seconds in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.engine import Connection, Row

from bot.health.breaker import LONGEST_TOLD_S, Call
from bot.health.health import CLOSED_BY_PING, Health, Key, State
from bot.health.member import Member
from bot.health.replacements import Replacement
from bot.health.windows import RateWindow
from bot.tables import BreakerState, ModelReplacement
from core.clock import Clock
from core.database import Database, insert_into
from core.errors import BotError
from core.log import log_event

log = logging.getLogger(__name__)

SYNC_S = 1.0
PROBE_LEASE_S = 60.0
"""Whoever probes and dies is succeeded after this."""
LONGEST_S = LONGEST_TOLD_S
"""No stored instant is believed beyond what a breaker can set: a clock may have been wrong."""
SKEW_S = 60.0
"""A row from further in the future comes from a wrong clock, and any other word replaces it."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What one process writes at once; rows hold every column, of lessons only some are stored."""

    breakers: list[dict[str, Any]]
    lessons: list[dict[str, Any]]
    replaced: list[Replacement]
    ended: set[Key]
    """Leases of probes that are over."""


class HealthStore:
    """Shares a Health through the database.

    Args:
        owner: this process's name.
        members: whose key or address was changed since is known anew.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        health: Health,
        *,
        owner: str,
        members: Sequence[Member] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self.health = health
        self._owner = owner
        self._seen: dict[Key, datetime] = {}
        self._leases: set[Key] = set()
        """What this process probes."""
        self._marks = {member.name: member.mark for member in members}
        health.claim = self.claim

    def load(self) -> None:
        """Take over what is known; before the first call.

        Where no pings run, as in a command, somebody waits for the present truth: what a ping
        could disprove is tried at once.

        Raises:
            DatabaseUnavailable: it could not be read.
        """
        self._adopt(*self._database.read(_read))
        if self.health.is_probing:
            return
        for state in self.health.states.values():
            if state.breaker.is_open and state.breaker.error_class in CLOSED_BY_PING:
                state.breaker.open_until = self._clock.monotonic_s()

    async def run(self) -> None:
        """Write and read about every second until cancelled."""
        while True:
            await asyncio.sleep(SYNC_S)
            try:
                await self.sync()
            except BotError as error:
                log_event(log, logging.WARNING, "health_not_shared", error=str(error))

    async def sync(self) -> None:
        """Write what changed here, read what others wrote."""
        if self.health.changed or self.health.learned or self._ended_leases():
            changed = self._take_changes(self._ended_leases())
            try:
                await self._database.write_async(lambda c: _write(c, changed, self._owner))
            except BotError:
                self.health.changed |= {_key(row) for row in changed.breakers}
                self.health.learned |= {_key(row) for row in changed.lessons}
                raise
            self._leases -= changed.ended
        self._adopt(*await self._database.read_async(_read))

    def close(self) -> None:
        """Write what is left, without waiting."""
        changed = self._take_changes(set(self._leases))
        self._database.post(lambda c: _write(c, changed, self._owner))

    async def claim(self, call: Call) -> bool:
        """Whether no other process probes this breaker; true when the database cannot tell."""
        now = self._clock.now()
        key = call.member.name, call.model or ""
        row = self._row(key, now)
        row["probe_until"] = now + timedelta(seconds=PROBE_LEASE_S)
        row["probe_by"] = self._owner
        try:
            is_ours = await self._database.write_async(lambda c: _claim(c, row, now))
        except BotError:
            return True
        if is_ours:
            self._leases.add(key)
        return is_ours

    def know(self, members: Sequence[Member]) -> None:
        """These are the members from now on; one with another key or address is learned anew."""
        for member in members:
            if self._marks.get(member.name, member.mark) != member.mark:
                self.health.forget(member.name)
            self._marks[member.name] = member.mark

    def _ended_leases(self) -> set[Key]:
        states = self.health.states
        probing = {key for key, state in states.items() if state.breaker.probing}
        return self._leases - probing

    # Memory to rows

    def _take_changes(self, ended: set[Key]) -> _Changes:
        health, now = self.health, self._clock.now()
        changed, health.changed = health.changed, set()
        learned, health.learned = health.learned, set()
        found = (health.replacements.get(*key) for key in changed)
        for key in changed:
            self._seen[key] = now
        return _Changes(
            [self._row(key, now) for key in changed],
            [self._row(key, now) for key in learned - changed],
            [each for each in found if each],
            ended,
        )

    def _row(self, key: Key, now: datetime) -> dict[str, Any]:
        state = self.health.states.get(key) or State()
        breaker = state.breaker
        until = breaker.open_until
        return {
            "provider": key[0],
            "model": key[1],
            "failures": breaker.failures,
            "opened": breaker.opened,
            "open_until": None if until is None else now + self._from_now(until),
            "error_class": breaker.error_class,
            "windows": [self._window_row(window, now) for window in state.windows],
            "latencies_ms": [round(seconds * 1000) for seconds in state.latencies_s],
            "mark": self._marks.get(key[0], ""),
            "changed_at": now,
            "changed_by": self._owner,
        }

    def _window_row(self, window: RateWindow, now: datetime) -> dict[str, Any]:
        return {
            "kind": window.kind,
            "remaining": window.remaining - window.taken,
            "limit": window.limit,
            "read_at": (now + self._from_now(window.read_at)).timestamp(),
            "ends_at": (now + self._from_now(window.ends_at)).timestamp(),
        }

    def _from_now(self, instant_s: float) -> timedelta:
        return timedelta(seconds=instant_s - self._clock.monotonic_s())

    # Rows to memory

    def _adopt(self, rows: Sequence[Row[Any]], replaced: Sequence[Row[Any]]) -> None:
        health = self.health
        for row in rows:
            if row.mark != self._marks.get(row.provider, ""):
                continue
            key = row.provider, row.model
            state = health.state(*key)
            self._learn(state, row)
            seen = self._seen.get(key)
            is_ours = row.changed_by == self._owner or key in health.changed
            if not is_ours and (seen is None or row.changed_at > seen):
                self._seen[key] = row.changed_at
                self._restore(state, row)
        for row in replaced:
            health.replacements.add(Replacement(row.provider, row.gone, row.found, row.at))

    def _restore(self, state: State, row: Row[Any]) -> None:
        breaker = state.breaker
        breaker.failures, breaker.opened = row.failures, row.opened
        breaker.error_class = row.error_class
        until = row.open_until
        breaker.open_until = None if until is None else self._at(until.timestamp())

    def _learn(self, state: State, row: Row[Any]) -> None:
        for window in row.windows:
            kind, remaining, limit = window["kind"], window["remaining"], window["limit"]
            read_at, ends_at = self._at(window["read_at"]), self._at(window["ends_at"])
            state.windows.put(RateWindow(kind, remaining, limit, read_at, ends_at))
        if not state.latencies_s:
            state.latencies_s.extend(ms / 1000 for ms in row.latencies_ms)

    def _at(self, epoch_s: float) -> float:
        ahead_s = epoch_s - self._clock.now().timestamp()
        return self._clock.monotonic_s() + max(-LONGEST_S, min(ahead_s, LONGEST_S))


def _read(connection: Connection) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Every row: there are a few dozen, and clocks of other machines are no safe filter."""
    states = connection.execute(select(BreakerState.__table__)).all()
    return states, connection.execute(select(ModelReplacement.__table__)).all()


def _key(row: dict[str, Any]) -> Key:
    return row["provider"], row["model"]


def _write(connection: Connection, changes: _Changes, owner: str) -> None:
    """Store breakers that are newer than the stored ones, and what was learned beside them."""
    for row in changes.breakers:
        at = row["changed_at"]
        _upsert(
            connection,
            row,
            set_=row,
            where=or_(
                BreakerState.changed_at <= at,
                BreakerState.changed_at > at + timedelta(seconds=SKEW_S),
            ),
        )
    for row in changes.lessons:
        lessons = {name: row[name] for name in ("windows", "latencies_ms")}
        _upsert(connection, row, set_=lessons, where=BreakerState.mark == row["mark"])
    for provider, model in changes.ended:
        connection.execute(
            update(BreakerState)
            .where(
                BreakerState.provider == provider,
                BreakerState.model == model,
                BreakerState.probe_by == owner,
            )
            .values(probe_until=None)
        )
    for each in changes.replaced:
        values = {"found": each.found, "at": each.at}
        connection.execute(
            insert_into(connection, ModelReplacement)
            .values(provider=each.provider, gone=each.gone, **values)
            .on_conflict_do_update(
                index_elements=["provider", "gone"],
                set_=values,
                where=ModelReplacement.at < each.at,
            )
        )


def _upsert(
    connection: Connection,
    row: dict[str, Any],
    *,
    set_: dict[str, Any],
    where: ColumnElement[bool],
) -> None:
    connection.execute(
        insert_into(connection, BreakerState)
        .values(**row)
        .on_conflict_do_update(index_elements=["provider", "model"], set_=set_, where=where)
    )


def _claim(connection: Connection, row: dict[str, Any], now: datetime) -> bool:
    """Insert or update on the condition that nobody else holds the probe."""
    free = or_(
        BreakerState.probe_until.is_(None),
        BreakerState.probe_until < now,
        BreakerState.probe_by == row["probe_by"],
    )
    claimed = connection.execute(
        insert_into(connection, BreakerState)
        .values(**row)
        .on_conflict_do_update(
            index_elements=["provider", "model"],
            set_={"probe_until": row["probe_until"], "probe_by": row["probe_by"]},
            where=free,
        )
        .returning(BreakerState.provider)
    )
    return claimed.first() is not None
