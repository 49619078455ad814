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
from core.errors import DatabaseUnavailable

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
    """What one process writes at once."""

    rows: dict[Key, dict[str, Any]]
    breakers: set[Key]
    """Whose breaker changed; of the other rows only windows and latencies are news."""
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
            except DatabaseUnavailable:  # bot/alarms/teller.py says so, once
                continue
            except Exception:  # one row nobody foresaw must not end the sharing
                log.exception("health_sharing_broken")

    async def sync(self) -> None:
        """Write what changed here, read what others wrote."""
        if self.health.changed or self.health.learned or self._ended_leases():
            changed = self._take_changes(self._ended_leases())
            try:
                await self._database.write_async(lambda c: _write(c, changed, self._owner))
            except BaseException:  # cancelled at the end of the process, too: `close` writes it
                self.health.changed |= changed.breakers
                self.health.learned |= changed.rows.keys() - changed.breakers
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
        self._leases.add(key)  # before it is known: whoever is cancelled gives it back as well
        try:
            is_ours = await self._database.write_async(lambda c: _claim(c, row, now))
        except DatabaseUnavailable:
            return True
        if not is_ours:
            self._leases.discard(key)
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
            {key: self._row(key, now) for key in changed | learned},
            changed,
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
            state.windows.adopt(RateWindow(kind, remaining, limit, read_at, ends_at))
        if not state.latencies_s:
            state.latencies_s.extend(ms / 1000 for ms in row.latencies_ms)

    def _at(self, epoch_s: float) -> float:
        ahead_s = epoch_s - self._clock.now().timestamp()
        return self._clock.monotonic_s() + max(-LONGEST_S, min(ahead_s, LONGEST_S))


def _read(connection: Connection) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Every row: there are a few dozen, and clocks of other machines are no safe filter."""
    states = connection.execute(select(BreakerState.__table__)).all()
    return states, connection.execute(select(ModelReplacement.__table__)).all()


_LEARNED = ("windows", "latencies_ms")


def _write(connection: Connection, changes: _Changes, owner: str) -> None:
    """Store what changed, row by row in one order for all processes: else they deadlock."""
    for key in sorted(changes.rows.keys() | changes.ended):
        row = changes.rows.get(key)
        if row is not None:
            _merge(connection, row, is_breaker=key in changes.breakers)
        if key in changes.ended:
            connection.execute(
                update(BreakerState)
                .where(*_is(key), BreakerState.probe_by == owner)
                .values(probe_until=None)
            )
    for each in sorted(changes.replaced, key=lambda each: (each.provider, each.gone)):
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


def _is(key: Key) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return BreakerState.provider == key[0], BreakerState.model == key[1]


def _merge(connection: Connection, row: dict[str, Any], *, is_breaker: bool) -> None:
    """Of the breaker the newer word stays, of each kind of window the newer reading."""
    key = row["provider"], row["model"]
    connection.execute(
        insert_into(connection, BreakerState)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["provider", "model"])
    )
    stored = connection.execute(
        select(BreakerState.windows, BreakerState.mark, BreakerState.changed_at)
        .where(*_is(key))
        .with_for_update()
    ).one()
    values = dict(row)
    if stored.mark == row["mark"]:
        at = row["changed_at"]
        is_wrong = stored.changed_at > at + timedelta(seconds=SKEW_S)
        if not is_breaker or not (stored.changed_at <= at or is_wrong):
            values = {name: row[name] for name in _LEARNED}
        values["windows"] = _newer(stored.windows, row["windows"])
    connection.execute(update(BreakerState).where(*_is(key)).values(**values))


def _newer(stored: list[dict[str, Any]], read: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = {window["kind"]: window for window in stored}
    for window in read:
        known = kinds.get(window["kind"])
        if known is None or window["read_at"] >= known["read_at"]:
            kinds[window["kind"]] = window
    return list(kinds.values())


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
