"""One conversation enters: claimed, answered, delivered, finished; or given back, or buried."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from bot import inbox, retry
from bot.delivery import Anew, Deliverer, Finished, Later
from bot.inbox import SUSPECT_DEATHS, Claim
from bot.patience import Patience
from bot.slots import Again, Work
from bot.turn import SavedTurn, TurnRunner, finish_turn, saved_turn, withdrawn_turns
from bot.witness import Witness
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable, LeaseLost
from core.log import log_event
from core.points import Point, reached

log = logging.getLogger(__name__)

LEASE_S = 20.0
BURY_AGAIN_S = 60.0
UNAVAILABLE_S = 1.0
ANEW_AT_ONCE = 2
"""So many withdrawn replies are written anew at once; more means the catalog keeps moving."""
ANEW_PAUSE_S = 30.0
HANG_MARGIN_S = 30.0
"""Beyond all the time a turn may take: whatever still runs then, hangs."""
SUSPECT_PAUSE_S = 2.0
BURIED_DEATHS = 8
DROPPED_FAILURES = 12
"""A saved reply that so often could not be delivered gives way to the sentence of a burial."""


class Handler:
    """Works on one conversation at a time for each caller; see `Slots`.

    Args:
        owner: the worker's name.
        channels: names of those it can send through.
    """

    def __init__(
        self,
        owner: str,
        database: Database,
        clock: Clock,
        turns: TurnRunner,
        deliverer: Deliverer,
        patience: Patience,
        channels: Collection[str],
        witness: Witness,
    ) -> None:
        self._owner = owner
        self._database = database
        self._clock = clock
        self._turns = turns
        self._deliverer = deliverer
        self._patience = patience
        self._channels = tuple(channels)
        self._witness = witness
        self._suspects = 0
        self._suspects_at_once = 1

    async def handle(self, conversation_id: int, work: Work) -> Again | None:
        """Do what a conversation wants now; when it wants more, or None."""
        try:
            return await self._claimed(conversation_id, work)
        except LeaseLost:
            log_event(log, logging.WARNING, "lease_lost", conversation_id=conversation_id)
        except DatabaseUnavailable as error:
            log_event(log, logging.INFO, "turn_not_claimed", error=str(error))
        except Exception:  # the worker's edge: the lease runs out and the turn is tried again
            log.exception("turn_broken conversation_id=%d", conversation_id)
        return None

    async def _claimed(self, conversation_id: int, work: Work) -> Again | None:
        claiming = asyncio.ensure_future(self._claim(conversation_id))
        try:
            claim = await asyncio.shield(claiming)
            if claim is None:  # held by another worker, or due later than we were told
                return await self._next_chance(conversation_id)
            return await self._begun(claim, work)
        except asyncio.CancelledError:
            await asyncio.shield(self._let_go(claiming))
            raise

    async def _claim(self, conversation_id: int) -> Claim | None:
        return await self._database.write_async(
            lambda c: inbox.claim(
                c,
                conversation_id,
                owner=self._owner,
                now=self._clock.now(),
                lease_s=LEASE_S,
                channels=self._channels,
            )
        )

    async def _let_go(self, claiming: asyncio.Future[Claim | None]) -> None:
        """Give back what is held; a claim under way may stand, whoever no longer waits for it."""
        if claim := await claiming:
            await self._give_back(claim, self._place(claim))

    async def _next_chance(self, conversation_id: int) -> Again | None:
        at = await self._database.read_async(
            lambda c: inbox.next_chance(c, conversation_id, self._channels)
        )
        return Again(at) if at is not None else None

    async def _begun(self, claim: Claim, work: Work) -> Again | None:
        work.epoch = claim.epoch
        reached(Point.CLAIMED)
        self._phase("waited", claim)
        try:
            return await self._held_or_failed(claim, work)
        except DatabaseUnavailable as error:
            log_event(log, logging.INFO, "turn_interrupted", error=str(error))
            return await self._give_back_at_last(claim)

    async def _held_or_failed(self, claim: Claim, work: Work) -> Again | None:
        try:
            return await self._held(claim, work)
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception:  # noqa: BLE001 - the worker's edge: whatever a turn raises, it goes on
            return await self._failed(claim)

    async def _held(self, claim: Claim, work: Work) -> Again | None:
        if claim.deaths < SUSPECT_DEATHS:
            return await self._answered(claim, work)
        if self._suspects >= self._suspects_at_once:
            at = self._after(SUSPECT_PAUSE_S)
            await self._give_back(claim, at)
            return Again(at)  # behind those who are none
        self._suspects += 1
        try:
            await self._database.write_async(lambda c: inbox.work_on_suspect(c, claim))
            if claim.deaths >= BURIED_DEATHS:
                return await self._deliver(claim, await self._last_word(claim))
            return await self._answered(claim, work)
        finally:
            self._suspects -= 1
            self._suspects_at_once += 1  # it did not kill us

    async def _last_word(self, claim: Claim) -> SavedTurn:
        """Making an answer may fail or kill, sending one hardly does: what is saved is sent first.

        What goes on killing is due later from then on: the process must not die at every start.
        """
        if claim.deaths + claim.failures < DROPPED_FAILURES:
            saved = await self._database.read_async(lambda c: saved_turn(c, claim))
            return saved or await self._turns.bury(claim)
        at = self._after(BURY_AGAIN_S)
        await self._database.write_async(
            lambda c: inbox.postpone(c, claim.conversation_id, claim.epoch, at)
        )
        return await self._turns.bury(claim)

    async def _answered(self, claim: Claim, work: Work) -> Again | None:
        unsettled = await self._patience.settle(claim)
        if unsettled is not None:
            return await self._give_back(claim, unsettled.at)
        async with (
            self._patience.beside(claim) as is_told,
            asyncio.timeout(self._turns.longest_s + HANG_MARGIN_S),
        ):
            answer = await self._turns.answer(claim, work.arrivals, is_told)
        return await self._deliver(claim, answer)

    async def _deliver(self, claim: Claim, answer: SavedTurn | int) -> Again | None:
        if isinstance(answer, int):  # silence is the right answer
            done = answer
            due_at = await self._database.write_async(
                lambda c: inbox.finish(
                    c, claim.conversation_id, claim.epoch, done=done, now=self._clock.now()
                )
            )
            return _behind(due_at)
        outcome = await self._deliverer.deliver(claim, answer)
        if isinstance(outcome, Later):
            return await self._give_back(claim, outcome.at)
        if isinstance(outcome, Anew):
            withdrawn = await self._database.read_async(lambda c: withdrawn_turns(c, claim))
            is_restless = withdrawn > ANEW_AT_ONCE
            at = self._after(ANEW_PAUSE_S) if is_restless else self._place(claim)
            return await self._give_back(claim, at)
        due_at = (
            outcome.due_at
            if isinstance(outcome, Finished)
            else await self._database.write_async(
                lambda c: finish_turn(c, claim, answer, self._clock.now())
            )
        )
        reached(Point.FINISHED)
        self._phase("done", claim)
        log_event(
            log,
            logging.INFO,
            "turn_finished",
            conversation_id=claim.conversation_id,
            turn_id=answer.id,
        )
        return _behind(due_at)

    def _phase(self, name: str, claim: Claim) -> None:
        """So long after the first of the waiting messages came."""
        if claim.waiting_since is not None:
            passed = self._clock.now() - claim.waiting_since
            self._witness.phase(name, max(0.0, passed.total_seconds()))

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _place(self, claim: Claim) -> datetime:
        """Where in the queue work stands that is given back for no fault of its own."""
        now = self._clock.now()
        return min(claim.waiting_since or now, now)

    async def _give_back(
        self, claim: Claim, due_at: datetime, *, has_failed: bool = False
    ) -> Again:
        await self._database.write_async(
            lambda c: inbox.give_back(c, claim, due_at=due_at, has_failed=has_failed)
        )
        reached(Point.GIVEN_BACK)
        return Again(due_at, is_first=True)

    async def _give_back_at_last(self, claim: Claim) -> Again:
        """Keep the conversation until the database can be told, so that it goes on at once."""
        while True:
            await asyncio.sleep(UNAVAILABLE_S)
            try:
                return await self._give_back(claim, self._place(claim))
            except DatabaseUnavailable:
                continue

    async def _failed(self, claim: Claim) -> Again | None:
        failures = claim.failures + 1
        log.exception("turn_failed conversation_id=%d failures=%d", claim.conversation_id, failures)
        again_s = retry.turn_again_after_s(failures)
        if again_s is not None:
            return await self._give_back(claim, self._after(again_s), has_failed=True)
        try:
            return await self._deliver(claim, await self._last_word(claim))
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception:  # nothing is dropped: it stays waiting, and stays in the log
            log.exception("burial_failed conversation_id=%d", claim.conversation_id)
            return await self._give_back(claim, self._after(BURY_AGAIN_S), has_failed=True)


def _behind(due_at: datetime | None) -> Again | None:
    """What was written during the turn stands behind those who wait for theirs."""
    return Again(due_at) if due_at is not None else None
