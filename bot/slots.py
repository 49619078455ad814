"""Conversations with work enter; each is begun once a slot is free, those due longest first.

While slots are free, a wake-up begins its conversation at once. When all are taken, what waits
stays in the database: a wake-up then only tells that there is more, and a freed slot goes to the
front of the database's queue, of which no more than a short list is held here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.turn import Arrivals
from core.clock import Clock

log = logging.getLogger(__name__)

AHEAD = 100
"""So many of the queue are read beyond the free slots: one query then serves many freed slots."""
MOST_AT_ONCE = 256
"""So many begin after one look: thousands at once would hold up everything else in the loop."""
PAUSE_S = 0.05
"""Between two such queries."""


@dataclass(slots=True)
class Work:
    """One conversation this worker is busy with."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    task: asyncio.Task[None] | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A conversation has more work at `due_at`.

    Args:
        is_first: it had to interrupt its turn, and goes before whoever had none yet.
    """

    due_at: datetime
    is_first: bool = False


class Slots:
    """Who is busy and who is next; lives in one event loop.

    Args:
        most: conversations at once; as many may be held here that wait for their time.
        do: works on one conversation; never raises but when it is cancelled.
        read_queue: the first so many of the database's queue, and whether there are more; never
            raises.
    """

    def __init__(
        self,
        most: int,
        clock: Clock,
        do: Callable[[int, Work], Awaitable[Again | None]],
        read_queue: Callable[[int], Awaitable[tuple[list[int], bool]]],
    ) -> None:
        self.busy: dict[int, Work] = {}
        self._most = most
        self._clock = clock
        self._do = do
        self._read_queue = read_queue
        self._next: deque[int] = deque()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._heard: list[int] | None = None
        self._is_behind = False
        self._reading: asyncio.Task[None] | None = None
        self._is_closed = False
        self._loop = asyncio.get_running_loop()

    @property
    def has_room(self) -> bool:
        return len(self.busy) < self._most and not self._is_closed

    @property
    def is_behind(self) -> bool:
        """Whether work waits that no slot is free for."""
        return self._is_behind or bool(self._next) or not self.has_room

    def note(self, conversation_id: int, due_at: datetime, seq: int = 0) -> None:
        """A conversation has work at `due_at`; `seq` is the message that just arrived, if any."""
        work = self.busy.get(conversation_id)
        if work is not None:
            work.arrivals.note(seq)
            return
        self._plan(conversation_id, Again(due_at))

    def look(self) -> None:
        """There may be work in the database that nobody told of."""
        self._is_behind = True
        self._fill()

    def close(self) -> list[int]:
        """Begin nothing more; answers the conversations that waited here for their time."""
        self._is_closed = True
        waiting = [*self._timers]
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._next.clear()
        if self._reading is not None:
            self._reading.cancel()
        return waiting

    def _plan(self, conversation_id: int, again: Again) -> None:
        if self._is_closed:
            return
        if timer := self._timers.pop(conversation_id, None):
            timer.cancel()
        wait_s = (again.due_at - self._clock.now()).total_seconds()
        if wait_s <= 0:
            self._begin_or_leave(conversation_id, again.is_first)
        elif len(self._timers) < self._most:  # else it is found in the database
            self._timers[conversation_id] = self._loop.call_later(
                wait_s, self._is_due, conversation_id, again.is_first
            )

    def _is_due(self, conversation_id: int, is_first: bool) -> None:
        del self._timers[conversation_id]
        self._begin_or_leave(conversation_id, is_first)

    def _begin_or_leave(self, conversation_id: int, is_first: bool) -> None:
        if is_first:
            self._next.appendleft(conversation_id)
        elif self._heard is not None and len(self._heard) < AHEAD:
            self._heard.append(conversation_id)
        elif not self.is_behind:
            self._begin(conversation_id)
        else:
            self._is_behind = True
        self._fill()

    def _fill(self) -> None:
        """Give every free slot to the front of the queue."""
        while self._next and self.has_room:
            self._begin(self._next.popleft())
        if self._is_behind and self._reading is None and self.has_room:
            self._reading = self._loop.create_task(self._read())

    async def _read(self) -> None:
        self._is_behind = False
        heard: list[int] = []  # whoever writes meanwhile comes behind those who are found
        self._heard = heard
        free = min(self._most - len(self.busy), MOST_AT_ONCE)
        try:
            found, is_more = await self._read_queue(free + AHEAD)
        except Exception:  # the next look may succeed; without one nothing would begin any more
            log.exception("queue_not_read")
            found, is_more = [], False
        finally:
            self._heard = None
        self._next.extend(key for key in found if key not in self.busy)
        if is_more:
            self._is_behind = True
        else:
            self._next.extend(heard)
        self._fill()
        await asyncio.sleep(PAUSE_S)
        self._reading = None
        self._fill()

    def _begin(self, conversation_id: int) -> None:
        if conversation_id in self.busy:
            return
        if timer := self._timers.pop(conversation_id, None):
            timer.cancel()
        work = self.busy[conversation_id] = Work()
        work.task = self._loop.create_task(self._run(conversation_id, work))

    async def _run(self, conversation_id: int, work: Work) -> None:
        again: Again | None = None
        try:
            again = await self._do(conversation_id, work)
        finally:
            del self.busy[conversation_id]
            if again is None and work.arrivals.is_pending:
                again = Again(self._clock.now())  # it arrived while the conversation was freed
            if again is not None:
                self._plan(conversation_id, again)
            self._fill()
