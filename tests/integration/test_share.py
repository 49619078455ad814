"""A conversation that had its share of the day's budget asks no paid AI, and is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from app.engine import Engine, open_engine
from app.house import House
from bot.answerer import Talk
from bot.figures import paid_usd
from bot.ledger import store_attempts
from bot.messages import AttemptRow, TalkMessage
from bot.metrics import Metrics
from bot.tables import Contact, Conversation, Turn
from catalog.search import CatalogSearch
from core.database import Database
from core.errors import AllProvidersFailed
from core.settings import Settings
from tests.fake_provider import FakeProvider
from tests.fakes import FixedClock

UNREACHABLE = "http://127.0.0.1:9/v1"
SHARE_USD = 0.1


@pytest.fixture
def openai() -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        yield fake


@asynccontextmanager
async def engine_of(
    database: Database, clock: FixedClock, openai: FakeProvider, **names: str
) -> AsyncIterator[Engine]:
    given = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": openai.base_url,
        "LM_STUDIO_URL": UNREACHABLE,
        "OLLAMA_BASE_URL": UNREACHABLE,
        "AI_FALLBACK_ORDER": "openai,groq",
        "AI_DAILY_BUDGET_USD": str(10 * SHARE_USD),
    }
    settings = Settings.from_env(given | names, env_file=None)
    house = House(settings, database, clock, CatalogSearch(), Metrics(), {})
    async with open_engine(house) as engine:
        yield engine


def spend(database: Database, usd: float, at: datetime, talk: int = 1) -> None:
    """A saved turn of this conversation cost so much."""
    when = {"started_at": at, "saved_at": at}
    turn = {"id": f"turn-{talk}", "conversation_id": talk, "epoch": 1, "from_seq": 1, "to_seq": 1}
    row = AttemptRow(f"turn-{talk}", "openai", "m", 1, "answered", 5, at, cost_usd=usd)
    talks = {"channel": "whatsapp", "shop_address": "whatsapp:+1", "due_at": at, "created_at": at}
    whose = {"id": talk, "contact_id": talk, "customer_address": f"whatsapp:+3460000000{talk}"}
    database.write(lambda c: c.execute(insert(Contact).values(id=talk, created_at=at)))
    database.write(lambda c: c.execute(insert(Conversation).values(talks | whose)))
    database.write(
        lambda c: c.execute(insert(Turn).values(turn | when | {"state": "finished", "kind": "x"}))
    )
    database.write(lambda c: store_attempts(c, [row]))


async def provider_of(engine: Engine, clock: FixedClock, talk: int | None = 1) -> str:
    """Who answers this conversation's next question."""
    asked = TalkMessage(1, "customer", "hola", "text", clock.now())
    reply = await engine.answerer.reply([asked], Talk(talk), deadline_s=10)
    assert reply.text
    return reply.provider


@pytest.mark.parametrize(
    ("spent_usd", "talk", "answers"),
    [
        pytest.param(SHARE_USD - 0.001, 1, "openai", id="something is left"),
        pytest.param(SHARE_USD, 1, "offline", id="nothing is left"),
        pytest.param(SHARE_USD, 2, "openai", id="another customer"),
        pytest.param(SHARE_USD, None, "openai", id="a question of nobody's"),
    ],
)
async def test_a_conversation_may_cost_a_tenth_of_the_day(
    sqlite_database: Database,
    clock: FixedClock,
    openai: FakeProvider,
    spent_usd: float,
    talk: int | None,
    answers: str,
) -> None:
    spend(sqlite_database, spent_usd, clock.now())
    async with engine_of(sqlite_database, clock, openai) as engine:
        assert await provider_of(engine, clock, talk) == answers
    assert bool(openai.chats) == (answers == "openai")


async def test_the_next_day_has_a_share_of_its_own(
    sqlite_database: Database, clock: FixedClock, openai: FakeProvider
) -> None:
    spend(sqlite_database, SHARE_USD, clock.now())
    clock.advance(24 * 3600)
    async with engine_of(sqlite_database, clock, openai) as engine:
        assert await provider_of(engine, clock) == "openai"


async def test_those_who_cost_nothing_go_on(
    sqlite_database: Database, clock: FixedClock, openai: FakeProvider
) -> None:
    spend(sqlite_database, SHARE_USD, clock.now())
    free = {"GROQ_API_KEY": "k", "GROQ_BASE_URL": openai.base_url}
    async with engine_of(sqlite_database, clock, openai, **free) as engine:
        assert await provider_of(engine, clock) == "groq"


async def test_without_offline_answers_a_used_up_share_is_named(
    sqlite_database: Database, clock: FixedClock, openai: FakeProvider
) -> None:
    spend(sqlite_database, SHARE_USD, clock.now())
    async with engine_of(sqlite_database, clock, openai, AI_OFFLINE_ANSWERS="false") as engine:
        with pytest.raises(AllProvidersFailed) as caught:
            await provider_of(engine, clock)
    assert (caught.value.error_class, caught.value.paused) == ("quota", {"openai": "quota"})


async def test_without_a_budget_there_is_no_share(
    sqlite_database: Database, clock: FixedClock, openai: FakeProvider
) -> None:
    spend(sqlite_database, 100.0, clock.now())
    async with engine_of(sqlite_database, clock, openai, AI_DAILY_BUDGET_USD="") as engine:
        assert await provider_of(engine, clock) == "openai"


def test_only_what_the_conversation_itself_cost_counts(database: Database) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for talk, usd in ((1, 0.25), (2, 0.5)):
        spend(database, usd, noon, talk)
    since = noon - timedelta(hours=12)
    assert database.read(lambda c: paid_usd(c, since, 1)) == pytest.approx(0.25)
    assert database.read(lambda c: paid_usd(c, since, 3)) == 0
    assert database.read(lambda c: paid_usd(c, since)) == pytest.approx(0.75)
