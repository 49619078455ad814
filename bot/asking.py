"""One question from a program or a terminal enters, one outcome leaves; a contact's talk is kept.

Question and reply are stored together, already finished: no worker ever sees them waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot import inbox, outcome
from bot.answerer import Answerer, Talk, unavailable_sentence
from bot.channels.formatting import clean_text
from bot.figures import attempts_of
from bot.health import Member
from bot.messages import InboundMessage, Reply, TalkMessage
from bot.outcome import Outcome
from bot.tables import Conversation
from bot.turn import Draft, save_reply
from core.clock import Clock
from core.database import Database
from core.errors import AllProvidersFailed
from core.ids import new_id

CHANNEL = "api"
"""Channel of the talks kept for programs; no worker sends through it."""


class Asker:
    """Answers single questions; lives in one event loop.

    Args:
        flush: stores the ledger's rows that are queued; blocks.
        members: answers the providers of the order, those without a key too.
        deadline_s: TURN_DEADLINE_S.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        answerer: Answerer,
        flush: Callable[[], None],
        members: Callable[[], Sequence[Member]],
        *,
        deadline_s: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._answerer = answerer
        self._flush = flush
        self._members = members
        self._deadline_s = deadline_s
        self._talking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, question: str, contact: str | None = None) -> Outcome:
        """The reply to one question, or why there is none; a contact's come one after another.

        Args:
            contact: whose talk this belongs to; without one no history is read or kept.
        """
        question = clean_text(question)
        if contact is None:
            return await self._answer(question, None)
        contact = clean_text(contact)
        lock = self._talking.setdefault(contact, asyncio.Lock())
        async with lock:
            return await self._answer(question, contact)

    async def reply(self, question: str, contact: str | None, turn_id: str) -> Reply:
        """The reply itself, as `ask` finds and keeps it.

        Raises:
            AllProvidersFailed: as `Answerer.reply`; nothing was kept.
        """
        waiting, talk = await self._waiting(question, contact)
        reply = await self._answerer.reply(
            waiting, talk, deadline_s=self._deadline_s, turn_id=turn_id
        )
        if contact is not None:
            await self.keep(question, contact, turn_id, reply)
        return reply

    async def keep(self, question: str, contact: str, turn_id: str, reply: Reply) -> None:
        """Store a question with its reply, as the next turn of a contact's talk."""
        message = InboundMessage(CHANNEL, new_id(), contact, "", question)
        await self._database.write_async(lambda c: self._keep(c, message, turn_id, reply))

    async def _answer(self, question: str, contact: str | None) -> Outcome:
        turn_id = new_id()
        try:
            return outcome.answered(await self.reply(question, contact, turn_id))
        except AllProvidersFailed as error:
            waiting, talk = await self._waiting(question, contact)
            language = self._answerer.language_of(waiting, talk.language)
            rows = await asyncio.to_thread(self._stored_attempts, turn_id)
            sentence = unavailable_sentence(error, language)
            return outcome.nobody_answered(error, sentence, rows, self._members())

    async def _waiting(self, question: str, contact: str | None) -> tuple[list[TalkMessage], Talk]:
        talk, seq = Talk(), 1
        if contact is not None:
            talk, seq = await self._database.read_async(lambda c: _find_talk(c, contact))
        return [TalkMessage(seq, "customer", question, "text", self._clock.now())], talk

    def _stored_attempts(self, turn_id: str) -> list[dict[str, Any]]:
        self._flush()
        return self._database.read(lambda c: attempts_of(c, turn_id))

    def _keep(
        self, connection: Connection, message: InboundMessage, turn_id: str, reply: Reply
    ) -> None:
        now = self._clock.now()
        accepted = inbox.accept(connection, message, now=now, wait_s=0, max_wait_s=0)
        claim = inbox.claim(
            connection,
            accepted.conversation_id,
            owner=CHANNEL,
            now=now,
            lease_s=1,
            channels=[CHANNEL],
        )
        if claim is None:
            raise AssertionError("a talk of a program is always free")
        said = [TalkMessage(accepted.seq, "customer", message.body, "text", now)]
        if reply.kind != "silent":
            save_reply(
                connection, Draft(claim, said, turn_id, now), reply, [], now, state="finished"
            )
        inbox.finish(connection, claim.conversation_id, claim.epoch, done=accepted.seq, now=now)


def _find_talk(connection: Connection, contact: str) -> tuple[Talk, int]:
    row = connection.execute(
        select(
            Conversation.id,
            Conversation.mode,
            Conversation.language,
            Conversation.opted_out_at,
            Conversation.tail,
        ).where(
            Conversation.channel == CHANNEL,
            Conversation.customer_address == contact,
            Conversation.shop_address == "",
        )
    ).one_or_none()
    if row is None:
        return Talk(), 1
    return Talk(row.id, row.mode, row.language, row.opted_out_at is not None), row.tail + 1
