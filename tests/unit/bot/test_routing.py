"""Whose turn it is: by order, by weight, by price."""

from __future__ import annotations

from collections import Counter
from random import Random

from bot.health import Member
from bot.providers.base import find_providers
from bot.routing import arrange
from core.settings import ProviderSettings

NAMES = ("groq", "lmstudio", "openai")
MEMBERS = [Member(find_providers()[name], ProviderSettings("k")) for name in NAMES]


def order(routing: str, **given: object) -> list[str]:
    options = {"weights": {}, "price": lambda _member: None, "random": Random(7), **given}
    return [member.name for member in arrange(MEMBERS, routing, **options)]  # type: ignore[arg-type]


def test_the_configured_order_is_kept() -> None:
    assert order("order") == ["groq", "lmstudio", "openai"]


def test_weights_decide_how_often_each_is_first() -> None:
    random = Random(7)
    weights = {"openai": 70, "groq": 30}
    first = Counter(order("weighted", weights=weights, random=random)[0] for _ in range(1000))
    assert abs(first["openai"] - 700) < 50
    assert first["lmstudio"] == 0


def test_whoever_has_no_weight_stands_behind() -> None:
    assert order("weighted", weights={"openai": 1}) == ["openai", "groq", "lmstudio"]


def test_the_cheapest_comes_first_and_unknown_prices_last() -> None:
    prices = {"groq": 0.002, "lmstudio": None, "openai": 0.001}
    assert order("cheapest", price=lambda member: prices[member.name]) == [
        "openai",
        "groq",
        "lmstudio",
    ]


def test_of_equal_prices_the_configured_order_decides() -> None:
    assert order("cheapest", price=lambda _member: 0.0) == ["groq", "lmstudio", "openai"]
