"""Attempts go into the ledger; the contract's rows and figures come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.figures import attempts_of, newest_attempts, paid_usd, provider_figures
from bot.ledger import Ledger, store_attempts
from bot.messages import AttemptRow
from bot.money import GUESSED_USD, token_prices
from core.database import Database
from tests.fakes import FixedClock

ROW = (
    "id turn_id provider model attempt outcome status retry_after_s duration_ms first_token_ms "
    "input_tokens output_tokens cost_usd started_at"
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIGURES = (
    "name requests succeeded failed success_rate mean_ms p95_ms input_tokens output_tokens cost_usd"
)
Store = Callable[..., None]


@pytest.fixture
def store(database: Database, clock: FixedClock) -> Store:
    def store_one(provider: str = "groq", outcome: str = "answered", **fields: Any) -> None:
        given = {"turn_id": "t1", "model": "m", "attempt": 1, "duration_ms": 100} | fields
        row = AttemptRow(provider=provider, outcome=outcome, started_at=clock.now(), **given)
        database.write(lambda c: store_attempts(c, [row]))

    return store_one


def figures(database: Database, *names: str) -> list[dict[str, Any]]:
    return database.read(lambda c: provider_figures(c, names))


def test_a_row_has_the_contracts_shape(database: Database, store: Store) -> None:
    store(outcome="rate_limit", status=429, retry_after_s=3.5, input_tokens=None)
    (row,) = database.read(lambda c: newest_attempts(c, 10))

    assert " ".join(row) == ROW
    assert (row["outcome"], row["status"], row["retry_after_s"]) == ("rate_limit", 429, 3.5)
    assert row["started_at"] == "2026-03-02T15:00:00+00:00"
    assert row["first_token_ms"] is None and row["cost_usd"] is None


def test_the_newest_come_first_and_no_more_than_wanted(database: Database, store: Store) -> None:
    for number in range(4):
        store(attempt=number)
    assert [row["attempt"] for row in database.read(lambda c: newest_attempts(c, 2))] == [3, 2]


def test_a_turns_rows_come_in_the_order_of_its_calls(database: Database, store: Store) -> None:
    store("groq", "server")
    store("openai", turn_id="t2")
    store("lmstudio")

    rows = database.read(lambda c: attempts_of(c, "t1"))
    assert [row["provider"] for row in rows] == ["groq", "lmstudio"]


def test_figures_of_a_provider(database: Database, store: Store) -> None:
    store(duration_ms=100, input_tokens=10, output_tokens=4)
    store(duration_ms=200, input_tokens=20)
    store(outcome="timeout", duration_ms=9000)
    store(outcome="cancelled", duration_ms=9000)
    (found,) = figures(database, "groq")

    assert " ".join(found) == FIGURES
    assert [found[name] for name in ("requests", "succeeded", "failed")] == [4, 2, 1]
    assert found["success_rate"] == pytest.approx(0.6667)
    assert (found["mean_ms"], found["input_tokens"], found["output_tokens"]) == (150, 30, 4)


def test_a_provider_never_asked_has_no_rates(database: Database) -> None:
    (found,) = figures(database, "groq")

    assert (found["requests"], found["success_rate"]) == (0, None)
    assert (found["mean_ms"], found["p95_ms"], found["cost_usd"]) == (None, None, None)


@pytest.mark.parametrize(("answers", "p95_ms"), [(1, 1), (19, 19), (20, 19), (100, 95)])
def test_nineteen_of_twenty_answers_are_not_slower_than_p95(
    database: Database, store: Store, answers: int, p95_ms: int
) -> None:
    for duration_ms in range(1, answers + 1):
        store(duration_ms=duration_ms)
    assert figures(database, "groq")[0]["p95_ms"] == p95_ms


def test_the_order_comes_first_and_everyone_else_behind(database: Database, store: Store) -> None:
    store("offline")
    store("mistral")
    names = [row["name"] for row in figures(database, "groq", "lmstudio")]
    assert names == ["groq", "lmstudio", "mistral", "offline"]


async def test_rows_are_taken_at_once_and_stored_together(database: Database) -> None:
    seen: list[AttemptRow] = []
    ledger = Ledger(database, seen.append)
    for attempt in range(3):
        ledger.record(_row(attempt, input_tokens=1000, output_tokens=100))
    ledger.close()
    rows = database.read(lambda c: attempts_of(c, "turn-1"))
    assert [row["attempt"] for row in rows] == [0, 1, 2] == [row.attempt for row in seen]


async def test_rows_are_priced_as_they_are_stored(database: Database) -> None:
    ledger = Ledger(database)
    ledger.record(_row(1, input_tokens=1000, output_tokens=100))
    ledger.record(_row(2, provider="lmstudio", input_tokens=1000))
    ledger.record(_row(3))
    ledger.close()
    costs = [row["cost_usd"] for row in database.read(lambda c: attempts_of(c, "turn-1"))]
    assert costs[0] > 0
    assert costs[1:] == [0.0, None]


async def test_the_budget_counts_what_is_paid_since_midnight(database: Database) -> None:
    old = replace(_row(1, input_tokens=10**6), started_at=NOON - timedelta(days=1))
    free = _row(2, provider="groq", model="openai/gpt-oss-20b", input_tokens=10**6)
    unknown = _row(3, provider="together", model="nobody/knows", input_tokens=10**6)
    ledger = Ledger(database)
    for row in (old, free, unknown, _row(4, input_tokens=10**6, output_tokens=0)):
        ledger.record(row)
    ledger.close()
    prices = token_prices("openai", "gpt-5.4-nano")
    assert prices is not None
    spent = database.read(lambda c: paid_usd(c, NOON - timedelta(hours=12)))
    assert spent == pytest.approx(10**6 * (prices[0] + GUESSED_USD[0]))


def _row(
    attempt: int, provider: str = "openai", model: str = "gpt-5.4-nano", **tokens: int
) -> AttemptRow:
    return AttemptRow("turn-1", provider, model, attempt, "answered", 5, NOON, **tokens)
