"""What happens by the clock: provider pings, probes of what is down, the catalog, clean-up.

APScheduler runs in every worker process; each tick first inserts a unique (job, slot) row, and
only the process that inserted it works.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import delete
from sqlalchemy.engine import Connection

from bot.alarms import store
from bot.health import Member
from bot.health.pings import Pinger
from bot.tables import Attempt, ScheduleTick
from core.clock import Clock
from core.database import Database, insert_into
from core.errors import BotError
from core.log import log_event

log = logging.getLogger(__name__)

PROBE_S = 2.0
CLEAN_UP_S = 300.0
CATALOG_S = 900.0
"""How often the catalog's source is looked at."""
START_S = 5.0
"""Processes that start together look at it once."""
TICKS_KEPT = timedelta(days=2)
LEDGER_KEPT = timedelta(days=90)


class Schedule:
    """The jobs of one worker process.

    Args:
        owner: this worker's name.
        members: answers the providers as configured now, those without a key included.
        ping_interval_s: AI_PING_INTERVAL_S; 0 switches pings off.
        refresh_catalog: brings in what has changed at the catalog's source.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        pinger: Pinger,
        members: Callable[[], tuple[Member, ...]],
        *,
        owner: str,
        ping_interval_s: float,
        refresh_catalog: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._pinger = pinger
        self._members = members
        self._owner = owner
        self._ping_interval_s = ping_interval_s
        self._refresh_catalog = refresh_catalog
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None}
        )
        self._first_pings: asyncio.Task[None] | None = None
        self._probes = asyncio.Lock()

    def start(self) -> None:
        """Begin; the first pings go out at once, so that the first customer need not wait."""
        if self._ping_interval_s > 0:
            self._first_pings = asyncio.create_task(self._ping())
            self._add("ping", self._ping_interval_s, self._ping)
            self._scheduler.add_job(self._probe, "interval", seconds=PROBE_S, max_instances=9)
        self._add("clean_up", CLEAN_UP_S, self._clean_up, at_once=True)
        self._add("catalog", CATALOG_S, self._refresh_catalog)
        self._scheduler.add_job(self._tick("catalog_start", START_S, self._refresh_catalog))
        self._scheduler.start()

    async def stop(self) -> None:
        """End; a job under way is dropped, the next tick of any process does its work."""
        self._scheduler.shutdown(wait=False)
        if self._first_pings is not None:
            self._first_pings.cancel()
            await asyncio.gather(self._first_pings, return_exceptions=True)

    def _add(
        self,
        job: str,
        interval_s: float,
        work: Callable[[], Awaitable[None]],
        *,
        at_once: bool = False,
    ) -> None:
        first = {"next_run_time": self._clock.now()} if at_once else {}
        tick = self._tick(job, interval_s, work)
        self._scheduler.add_job(tick, "interval", seconds=interval_s, **first)

    def _tick(
        self, job: str, interval_s: float, work: Callable[[], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        async def tick() -> None:
            slot = slot_of(self._clock.now(), interval_s)
            try:
                if await self._database.write_async(lambda c: win(c, job, slot, self._owner)):
                    await work()
            except BotError as error:
                log_event(log, logging.ERROR, "job_failed", job=job, error=str(error))

        return tick

    async def _ping(self) -> None:
        await self._pinger.ping_all(self._members())

    async def _probe(self) -> None:
        """Ask those that are down whether they are back, so that no customer has to find out."""
        if self._probes.locked():
            return  # the last round is still waiting for somebody slow
        async with self._probes:
            await self._pinger.probe_due(self._members())

    async def _clean_up(self) -> None:
        await self._database.write_async(lambda c: clean_up(c, self._clock.now()))


def slot_of(now: datetime, interval_s: float) -> datetime:
    """The start of the interval `now` lies in, the same in every process."""
    seconds = now.timestamp()
    return datetime.fromtimestamp(seconds - seconds % interval_s, UTC)


def win(connection: Connection, job: str, slot: datetime, owner: str) -> bool:
    """Whether this process is the one to run the tick."""
    row = connection.execute(
        insert_into(connection, ScheduleTick)
        .values(job=job, slot=slot, owner=owner)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
        .returning(ScheduleTick.job)
    ).first()
    return row is not None


def clean_up(connection: Connection, now: datetime) -> None:
    """Drop ticks, ledger rows and notices nobody needs any more."""
    store.clean_up(connection, now)
    connection.execute(delete(ScheduleTick).where(ScheduleTick.slot < now - TICKS_KEPT))
    connection.execute(delete(Attempt).where(Attempt.started_at < now - LEDGER_KEPT))
