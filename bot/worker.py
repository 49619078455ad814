"""Conversations with waiting messages enter, delivered answers leave: claim → turn → deliver.

The database is the truth; `wake` only makes it quicker. A poll finds whatever no wake-up told of,
a heartbeat renews the leases, and a stop finishes or gives back what is held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import inbox, peers, queue, retry
from bot.delivery import Anew, Deliverer, Finished, Later
from bot.inbox import Claim
from bot.peers import BEAT_S, Peers
from bot.turn import Arrivals, SavedTurn, TurnRunner, finish_turn, withdrawn_turns
from bot.wakeups import Wake
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable, LeaseLost
from core.log import log_event
from core.points import Point, reached

log = logging.getLogger(__name__)

LEASE_S = 20.0
RENEW_S = 5.0
BURY_AGAIN_S = 60.0
UNAVAILABLE_S = 1.0
ANEW_AT_ONCE = 2
"""So many withdrawn replies are written anew at once; more means the catalog keeps moving."""
ANEW_PAUSE_S = 30.0
STOP_GRACE_S = 8.0
"""How long a stop lets running turns finish before it gives them back."""


@dataclass(slots=True)
class _Work:
    """One conversation this worker is busy with."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    task: asyncio.Task[None] | None = None
    epoch: int | None = None


