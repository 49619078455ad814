"""Policy decides first; what is left for an answer is composed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.answerer import Answerer, Talk, unavailable, unavailable_sentence
from bot.messages import Reply, TalkMessage
from bot.turn_context import TurnContext
from core.errors import AllProvidersFailed, provider_error
from core.texts import text

REFUSED = provider_error("no", provider="groq", error_class="auth")


class NoDatabase:
    """Every read meets no connection."""

    async def read_async(self, work: Callable[[Any], Any]) -> Any:
        return work(None)


class Contexts:
    """Contexts with nothing in them but the waiting messages."""

    def read(self, _connection: Any, waiting: Any, **_given: Any) -> TurnContext:
        return TurnContext(waiting=tuple(waiting))


class Composer:
    """Composes "re: …", or fails; keeps what it was asked."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.asked: list[str] = []

    async def compose(self, context: TurnContext, **_given: Any) -> Reply:
        self.asked.append(context.question)
        if self.fails:
            raise AllProvidersFailed([REFUSED])
        return Reply(f"re: {context.question}", "groq", "m")


def said(body: str, type_: str = "text") -> TalkMessage:
    return TalkMessage(1, "customer", body, type_, datetime(2026, 3, 2, tzinfo=UTC))


async def reply(*waiting: TalkMessage, talk: Talk | None = None, **composer: Any) -> Reply:
    made: Any = Composer(**composer)
    database: Any = NoDatabase()
    contexts: Any = Contexts()
    answerer = Answerer(database, contexts, made, language="es")
    found = await answerer.reply(waiting, talk or Talk(), deadline_s=1.0)
    assert len(made.asked) == (found.kind == "answer")
    return found


async def test_a_question_is_composed() -> None:
    assert (await reply(said("¿tienen laptops?"))).text == "re: ¿tienen laptops?"


async def test_what_the_shop_could_not_see_is_said_before_the_answer() -> None:
    found = await reply(said("", "image"), said("¿tienen esta?"))
    assert found.text == f"{text('customer.unseen.image')}\n\nre: ¿tienen esta?"


async def test_what_nobody_can_read_gets_a_sentence_and_asks_no_provider() -> None:
    found = await reply(said("", "audio"))
    assert (found.kind, found.text) == ("unsupported", text("customer.unsupported.audio"))


async def test_while_a_person_answers_the_shop_is_silent() -> None:
    found = await reply(said("¿tienen laptops?"), talk=Talk(mode="person"))
    assert (found.kind, found.text) == ("silent", "")


async def test_stop_is_confirmed_once() -> None:
    first = await reply(said("STOP"))
    again = await reply(said("STOP"), talk=Talk(opted_out=True))

    assert (first.kind, first.text) == ("opt_out", text("customer.opt_out"))
    assert again.kind == "silent"


async def test_who_opted_out_and_asks_again_is_answered() -> None:
    assert (await reply(said("¿tienen laptops?"), talk=Talk(opted_out=True))).kind == "answer"


async def test_without_any_answer_a_person_is_still_reachable() -> None:
    found = await reply(said("persona"), fails=True)

    assert found.text.startswith(text("customer.person_asked"))
    assert (found.provider, found.attempts) == ("offline", 1)


async def test_without_any_answer_other_questions_fail() -> None:
    with pytest.raises(AllProvidersFailed):
        await reply(said("¿tienen laptops?"), fails=True)


@pytest.mark.parametrize(
    ("retry_after_s", "key", "minutes"),
    [
        pytest.param(None, "unavailable", None, id="nobody knows when"),
        pytest.param(5, "unavailable_until", 1, id="at least a minute"),
        pytest.param(200, "unavailable_until", 3, id="minutes"),
    ],
)
def test_unavailable_says_when_to_try_again(
    retry_after_s: float | None, key: str, minutes: int | None
) -> None:
    fields = {} if minutes is None else {"minutes": minutes}
    error = AllProvidersFailed([REFUSED], retry_after_s)

    assert unavailable_sentence(error, "en") == text(f"customer.{key}", "en", **fields)
    assert unavailable(error, "en").kind == "unavailable"
