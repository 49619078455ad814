"""Conversations with waiting messages enter, delivered answers leave: claim → turn → deliver.

The database is the truth; `wake` only makes it quicker. A look finds whatever no wake-up told of,
a beat says that this worker lives, leases are renewed, and a stop finishes or gives back what is
held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from bot import clock_jumps, inbox, peers, queue
from bot.channels.base import Channel
from bot.clock_jumps import JumpWatch
from bot.delivery import Deliverer
from bot.handling import LEASE_S, Handler
from bot.patience import MOST_PER_S, Patience
from bot.peers import BEAT_S, Peers
from bot.slots import Slots
from bot.turn import TurnRunner
from bot.wakeups import Wake
from bot.witness import Witness
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable
from core.log import log_event

log = logging.getLogger(__name__)

RENEW_S = 5.0
PATIENCE_S = 1.0
STOP_GRACE_S = 8.0
"""How long a stop lets running turns finish before it gives them back."""


class Worker:
    """Works on conversations until stopped; lives in one event loop.

    Args:
        name: unique among all workers.
        channels: those it can send through, by name.
        concurrency: most conversations at once.
        poll_s: seconds between two looks into the database.
        grace_s: how long work must be overdue for a look to take it, since a wake-up may be on its
            way to another worker.
        peers: the other workers, kept up to date here.
        tell: tells all workers; without it there is only this one.
        sentences_per_s: most customers a second who are asked for patience.
        witness: told of wake-ups, and how long conversations waited and took.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        clock: Clock,
        turns: TurnRunner,
        deliverer: Deliverer,
        *,
        channels: Mapping[str, Channel],
        concurrency: int = 500,
        poll_s: float = 1.0,
        grace_s: float = 0.0,
        peers: Peers | None = None,
        tell: Wake | None = None,
        sentences_per_s: float = MOST_PER_S,
        witness: Witness | None = None,
    ) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._channels = channels
        self._poll_s = poll_s
        self._grace = timedelta(seconds=grace_s)
        self._peers = peers or Peers(name)
        self._tell: Wake = tell or self.wake
        self._witness = witness or Witness()
        self._patience = Patience(
            name,
            database,
            clock,
            channels,
            deliverer,
            turns.language_of,
            per_s=sentences_per_s,
            witness=self._witness,
        )
        handler = Handler(
            name, database, clock, turns, deliverer, self._patience, channels, self._witness
        )
        self._slots = Slots(concurrency, clock, handler.handle, self._read_queue)
        self._jumps = JumpWatch(clock)
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._started_at = clock.now()

    @property
    def has_room(self) -> bool:
        """Whether it would begin another conversation now."""
        return self._slots.has_room and not self._stopping.is_set()

    @property
    def busy(self) -> int:
        """How many conversations are being worked on."""
        return len(self._slots.busy)

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, _holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`."""
        self._witness.happened("woken")
        try:
            self._loop.call_soon_threadsafe(self._slots.note, conversation_id, due_at, seq)
        except RuntimeError:  # the loop is closed: the next start finds the work by itself
            log_event(log, logging.DEBUG, "wake_dropped", conversation_id=conversation_id)

    def stop(self) -> None:
        """Take nothing new; may be called from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def stop_asked(self) -> None:
        """Return once `stop` was called."""
        await self._stopping.wait()

    async def run(self) -> None:
        """Work until `stop`; returns when everything is finished or given back.

        A database that is away ends nothing: every job is tried again until it is back.
        """
        looking = [self._every(self._poll_s, self._look), self._every(0, self._ask_patience)]
        living = [self._every(BEAT_S, self._beat), self._every(RENEW_S, self._renew)]
        log_event(log, logging.INFO, "worker_started", worker=self.name)
        async with _running(living):
            async with _running(looking):
                await self._stopping.wait()
            await self._drain()
        with contextlib.suppress(DatabaseUnavailable):  # the others see that the beat stands still
            await self._database.write_async(lambda c: peers.forget(c, self.name))
        log_event(log, logging.INFO, "worker_stopped", worker=self.name)

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                with contextlib.suppress(DatabaseUnavailable):  # alarms/teller.py says it once
                    await job()
            except Exception:  # the worker's edge: looking for work and the heartbeat never end
                log.exception("worker_job_broken")
            await asyncio.sleep(seconds)

    async def _look(self) -> None:
        """Take what no wake-up told of; mend the times first when the clock was set."""
        if jump_s := self._jumps.jump_s():
            log_event(log, logging.WARNING, "clock_jumped", seconds=round(jump_s, 1))
            await self._renew()
            if jump_s < 0:
                await self._mend()
        self._slots.look()

    async def _ask_patience(self) -> None:
        await asyncio.sleep(PATIENCE_S)  # whoever finds a free slot at once needs none
        if self._slots.is_behind:
            await self._patience.look(self._channels, self.wake)

    async def _mend(self) -> None:
        now = self._clock.now()
        due = await self._database.write_async(lambda c: clock_jumps.mend(c, now, has_jumped=True))
        log_event(log, logging.INFO, "times_mended", conversations=due)

    async def _read_queue(self, most: int) -> tuple[list[int], bool]:
        at = self._clock.now() - self._grace
        try:
            found = await self._database.read_async(
                lambda c: queue.due(c, now=at, channels=self._channels, limit=most)
            )
        except DatabaseUnavailable:  # the next look tries again
            return [], False
        share = self._peers.share(found)
        return share, len(found) == most or len(share) < len(found)

    async def _beat(self) -> None:
        """Say that we live, and take over from those who no longer do."""
        now = self._clock.now()
        beats = await self._database.write_async(
            lambda c: peers.beat(c, self.name, self._started_at, now)
        )
        for name, last_beat in self._peers.look(beats).items():
            await self._take_over(name, last_beat)

    async def _take_over(self, name: str, last_beat: datetime) -> None:
        freed = await self._database.write_async(lambda c: peers.take_over(c, name, last_beat))
        log_event(log, logging.WARNING, "worker_died", worker=name, conversations=len(freed))
        for conversation_id in freed:
            self._tell(conversation_id, self._clock.now())

    async def _renew(self) -> None:
        """Prolong what we hold; drop what we lost."""
        busy = self._slots.busy
        held = [(key, work.epoch) for key, work in busy.items() if work.epoch is not None]
        if not held:
            return
        now = self._clock.now()
        ours = await self._database.write_async(
            lambda c: inbox.renew(c, held, owner=self.name, now=now, lease_s=LEASE_S)
        )
        for conversation_id, epoch in held:
            work = busy.get(conversation_id)
            if conversation_id not in ours and work and work.epoch == epoch and work.task:
                work.task.cancel()

    async def _drain(self) -> None:
        """Let what runs finish for a while; what is left is for the other workers, at once."""
        for conversation_id in self._slots.close():
            self._tell(conversation_id, self._clock.now())
        tasks = {work.task: key for key, work in self._slots.busy.items() if work.task is not None}
        if tasks:
            log_event(log, logging.INFO, "worker_draining", turns=len(tasks))
            _, left = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for task in left:
                self._tell(tasks[task], self._clock.now())
        await self._patience.close()


@asynccontextmanager
async def _running(jobs: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run something endless meanwhile."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
