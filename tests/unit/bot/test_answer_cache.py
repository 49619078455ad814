"""The same question to the same shop is answered once, and nobody's talk reaches anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.answer_cache import MOST_ENTRIES, AnswerCache
from bot.composer import PromptLimits
from bot.messages import Completion, TalkMessage
from bot.turn_context import TurnContext
from shop.facts import ShopFacts
from tests.fakes import FixedClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ASKED = TalkMessage(1, "customer", "¿tienen laptops?", "text", NOON)
OPEN = ShopFacts({"hours": [{"days": "lunes a viernes", "open": "09:00", "close": "18:00"}]})
CONTEXT = TurnContext(waiting=(ASKED,), facts=OPEN, now=NOON, shop_revision=1)
ANSWER = Completion("Sí, tenemos.", "m1", provider="groq")


def cache(ttl_s: float = 60) -> tuple[AnswerCache, FixedClock]:
    clock = FixedClock.at_noon()
    return AnswerCache(clock, ttl_s, PromptLimits().build), clock


def kept(context: TurnContext, ttl_s: float = 60) -> AnswerCache:
    made, _ = cache(ttl_s)
    made.keep(made.key(context), ANSWER)
    return made


def test_the_same_context_gets_the_same_answer() -> None:
    made = kept(CONTEXT)
    assert made.find(made.key(replace(CONTEXT))) is ANSWER


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(CONTEXT, shop_revision=2), id="the shop's data changed"),
        pytest.param(
            replace(CONTEXT, waiting=(replace(ASKED, body="¿tienen sillas?"),)), id="other words"
        ),
        pytest.param(replace(CONTEXT, language="en"), id="another language"),
        pytest.param(replace(CONTEXT, now=NOON + timedelta(days=1)), id="another day"),
        pytest.param(replace(CONTEXT, now=NOON + timedelta(hours=8)), id="the shop has closed"),
    ],
)
def test_another_context_gets_none(other: TurnContext) -> None:
    made = kept(CONTEXT)
    assert made.find(made.key(other)) is None


def test_a_minute_later_the_context_is_still_the_same() -> None:
    made = kept(CONTEXT)
    later = replace(CONTEXT, now=NOON + timedelta(minutes=7))
    assert made.find(made.key(later)) is ANSWER


def test_a_talk_is_never_kept() -> None:
    assert cache()[0].key(replace(CONTEXT, history=(ASKED,))) is None


def test_without_a_time_to_live_nothing_is_kept() -> None:
    assert cache(0)[0].key(CONTEXT) is None


def test_an_old_answer_is_asked_for_again() -> None:
    made, clock = cache(60)
    made.keep(made.key(CONTEXT), ANSWER)
    clock.advance(60)
    assert made.find(made.key(CONTEXT)) is None


def test_it_keeps_only_so_many() -> None:
    made, _ = cache()
    for number in range(MOST_ENTRIES + 1):
        made.keep(str(number).encode(), ANSWER)
    assert (made.find(b"0"), made.find(b"1")) == (None, ANSWER)
