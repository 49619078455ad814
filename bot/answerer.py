"""Waiting messages enter, the one reply to them leaves: policy decides, else it is composed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from bot import policy
from bot.composer import Composer
from bot.context import ContextReader
from bot.messages import Reply, TalkMessage
from bot.providers import offline
from bot.turn_context import TurnContext
from core.database import Database
from core.errors import AllProvidersFailed
from core.log import log_event
from core.texts import text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a conversation before its waiting messages are read."""

    conversation_id: int | None = None
    mode: str = "bot"
    language: str | None = None
    opted_out: bool = False


class Answerer:
    """Finds the reply to waiting messages; stores nothing.

    Args:
        language: the shop's own, for customers whose words do not tell theirs.
        person_wanted: told the conversation whose customer asked for a person.
        left_out: the providers not to ask for a conversation, None for a question of nobody's.
    """

    def __init__(
        self,
        database: Database,
        contexts: ContextReader,
        composer: Composer,
        *,
        language: str,
        person_wanted: Callable[[int], None] = lambda _conversation_id: None,
        left_out: Callable[[Connection, int | None], frozenset[str]] = lambda *_: frozenset(),
    ) -> None:
        self._database = database
        self._contexts = contexts
        self._composer = composer
        self._language = language
        self._person_wanted = person_wanted
        self._left_out = left_out

    def language_of(self, waiting: Sequence[TalkMessage], known: str | None) -> str:
        """The language to answer in: of these messages, else of the talk, else the shop's."""
        return policy.detect_language(
            [message.body for message in waiting], known, default=self._language
        )

    async def reply(
        self,
        waiting: Sequence[TalkMessage],
        talk: Talk,
        *,
        deadline_s: float,
        turn_id: str | None = None,
    ) -> Reply:
        """The reply; its kind is "silent" when a person of the shop is answering.

        Raises:
            AllProvidersFailed: no AI answered, offline answers are switched off, and the customer
                did not ask for a person.
        """
        decision = policy.decide(
            waiting,
            mode=talk.mode,
            opted_out=talk.opted_out,
            language=self.language_of(waiting, talk.language),
        )
        if decision.kind == "silent":
            return Reply("", offline.NAME, None, kind="silent")
        if decision.reply is not None:
            return Reply(
                decision.reply, offline.NAME, None, kind=decision.kind, language=decision.language
            )
        if decision.kind == "person":
            log_event(log, logging.WARNING, "person_wanted", conversation_id=talk.conversation_id)
            if talk.conversation_id is not None:
                self._person_wanted(talk.conversation_id)
        context, without = await self._database.read_async(
            lambda c: (
                self._contexts.read(
                    c, waiting, conversation_id=talk.conversation_id, language=talk.language
                ),
                self._left_out(c, talk.conversation_id),
            )
        )
        try:
            reply = await self._composer.compose(
                context, deadline_s=deadline_s, turn_id=turn_id, without=without
            )
        except AllProvidersFailed as error:
            if decision.kind != "person":
                raise
            # "unavailable" tells customers to ask for a person: that must not lead back to it.
            reply = _way_to_person(context, len(error.errors))
        return replace(reply, text=f"{decision.note}\n\n{reply.text}") if decision.note else reply


def _way_to_person(context: TurnContext, attempts: int) -> Reply:
    sentence = offline.answer(context).text
    return Reply(sentence, offline.NAME, None, attempts=attempts, language=context.language)


def unavailable(error: AllProvidersFailed, language: str) -> Reply:
    """With offline answers switched off: one sentence, with the time to try again when known."""
    return Reply(
        unavailable_sentence(error, language),
        offline.NAME,
        None,
        kind="unavailable",
        attempts=len(error.errors),
        language=language,
    )


def unavailable_sentence(error: AllProvidersFailed, language: str) -> str:
    """Temporarily unavailable, when to try again, a person offered."""
    if error.retry_after_s is None:
        return text("customer.unavailable", language)
    minutes = max(1, round(error.retry_after_s / 60))
    return text("customer.unavailable_until", language, minutes=minutes)
