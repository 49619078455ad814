from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.answerer import Answerer, Talk
from bot.messages import TalkMessage, TurnContext
from core.errors import AllProvidersFailed, provider_error
from core.texts import text


class NoDatabase:
    async def read_async(self, work: Callable[[Any], Any]) -> Any:
        return work(None)


class Contexts:
    def read(self, _connection: Any, waiting: Any, **_given: Any) -> TurnContext:
        return TurnContext(waiting=tuple(waiting))


class NobodyAnswers:
    async def compose(self, _context: TurnContext, **_given: Any) -> Any:
        refused = provider_error("no", provider="groq", error_class="auth")
        raise AllProvidersFailed([refused])


async def reply(body: str) -> Any:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    waiting = [TalkMessage(seq=1, author="customer", body=body, type="text", created_at=at)]
    answerer: Any = Answerer(NoDatabase(), Contexts(), NobodyAnswers())  # type: ignore[arg-type]
    return await answerer.reply(waiting, Talk(), deadline_s=1.0)


async def test_without_any_answer_a_person_is_still_reachable() -> None:
    found = await reply("persona")
    assert found.text.startswith(text("customer.person_asked"))
    assert (found.provider, found.attempts) == ("offline", 1)


async def test_without_any_answer_other_questions_fail() -> None:
    with pytest.raises(AllProvidersFailed):
        await reply("tienen laptops?")
