"""A claimed conversation enters; its waiting messages leave answered by one saved reply.

The reply and its outbox rows are saved together, fenced by the claim's epoch, before anything is
sent: a restart sends what was saved and never asks the AI again. No transaction is open while a
provider is asked. A message that arrives before the reply is saved makes the answer start afresh.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import Connection

from bot import inbox, outbox
from bot.answerer import Answerer, Talk, unavailable
from bot.channels.base import Channel
from bot.inbox import Claim
from bot.messages import Reply, TalkMessage
from bot.outbox import Part
from bot.providers import offline
from bot.tables import Conversation, Turn
from bot.talk import waiting_messages
from bot.witness import Witness
from core.clock import Clock
from core.database import Database
from core.errors import AllProvidersFailed
from core.ids import new_id
from core.log import log_event
from core.points import Point, reached
from core.statements import Statement
from core.texts import text

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_RESTARTS = 3
"""How often messages that keep coming may start one answer afresh."""


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A reply that stands in the database and covers everything up to `to_seq`."""

    id: str
    to_seq: int
    parts: Sequence[Part] | None = None
    """Those just saved, the first perhaps begun; None: what is open stands in the database."""


class Arrivals:
    """Which messages of a conversation arrived, as wake-ups tell, and which the turn has read."""

    __slots__ = ("_interrupt", "_latest", "_read")

    def __init__(self) -> None:
        self._latest = 0
        self._read = 0
        self._interrupt: Callable[[], object] | None = None

    def note(self, seq: int) -> None:
        """The message numbered `seq` is stored."""
        self._latest = max(self._latest, seq)
        if self.is_pending and self._interrupt is not None:
            interrupt, self._interrupt = self._interrupt, None
            interrupt()

    def read_up_to(self, seq: int) -> None:
        """The turn has read everything up to `seq`."""
        self._read = seq

    @property
    def is_pending(self) -> bool:
        return self._latest > self._read

    async def unless_more(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """What `work` leaves; None when a message the turn has not read arrived first.

        It runs in the caller's own task, which is cancelled and goes on, as for a timeout: tasks
        beside it would cost a turn more than all its own waiting.
        """
        if self.is_pending:
            return None
        task = asyncio.current_task()
        assert task is not None
        others = task.cancelling()
        self._interrupt = task.cancel
        try:
            return await work()
        except asyncio.CancelledError:
            if self._interrupt is not None or task.cancelling() > others + 1:
                raise  # not by us, or not by us alone
            return None
        finally:
            if self._interrupt is None:
                task.uncancel()
            self._interrupt = None


class TurnRunner:
    """Answers claimed conversations.

    Args:
        deadline_s: TURN_DEADLINE_S, the whole answer.
        coalesce_max_s: most seconds a restarted answer waits for further fragments.
        takes_slot: reserves a send from this shop address, if one may go at once; then saving the
            reply and marking its first part as being sent is one unit of work.
        witness: told how long each step took, and of what went wrong.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        answerer: Answerer,
        channels: Mapping[str, Channel],
        *,
        deadline_s: float,
        coalesce_max_s: float,
        takes_slot: Callable[[str], bool] = lambda _shop_address: False,
        witness: Witness | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._answerer = answerer
        self._channels = channels
        self._deadline_s = deadline_s
        self._coalesce_max_s = coalesce_max_s
        self._takes_slot = takes_slot
        self._witness = witness or Witness()

    @property
    def longest_s(self) -> float:
        """What `answer` takes at most, each new start of it counted in."""
        return self._deadline_s + MAX_RESTARTS * (self._coalesce_max_s + 1)

    def language_of(self, waiting: Sequence[TalkMessage], known: str | None) -> str:
        """As `Answerer.language_of`."""
        return self._answerer.language_of(waiting, known)

    async def answer(
        self, claim: Claim, arrivals: Arrivals, must_wait: Callable[[], bool] = lambda: False
    ) -> SavedTurn | int:
        """Make sure the conversation has a saved reply.

        Args:
            claim: the right to work on it.
            arrivals: told from outside when another message arrives.
            must_wait: whether something else is being said first, so that no part may begin yet.
        Returns:
            The saved turn to deliver, or the number up to which silence is the right answer.
        Raises:
            LeaseLost: somebody else works on it now.
        """
        started = lap = self._clock.monotonic_s()
        turn_id = new_id()  # of every start: the calls of those that were dropped belong to it too
        for restarts in range(MAX_RESTARTS + 1):
            saved, waiting = await self._database.read_async(
                lambda c: (
                    saved_turn(c, claim),
                    waiting_messages(c, claim.conversation_id, claim.done),
                )
            )
            reached(Point.TURN_READ)
            if saved is not None:
                return saved
            lap = self._lap("read", lap)
            arrivals.read_up_to(waiting[-1].seq)
            draft = Draft(claim, waiting, turn_id, self._clock.now())
            left_s = max(1.0, self._deadline_s - (self._clock.monotonic_s() - started))
            is_last = restarts == MAX_RESTARTS
            reply = await self._reply_unless_more(draft, left_s, None if is_last else arrivals)
            reached(Point.ANSWERED)
            lap = self._lap("answered", lap)
            if reply is None:
                await self._settle(claim)
            elif reply.kind == "silent":
                return waiting[-1].seq
            else:
                saved = await self._save(draft, reply, must_wait, even_if_more=is_last)
                if saved is not None:
                    reached(Point.SAVED)
                    self._lap("saved", lap)
                    return saved
        raise AssertionError("the last round always saves")

    def _lap(self, phase: str, since_s: float) -> float:
        now_s = self._clock.monotonic_s()
        self._witness.phase(phase, now_s - since_s)
        return now_s

    async def _reply_unless_more(
        self, draft: Draft, deadline_s: float, arrivals: Arrivals | None
    ) -> Reply | None:
        """The reply; None when another message arrived first and the work was dropped."""
        if arrivals is None:
            return await self._reply(draft, deadline_s)
        reply = await arrivals.unless_more(lambda: self._reply(draft, deadline_s))
        if reply is None:
            log_event(log, logging.INFO, "turn_restarted", turn_id=draft.turn_id)
            self._witness.happened("restarted")
        return reply

    async def _settle(self, claim: Claim) -> None:
        """Wait until the fragments that just arrived are due, at most COALESCE_MAX_S."""
        due_at = await self._database.read_async(
            lambda c: c.execute(
                select(Conversation.due_at).where(Conversation.id == claim.conversation_id)
            ).scalar_one()
        )
        wait_s = (due_at - self._clock.now()).total_seconds()
        if wait_s > 0:
            await asyncio.sleep(min(wait_s, self._coalesce_max_s))

    async def _reply(self, draft: Draft, deadline_s: float) -> Reply:
        claim = draft.claim
        try:
            return await self._answerer.reply(
                draft.waiting,
                Talk(claim.conversation_id, claim.mode, claim.language, claim.opted_out),
                turn_id=draft.turn_id,
                deadline_s=deadline_s,
            )
        except AllProvidersFailed as error:
            language = self._answerer.language_of(draft.waiting, claim.language)
            return unavailable(error, language)

    async def _save(
        self, draft: Draft, reply: Reply, must_wait: Callable[[], bool], *, even_if_more: bool
    ) -> SavedTurn | None:
        parts = self._channels[draft.claim.channel].prepare(reply.text)
        goes_at_once = (
            bool(parts) and not must_wait() and self._takes_slot(draft.claim.shop_address)
        )

        def work(connection: Connection) -> SavedTurn | None:
            held = inbox.hold(connection, draft.claim.conversation_id, draft.claim.epoch)
            if held.tail > draft.to_seq and not even_if_more:
                return None
            may_begin = goes_at_once and not must_wait()  # it may have begun meanwhile
            is_begun = may_begin and _may_begin(connection, reply, held.mode)
            return save_reply(connection, draft, reply, parts, self._clock.now(), is_begun=is_begun)

        return await self._database.write_async(work)

    async def bury(self, claim: Claim) -> SavedTurn:
        """Give up on a turn that keeps failing: one honest sentence answers what waits."""
        messages = await self._database.read_async(
            lambda c: waiting_messages(c, claim.conversation_id, claim.done)
        )
        log_event(
            log,
            logging.ERROR,
            "turn_buried",
            conversation_id=claim.conversation_id,
            messages=len(messages),
        )
        reached(Point.BURIAL)
        self._witness.buried(claim.conversation_id)
        draft = Draft(claim, messages, new_id(), self._clock.now())
        language = self._answerer.language_of(messages, claim.language)
        sentence = text("customer.buried", language)
        reply = Reply(sentence, offline.NAME, None, kind="buried", language=language)
        parts = self._channels[claim.channel].prepare(sentence)

        def work(connection: Connection) -> SavedTurn:
            said = drop_saved(connection, claim)
            return said or save_reply(connection, draft, reply, parts, self._clock.now())

        return await self._database.write_async(work)


@dataclass(frozen=True, slots=True)
class Draft:
    """One answer in the making."""

    claim: Claim
    waiting: Sequence[TalkMessage]
    turn_id: str
    started_at: datetime

    @property
    def to_seq(self) -> int:
        return self.waiting[-1].seq


_SAVED_TURN = Statement(
    select(Turn.id, Turn.to_seq).where(
        Turn.conversation_id == bindparam("conversation"),
        Turn.state == "saved",
        Turn.to_seq > bindparam("done"),
    )
)
_ADD_TURN = Statement(
    insert(Turn),
    *("id", "conversation_id", "epoch", "from_seq", "to_seq", "state", "kind", "provider"),
    *("model", "prompt_version", "prompt_tokens", "attempts", "grounded", "truth", "prices"),
    *("started_at", "saved_at", "finished_at"),
)
_NOTE_REPLY = Statement(
    update(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .values(language=bindparam("spoken"), opted_out_at=bindparam("stopped"))
)
_CLOSE_TURN = Statement(
    update(Turn)
    .where(Turn.id == bindparam("turn"), Turn.state == "saved")
    .values(state="finished", finished_at=bindparam("at"))
)


def saved_turn(connection: Connection, claim: Claim) -> SavedTurn | None:
    """The reply a former holder of this conversation saved and did not finish delivering."""
    row = _SAVED_TURN.row(connection, conversation=claim.conversation_id, done=claim.done)
    return SavedTurn(row.id, row.to_seq) if row else None


def drop_saved(connection: Connection, claim: Claim) -> SavedTurn | None:
    """Withdraw what could not be delivered; give up what is left of a reply that was in part.

    Returns:
        The sentence of an earlier burial, which is still to be delivered, or what the customer
        heard, which is still to be closed; None when that is nothing.
    """
    inbox.hold(connection, claim.conversation_id, claim.epoch)
    said: SavedTurn | None = None
    for turn in connection.execute(
        select(Turn.id, Turn.to_seq, Turn.kind).where(
            Turn.conversation_id == claim.conversation_id, Turn.state == "saved"
        )
    ).all():
        is_answer = turn.to_seq > claim.done
        left = outbox.open_parts(connection, turn.id)
        if is_answer and outbox.has_sent(connection, turn.id):
            for part in left:
                outbox.record_failed(connection, part.id, None)
            left = []
        if turn.kind == "buried" or (is_answer and not left):
            said = SavedTurn(turn.id, turn.to_seq)
        else:
            outbox.withdraw(connection, turn.id)
    return said


def withdrawn_turns(connection: Connection, claim: Claim) -> int:
    """How many replies to what waits now were withdrawn before they were sent."""
    return connection.execute(
        select(func.count()).where(
            Turn.conversation_id == claim.conversation_id,
            Turn.state == "withdrawn",
            Turn.from_seq == claim.done + 1,
        )
    ).scalar_one()


def _may_begin(connection: Connection, reply: Reply, mode: str) -> bool:
    """What `outbox.begin_send` asks, of a reply that is just being saved."""
    return mode != "person" and outbox.still_stands(connection, reply.prices, reply.truth)


def save_reply(
    connection: Connection,
    draft: Draft,
    reply: Reply,
    parts: Sequence[str],
    now: datetime,
    *,
    state: str = "saved",
    is_begun: bool = False,
) -> SavedTurn:
    """Store a turn with its reply and what goes out; the caller holds the conversation.

    Args:
        is_begun: the first part is sent as soon as this unit stands; `_may_begin` said so.
    """
    claim = draft.claim
    _ADD_TURN.run(
        connection,
        id=draft.turn_id,
        conversation_id=claim.conversation_id,
        epoch=claim.epoch,
        from_seq=draft.waiting[0].seq,
        to_seq=draft.to_seq,
        state=state,
        kind=reply.kind,
        provider=reply.provider,
        model=reply.model,
        prompt_version=reply.prompt_version,
        prompt_tokens=reply.prompt_tokens,
        attempts=reply.attempts,
        grounded=reply.grounded,
        truth=list(reply.truth),
        prices=dict(reply.prices),
        started_at=draft.started_at,
        saved_at=now,
        finished_at=now if state == "finished" else None,
    )
    queued = outbox.queue_parts(
        connection,
        conversation_id=claim.conversation_id,
        turn_id=draft.turn_id,
        seq=draft.to_seq,
        body=reply.text,
        parts=parts,
        author="bot",
        now=now,
        is_begun=is_begun,
    )
    is_stop = reply.kind == "opt_out"
    # Only who holds the conversation writes these two: the claim tells what stands in them.
    if is_stop or claim.opted_out or reply.language != claim.language:
        _NOTE_REPLY.run(
            connection,
            conversation=claim.conversation_id,
            spoken=reply.language,
            stopped=now if is_stop else None,
        )
    reached(Point.SAVE_UNIT)
    if is_begun:
        reached(Point.SEND_UNIT)
    return SavedTurn(draft.turn_id, draft.to_seq, queued)


def finish_turn(
    connection: Connection,
    claim: Claim,
    saved: SavedTurn,
    now: datetime,
    *,
    last: Part | None = None,
) -> datetime | None:
    """The reply is on its way: close the turn and free the conversation.

    Args:
        last: its last part, when this very unit of work settles it.
    Returns:
        When the messages that arrived meanwhile, or parts that are sent again, are due; None when
        there are none.
    Raises:
        LeaseLost: somebody else claimed it.
    """
    if last is None or last.part > 0:  # a status callback may have brought back another part
        inbox.hold(connection, claim.conversation_id, claim.epoch)
        left = [
            part
            for part in outbox.open_parts(connection, saved.id)
            if last is None or part.id != last.id
        ]
        if left:
            at = min(part.next_at for part in left)
            inbox.give_back(connection, claim, due_at=at)
            return at
    due_at = inbox.finish(
        connection, claim.conversation_id, claim.epoch, done=saved.to_seq, now=now
    )
    _CLOSE_TURN.run(connection, turn=saved.id, at=now)
    return due_at
