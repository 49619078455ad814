"""Conversations that wait too long enter; each hears once that an answer is coming.

Neither an AI nor a free slot is needed: under overload it is what the shop still can say. While an
answer is being made its own worker says it, and the answer goes out behind it; to a conversation
nobody works on it is said under a claim of its own. Nothing is said while the channel fails, or
while answers stand in line to be sent: another send would only make everybody wait longer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from bot import inbox, moments
from bot.channels.base import Channel
from bot.delivery import Deliverer, Later, SendRate
from bot.inbox import Claim
from bot.moments import AFTER_S, LanguageOf
from bot.turn import SavedTurn
from bot.wakeups import Wake
from bot.witness import Witness
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable, LeaseLost
from core.log import log_event

log = logging.getLogger(__name__)

AT_LEAST_S = 6.0
"""An answer just begun gets this long: under overload most are there by then."""
LEASE_S = 30.0
"""Of a claim for the sentence alone: longer than its send and the settling of it may take."""
MOST_PER_S = 50.0
AT_ONCE = 50
STOP_S = 8.0
"""How long a stop waits for what is being said."""


class Patience:
    """Says "un momento"; lives in the worker's event loop.

    Args:
        owner: the worker's name.
        per_s: most of these sentences a second; what waits for answers needs the sends too.
        witness: told of each.
    """

    def __init__(
        self,
        owner: str,
        database: Database,
        clock: Clock,
        channels: Mapping[str, Channel],
        deliverer: Deliverer,
        language_of: LanguageOf,
        *,
        per_s: float = MOST_PER_S,
        witness: Witness | None = None,
    ) -> None:
        self._owner = owner
        self._database = database
        self._clock = clock
        self._channels = channels
        self._deliverer = deliverer
        self._language_of = language_of
        self._pace = SendRate(clock, per_s)
        self._witness = witness or Witness()
        self._saying: dict[int, asyncio.Task[None]] = {}
        self._in_line: set[int] = set()
        """Of those being told: who waits for the pace, and is not claimed yet."""

    @asynccontextmanager
    async def beside(self, claim: Claim) -> AsyncIterator[Callable[[], bool]]:
        """While an answer is being made: say it when that takes long; leaves when it is settled.

        Yields:
            Tells whether it is being said, so that nothing else may be sent until then.
        """
        saying: list[asyncio.Task[None]] = []
        begun = asyncio.Event()

        def start() -> None:
            saying.append(asyncio.create_task(self._say_beside(claim, begun)))

        timer = asyncio.get_running_loop().call_later(self._due_in_s(claim), start)
        is_stopped = False
        try:
            yield begun.is_set
        except asyncio.CancelledError:
            is_stopped = True
            raise
        finally:
            timer.cancel()
            for task in saying:
                if is_stopped or not begun.is_set():
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def settle(self, claim: Claim) -> Later | None:
        """Before anything else is said: what became of a sentence whose sender died?

        Returns:
            When to ask again; None when nothing is open.
        """
        if 0 <= self._waited_s(claim) < AFTER_S:
            return None
        moment = await self._database.read_async(lambda c: moments.open_moment(c, claim))
        if moment is None or await self._is_dropped(moment):
            return None
        return await self._send(claim, moment)

    async def look(self, channels: Collection[str], wake: Wake) -> None:
        """Say it to those who waited too long and whom nobody works on.

        Args:
            wake: told of each conversation that is free again.
        """
        now, room = self._clock.now(), AT_ONCE - len(self._saying)
        able = [name for name in channels if not self._deliverer.is_failing(name)]
        if room <= 0 or not able:
            return
        busy, told = self._deliverer.busy_addresses(), list(self._saying)
        found = await self._database.read_async(
            lambda c: moments.forgotten(c, now=now, channels=able, busy=busy, told=told, limit=room)
        )
        for conversation_id, due_at in found:
            task = asyncio.create_task(self._say_alone(conversation_id, due_at, channels, wake))
            self._saying[conversation_id] = task
            self._in_line.add(conversation_id)
            task.add_done_callback(partial(self._said, conversation_id))

    def _said(self, conversation_id: int, _task: asyncio.Task[None]) -> None:
        self._in_line.discard(conversation_id)
        del self._saying[conversation_id]

    async def settled(self) -> None:
        """Return when everybody found so far was told."""
        await asyncio.gather(*self._saying.values(), return_exceptions=True)

    async def close(self) -> None:
        """Let what is being said be settled; nobody else is told."""
        for conversation_id in self._in_line:
            self._saying[conversation_id].cancel()
        try:
            async with asyncio.timeout(STOP_S):
                await self.settled()
        except TimeoutError:
            log_event(log, logging.WARNING, "moments_given_up")

    def _waited_s(self, claim: Claim) -> float:
        since = claim.waiting_since or self._clock.now()
        return (self._clock.now() - since).total_seconds()

    def _due_in_s(self, claim: Claim) -> float:
        return max(AT_LEAST_S, AFTER_S - self._waited_s(claim))

    async def _say_beside(self, claim: Claim, begun: asyncio.Event) -> None:
        try:
            await self._pace.turn("")
            begun.set()
            moment = await self._database.write_async(lambda c: self._begin(c, claim))
            outcome = await self._send(claim, moment) if moment else None
            while outcome is not None:  # the answer waits: it must not be there first
                await asyncio.sleep((outcome.at - self._clock.now()).total_seconds())
                outcome = await self.settle(claim)
        except (LeaseLost, DatabaseUnavailable) as error:
            log_event(log, logging.INFO, "moment_not_said", error=type(error).__name__)
        except Exception:  # the answer comes all the same
            log.exception("moment_broken conversation_id=%d", claim.conversation_id)

    async def _say_alone(
        self, conversation_id: int, due_at: datetime, channels: Collection[str], wake: Wake
    ) -> None:
        try:
            await self._pace.turn("")
            self._in_line.discard(conversation_id)
            begun = await self._database.write_async(
                lambda c: self._begin_alone(c, conversation_id, due_at, channels)
            )
            if begun is not None:
                await self._send_alone(*begun, due_at)
                wake(conversation_id, due_at)
        except (LeaseLost, DatabaseUnavailable) as error:
            log_event(log, logging.INFO, "moment_not_said", error=type(error).__name__)
        except Exception:
            log.exception("moment_broken conversation_id=%d", conversation_id)

    def _begin_alone(
        self,
        connection: Connection,
        conversation_id: int,
        due_at: datetime,
        channels: Collection[str],
    ) -> tuple[Claim, SavedTurn] | None:
        """Claim and begin in one unit of work; the place in the queue is kept."""
        claim = inbox.claim(
            connection,
            conversation_id,
            owner=self._owner,
            now=self._clock.now(),
            lease_s=LEASE_S,
            channels=channels,
        )
        if claim is None:
            return None
        moment = self._begin(connection, claim)
        if moment is None:
            inbox.give_back(connection, claim, due_at=due_at)
            return None
        return claim, moment

    async def _send_alone(self, claim: Claim, moment: SavedTurn, due_at: datetime) -> None:
        try:
            await self._send(claim, moment)
        finally:
            await asyncio.shield(
                self._database.write_async(lambda c: inbox.give_back(c, claim, due_at=due_at))
            )

    def _begin(self, connection: Connection, claim: Claim) -> SavedTurn | None:
        if not self._deliverer.has_capacity(claim.channel, claim.shop_address):
            return None
        return moments.begin(
            connection,
            claim,
            now=self._clock.now(),
            language_of=self._language_of,
            prepare=self._channels[claim.channel].prepare,
        )

    async def _send(self, claim: Claim, moment: SavedTurn) -> Later | None:
        """Send it once; what was refused for now is not tried again."""
        outcome = await self._deliverer.deliver(claim, moment)
        if isinstance(outcome, Later):
            return None if await self._is_dropped(moment) else outcome
        if outcome is None:
            now = self._clock.now()
            await self._database.write_async(lambda c: moments.close(c, moment, now))
            self._witness.happened("moment")
        return None

    async def _is_dropped(self, moment: SavedTurn) -> bool:
        return await self._database.write_async(lambda c: moments.drop_unsent(c, moment))
