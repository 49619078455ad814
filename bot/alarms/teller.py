"""What stands in the database enters; the owner is told of it once, whichever process does it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from bot.alarms import store
from bot.alarms.alarms import Alarms
from bot.alarms.causes import STANDING, Cause
from bot.alarms.store import Notice, Told
from bot.alarms.ways import Way
from bot.alarms.wording import Wording
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable, DeliveryError, DeliveryUnavailable, DeliveryUnknown
from core.log import log_event

log = logging.getLogger(__name__)

TICK_S = 5.0
BUSY = timedelta(seconds=60)
"""Nobody else takes a notice while it may still be on its way; longer than any way's timeouts."""
AGAIN_S = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Pauses between the tries of one notice; after the last it is given up."""
STUCK_S = 30.0
"""A database that neither works nor fails is down."""
APART_S = 20.0
"""Processes without a database tell within this of each other: the later ones can look first."""
MILD = (Cause.MODEL_REPLACED, Cause.BUDGET_REACHED, Cause.PERSON_WANTED)


class Teller:
    """Looks every few seconds; one in each process, since any of them may be the last alive.

    Args:
        look: raises and clears what can be seen from the tables and this machine.
        prove: a unit of work that stores something, whoever else did so as well.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        alarms: Alarms,
        wording: Wording,
        ways: Sequence[Way],
        *,
        look: Callable[[Connection], None],
        prove: Callable[[Connection], object],
    ) -> None:
        self._database = database
        self._clock = clock
        self._alarms = alarms
        self._wording = wording
        self._ways = ways
        self._look = look
        self._prove = prove
        self._shop = ""
        self._delivery: asyncio.Task[None] | None = None
        self._down_since: datetime | None = None
        self._told_down = False
        self._has_begun = False
        self._apart_s = random.random() * APART_S  # noqa: S311 - spreads processes, guards nothing

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self.tick()
                except Exception:  # telling goes on, whatever one look met
                    log.exception("alarms_broken")
                await asyncio.sleep(TICK_S)
        finally:
            if self._delivery is not None:  # what it holds is taken up again by the next process
                self._delivery.cancel()

    async def tick(self) -> None:
        """One look at everything; what is to be sent is sent beside the next ones."""
        try:
            async with asyncio.timeout(STUCK_S):
                await self._database.write_async(self._prove)
                if not self._has_begun:
                    await self._database.write_async(self._begin)
                    self._has_begun = True
                is_due, is_queued = await self._database.read_async(self._read)
                if is_due:
                    self._log(await self._database.write_async(self._tell))
                if self._down_since is not None:
                    self._log(await self._database.write_async(self._database_is_back))
                    self._down_since, self._told_down = None, False
                    log_event(log, logging.INFO, "database_back")
        except (DatabaseUnavailable, TimeoutError) as error:
            if self._down_since is None:
                reason = str(error) or "no answer"
                log_event(log, logging.ERROR, "database_unavailable", error=reason)
            await self._without_database()
            return
        if (is_due or is_queued) and (self._delivery is None or self._delivery.done()):
            self._delivery = asyncio.create_task(self._deliver())

    async def delivered(self) -> None:
        """Return once everything that could be sent was tried."""
        if self._delivery is not None:
            await self._delivery

    def _begin(self, connection: Connection) -> None:
        store.count_anew(connection, self._clock.now())

    def _read(self, connection: Connection) -> tuple[bool, bool]:
        now = self._clock.now()
        self._shop = self._wording.name(connection)
        self._alarms.know(store.standing(connection))
        self._look(connection)
        for way in self._ways:
            way.look(connection, now)
        queued = [store.has_queued(connection, way.name, now) for way in self._ways]
        return store.is_anything_due(connection, now), any(queued)

    def _tell(self, connection: Connection) -> list[Told]:
        return store.tell(connection, self._clock.now(), self._open_ways, self._wording.line)

    def _open_ways(self, cause: Cause) -> list[str]:
        return [way.name for way in self._ways if way.can_tell(cause)]

    def _log(self, told: Sequence[Told]) -> None:
        for one in told:
            is_over = one.event == "recovered"
            log_event(
                log,
                logging.WARNING if is_over or one.cause in MILD else logging.ERROR,
                "owner_recovered" if is_over else "owner_alarm",
                cause=one.cause.value,
                subject=one.subject,
                times=one.times,
                since=one.since.isoformat(),
            )

    # Sending

    async def _deliver(self) -> None:
        done = await asyncio.gather(*map(self._send_all, self._ways), return_exceptions=True)
        for error in done:
            if isinstance(error, Exception):
                log_event(log, logging.ERROR, "owner_notice_broken", error=repr(error))

    async def _send_all(self, way: Way) -> None:
        while True:
            now = self._clock.now()
            notice = await self._database.write_async(
                lambda c, now=now: store.take(c, way.name, now, now + BUSY)  # type: ignore[misc]
            )
            if notice is None:
                return
            await self._send(way, notice)

    async def _send(self, way: Way, notice: Notice) -> None:
        state, wait_s = "sent", 0.0
        try:
            await way.tell(notice, self._shop)
        except DeliveryError as error:
            state, wait_s = _again(notice, error)
            level = logging.ERROR if state == "failed" else logging.WARNING
            log_event(
                log, level, "owner_notice_not_sent", way=way.name, state=state, error=str(error)
            )
        next_at = self._clock.now() + timedelta(seconds=wait_s)
        await self._database.write_async(lambda c: store.settle(c, notice.id, state, next_at))

    # While the database cannot store, this process tells by itself

    async def _without_database(self) -> None:
        now = self._clock.now()
        self._down_since = self._down_since or now
        wait_s = STANDING[Cause.DATABASE_DOWN].wait_s + self._apart_s
        if self._told_down or (now - self._down_since).total_seconds() < wait_s:
            return
        self._told_down = True
        told = Told("alarm", Cause.DATABASE_DOWN, "", self._down_since, None, 1, {})
        self._log([told])
        text = self._wording.framed(told, self._shop, {})
        # As if tried before, by whichever process was first: the channel is looked up, and the
        # owner's program knows the id.
        known = f"{told.cause.value}-{self._down_since:%Y%m%d%H%M}"
        before = now - timedelta(seconds=2 * APART_S)
        notice = Notice(
            known, told.event, told.cause.value, text, self._down_since, None, 2, before
        )
        for way in self._ways:
            try:
                if way.can_tell(told.cause):
                    await way.tell(notice, self._shop)
            except DeliveryError as error:
                self._told_down = False
                log_event(
                    log, logging.WARNING, "owner_notice_not_sent", way=way.name, error=str(error)
                )

    def _database_is_back(self, connection: Connection) -> list[Told]:
        now = self._clock.now()
        if not self._told_down or store.has_recovered(connection, Cause.DATABASE_DOWN, now):
            return []
        since = self._down_since or now
        told = Told("recovered", Cause.DATABASE_DOWN, "", since, now, 1, {})
        for name in self._open_ways(told.cause):
            store.queue(connection, told, name, self._wording.line(connection, told), now)
        return [told]


def _again(notice: Notice, error: DeliveryError) -> tuple[str, float]:
    """The state a notice that was not taken goes to, and seconds until its next try."""
    passes = isinstance(error, DeliveryUnavailable | DeliveryUnknown)
    if not passes or notice.tries > len(AGAIN_S):
        return "failed", 0.0
    return "queued", AGAIN_S[notice.tries - 1]