class Worker:
    """Works on conversations until stopped; lives in one event loop.

    Args:
        name: unique among all workers.
        channels: names of the channels it can send through.
        concurrency: most conversations at once.
        poll_s: seconds between two looks into the database.
        grace_s: how long work must be overdue for a look to take it, since a wake-up may be on its
            way to another worker.
        peers: the other workers, kept up to date here.
        tell: tells all workers; without it there is only this one.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        clock: Clock,
        turns: TurnRunner,
        deliverer: Deliverer,
        *,
        channels: Collection[str],
        concurrency: int = 500,
        poll_s: float = 1.0,
        grace_s: float = 0.0,
        peers: Peers | None = None,
        tell: Wake | None = None,
    ) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._turns = turns
        self._deliverer = deliverer
        self._channels = tuple(channels)
        self._concurrency = concurrency
        self._poll_s = poll_s
        self._grace = timedelta(seconds=grace_s)
        self._peers = peers or Peers(name)
        self._tell: Wake = tell or self.wake
        self._works: dict[int, _Work] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._started_at = clock.now()

    @property
    def has_room(self) -> bool:
        """Whether it would begin another conversation now."""
        return len(self._works) < self._concurrency and not self._stopping.is_set()

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, _holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`."""
        try:
            self._loop.call_soon_threadsafe(self._note, conversation_id, due_at, seq)
        except RuntimeError:  # the loop is closed: the next start finds the work by itself
            log_event(log, logging.DEBUG, "wake_dropped", conversation_id=conversation_id)

    def stop(self) -> None:
        """Take nothing new; may be called from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._stopping.set)
        except RuntimeError:
            return

    async def stop_asked(self) -> None:
        """Return once `stop` was called."""
        await self._stopping.wait()

    async def run(self) -> None:
        """Work until `stop`; returns when everything is finished or given back."""
        await self._beat()
        log_event(log, logging.INFO, "worker_started", worker=self.name)
        helpers = [
            asyncio.create_task(self._every(self._poll_s, self._poll)),
            asyncio.create_task(self._every(BEAT_S, self._beat)),
            asyncio.create_task(self._every(RENEW_S, self._renew)),
        ]
        await self._stopping.wait()
        helpers[0].cancel()
        await self._drain()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await self._database.write_async(lambda c: peers.forget(c, self.name))
        log_event(log, logging.INFO, "worker_stopped", worker=self.name)

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await job()
            except DatabaseUnavailable as error:
                log_event(log, logging.ERROR, "database_unavailable", error=str(error))
            except Exception:  # the worker's edge: looking for work and the heartbeat never end
                log.exception("worker_job_broken")
            await asyncio.sleep(seconds)

    async def _poll(self) -> None:
        if not self.has_room:
            return
        at = self._clock.now() - self._grace
        found = await self._database.read_async(
            lambda c: queue.due(c, now=at, channels=self._channels, limit=self._concurrency)
        )
        for conversation_id in found[: math.ceil(len(found) / self._peers.living)]:
            self._start(conversation_id)

    def _note(self, conversation_id: int, due_at: datetime, seq: int = 0) -> None:
        work = self._works.get(conversation_id)
        if work is not None:
            work.arrivals.note(seq)
            return
        wait_s = (due_at - self._clock.now()).total_seconds()
        if wait_s <= 0:
            self._start(conversation_id)
            return
        if timer := self._timers.pop(conversation_id, None):
            timer.cancel()
        self._timers[conversation_id] = self._loop.call_later(wait_s, self._start, conversation_id)

    def _start(self, conversation_id: int) -> None:
        self._timers.pop(conversation_id, None)
        if (
            self._stopping.is_set()
            or conversation_id in self._works
            or len(self._works) >= self._concurrency
        ):
            return
        work = self._works[conversation_id] = _Work()
        work.task = asyncio.create_task(self._work_on(conversation_id, work))

    async def _work_on(self, conversation_id: int, work: _Work) -> None:
        again: datetime | None = None
        try:
            again = await self._claimed(conversation_id, work)
        except LeaseLost:
            log_event(log, logging.WARNING, "lease_lost", conversation_id=conversation_id)
        except DatabaseUnavailable as error:
            log_event(log, logging.ERROR, "database_unavailable", error=str(error))
        except Exception:  # the worker's edge: the lease runs out and the turn is tried again
            log.exception("turn_broken conversation_id=%d", conversation_id)
        finally:
            del self._works[conversation_id]
        if again is None and work.arrivals.is_pending:
            again = self._clock.now()  # a message arrived while the conversation was being freed
        if again is not None and not self._stopping.is_set():
            self._note(conversation_id, again)

    async def _claimed(self, conversation_id: int, work: _Work) -> datetime | None:
        claim = await self._database.write_async(
            lambda c: inbox.claim(
                c,
                conversation_id,
                owner=self.name,
                now=self._clock.now(),
                lease_s=LEASE_S,
                channels=self._channels,
            )
        )
        if claim is None:  # held by another worker, or due later than we were told
            return await self._database.read_async(
                lambda c: inbox.next_chance(c, conversation_id, self._channels)
            )
        work.epoch = claim.epoch
        reached(Point.CLAIMED)
        try:
            return await self._deliver(claim, await self._turns.answer(claim, work.arrivals))
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(claim, self._clock.now()))
            raise
        except LeaseLost:
            raise
        except DatabaseUnavailable:
            with contextlib.suppress(DatabaseUnavailable):  # else the lease runs out by itself
                await self._give_back(claim, self._after(UNAVAILABLE_S))
            raise
        except Exception:  # noqa: BLE001 - the worker's edge: whatever a turn raises, it goes on
            return await self._failed(claim)

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    async def _deliver(self, claim: Claim, answer: SavedTurn | int) -> datetime | None:
        if isinstance(answer, int):  # silence is the right answer
            done = answer
            return await self._database.write_async(
                lambda c: inbox.finish(
                    c, claim.conversation_id, claim.epoch, done=done, now=self._clock.now()
                )
            )
        outcome = await self._deliverer.deliver(claim, answer)
        if isinstance(outcome, Later):
            return await self._give_back(claim, outcome.at)
        if isinstance(outcome, Anew):
            withdrawn = await self._database.read_async(lambda c: withdrawn_turns(c, claim))
            pause_s = 0 if withdrawn <= ANEW_AT_ONCE else ANEW_PAUSE_S
            return await self._give_back(claim, self._after(pause_s))
        due_at = (
            outcome.due_at
            if isinstance(outcome, Finished)
            else await self._database.write_async(
                lambda c: finish_turn(c, claim, answer, self._clock.now())
            )
        )
        reached(Point.FINISHED)
        log_event(
            log,
            logging.INFO,
            "turn_finished",
            conversation_id=claim.conversation_id,
            turn_id=answer.id,
        )
        return due_at

    async def _give_back(
        self, claim: Claim, due_at: datetime, failures: int | None = None
    ) -> datetime:
        await self._database.write_async(
            lambda c: inbox.give_back(
                c, claim.conversation_id, claim.epoch, due_at=due_at, failures=failures
            )
        )
        reached(Point.GIVEN_BACK)
        return due_at

    async def _failed(self, claim: Claim) -> datetime | None:
        failures = claim.failures + 1
        log.exception("turn_failed conversation_id=%d failures=%d", claim.conversation_id, failures)
        again_s = retry.turn_again_after_s(failures)
        if again_s is not None:
            return await self._give_back(claim, self._after(again_s), failures)
        try:
            return await self._deliver(claim, await self._turns.bury(claim))
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception:  # nothing is dropped: it stays waiting, and stays in the log
            log.exception("burial_failed conversation_id=%d", claim.conversation_id)
            return await self._give_back(claim, self._after(BURY_AGAIN_S), failures)

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
        held = [(key, work.epoch) for key, work in self._works.items() if work.epoch is not None]
        if not held:
            return
        now = self._clock.now()
        ours = await self._database.write_async(
            lambda c: inbox.renew(c, held, owner=self.name, now=now, lease_s=LEASE_S)
        )
        for conversation_id, epoch in held:
            work = self._works.get(conversation_id)
            if conversation_id not in ours and work and work.epoch == epoch and work.task:
                work.task.cancel()

    async def _drain(self) -> None:
        """Let what runs finish for a while; what is left is for the other workers, at once."""
        for conversation_id, timer in self._timers.items():
            timer.cancel()
            self._tell(conversation_id, self._clock.now())
        tasks = {work.task: key for key, work in self._works.items() if work.task is not None}
        if not tasks:
            return
        log_event(log, logging.INFO, "worker_draining", turns=len(tasks))
        _, left = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for task in left:
            self._tell(tasks[task], self._clock.now())
