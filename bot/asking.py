"""One question from a program or a terminal enters, one reply leaves; a contact's talk is kept.

Question and reply are stored together, already finished: no worker ever sees them waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot import inbox
from bot.answerer import Answerer, Talk
from bot.messages import InboundMessage, Reply, TalkMessage
from bot.tables import Conversation
from bot.turn import Draft, save_reply
from core.clock import Clock
from core.database import Database
from core.ids import new_id

CHANNEL = "api"
"""Channel of the talks kept for programs; no worker sends through it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply and the turn its ledger rows name."""

    turn_id: str
    reply: Reply


def answer_body(answered: Answered) -> dict[str, Any]:
    """The contract's answer shape."""
    reply = answered.reply
    return {
        "success": True,
        "reply": reply.text,
        "provider": reply.provider,
        "model": reply.model,
        "attempts": reply.attempts,
        "duration_ms": reply.duration_ms,
        "products": list(reply.products),
        "grounded": reply.grounded,
    }


class Asker:
    """Answers single questions.

    Args:
        deadline_s: TURN_DEADLINE_S.
    """

    def __init__(
        self, database: Database, clock: Clock, answerer: Answerer, *, deadline_s: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._answerer = answerer
        self._deadline_s = deadline_s

    async def ask(
        self, question: str, contact: str | None = None, *, turn_id: str | None = None
    ) -> Answered:
        """The reply to one question.

        Args:
            contact: whose talk this belongs to; without one no history is read or kept.
            turn_id: for the ledger; made up when not given.
        Raises:
            AllProvidersFailed: no AI answered and offline answers are switched off.
        """
        turn_id = turn_id or new_id()
        started_at = self._clock.now()
        talk, seq = Talk(), 1
        if contact is not None:
            talk, seq = await self._database.read_async(lambda c: _find_talk(c, contact))
        waiting = [TalkMessage(seq, "customer", question, "text", started_at)]
        reply = await self._answerer.reply(
            waiting, talk, deadline_s=self._deadline_s, turn_id=turn_id
        )
        if contact is not None:
            message = InboundMessage(CHANNEL, new_id(), contact, "", question)
            await self._database.write_async(lambda c: self._keep(c, message, turn_id, reply))
        return Answered(turn_id, reply)

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
