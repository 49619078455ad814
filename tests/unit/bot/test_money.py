"""What answers cost, and when a day's budget lets no more paid ones begin."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.health import Member
from bot.messages import Usage
from bot.money import Budget, cost_usd, estimate_usd, is_paid, token_prices
from bot.providers.base import find_providers
from core.settings import ProviderSettings
from tests.fakes import FixedClock

PROVIDERS = find_providers()
OPENAI = Member(PROVIDERS["openai"], ProviderSettings("k"))
MODEL = "gpt-5.4-nano"


def test_an_answer_costs_what_its_tokens_cost() -> None:
    prices = token_prices("openai", MODEL)
    assert prices is not None
    cost = cost_usd(OPENAI.provider, MODEL, Usage(1000, 100))
    assert cost == pytest.approx(1000 * prices[0] + 100 * prices[1])


def test_thoughts_are_paid_like_output() -> None:
    with_thoughts = cost_usd(OPENAI.provider, MODEL, Usage(1000, 100, 1600))
    assert with_thoughts == cost_usd(OPENAI.provider, MODEL, Usage(1000, 600))


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("lmstudio", "phi-2", 0.0),
        ("ollama", "llama3.2", 0.0),
        ("openrouter", "openrouter/free", 0.0),
        ("openrouter", "vendor/model:free", 0.0),
        ("together", "nobody/knows-9b", None),
    ],
)
def test_free_costs_nothing_and_unknown_is_not_invented(
    provider: str, model: str, expected: float | None
) -> None:
    assert cost_usd(PROVIDERS[provider], model, Usage(1000, 100)) == expected


@pytest.mark.parametrize(
    "provider", ["anthropic", "deepseek", "gemini", "groq", "mistral", "openai"]
)
def test_default_models_have_a_price(provider: str) -> None:
    known = PROVIDERS[provider]
    assert estimate_usd(known, known.default_model, 3000, 500)


def test_an_answer_without_figures_has_no_price() -> None:
    assert cost_usd(OPENAI.provider, MODEL, Usage()) is None


@pytest.mark.parametrize(
    ("provider", "expected"),
    [("openai", True), ("anthropic", True), ("groq", False), ("gemini", False), ("ollama", False)],
)
def test_a_plan_that_bills_nothing_is_not_paid(provider: str, expected: bool) -> None:
    assert is_paid(PROVIDERS[provider], PROVIDERS[provider].default_model) is expected


class Purse:
    """A budget over what was stored as spent."""

    def __init__(self, limit_usd: float, spent_usd: float = 0.0) -> None:
        self.clock = FixedClock.at_noon()
        self.spent_usd = spent_usd
        self.budget = Budget(limit_usd, self.clock, self.spent, midnight)
        self.budget.load()

    def spent(self, since: datetime) -> float:
        return self.spent_usd if since.date() == FixedClock.at_noon().now().date() else 0.0

    @property
    def may_ask(self) -> bool:
        return self.budget.may_ask(OPENAI, MODEL, 3000, 500)


def midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0)


def test_paid_providers_pause_when_the_day_is_spent() -> None:
    assert Purse(1.0, spent_usd=0.5).may_ask
    assert not Purse(1.0, spent_usd=1.0).may_ask


def test_free_and_local_ones_go_on() -> None:
    purse = Purse(1.0, spent_usd=1.0)
    for name in ("groq", "gemini", "lmstudio", "ollama"):
        member = Member(PROVIDERS[name], ProviderSettings("k"))
        assert purse.budget.may_ask(member, "any", 3000, 500)


def test_what_calls_under_way_may_cost_is_kept_back() -> None:
    likely = estimate_usd(OPENAI.provider, MODEL, 3000, 500)
    assert likely is not None
    purse = Purse(likely * 1.5)
    kept = purse.budget.begin(OPENAI, MODEL, 3000, 500)
    assert not purse.may_ask
    purse.budget.end(kept, OPENAI, MODEL, Usage(30, 5))
    assert purse.may_ask


def test_a_new_day_begins_with_a_full_purse() -> None:
    purse = Purse(1.0, spent_usd=1.0)
    purse.clock.advance(timedelta(days=1).total_seconds())
    purse.budget.load()
    assert purse.may_ask


def test_the_day_ends_at_the_shops_midnight() -> None:
    assert Purse(1.0).budget.day_left_s() == 12 * 3600


def test_a_paid_model_of_unknown_price_counts_by_a_guess() -> None:
    together = Member(PROVIDERS["together"], ProviderSettings("k"))
    purse = Purse(0.001)
    assert purse.budget.may_ask(together, "nobody/knows-9b", 100, 100)
    assert not purse.budget.may_ask(together, "nobody/knows-9b", 3000, 500)
