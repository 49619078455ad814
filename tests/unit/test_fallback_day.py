"""Two simulated hours: everybody is answered, and a provider that hangs is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from benchmarks.fallback_day import Day, arrivals, with_responder, without_memory
from benchmarks.simulated_providers import Bucket, Scripted, Trouble
from benchmarks.virtual_time import START, run
from bot.health.breaker import FIRST_OPEN_S

TIMES = arrivals(300, 2, Random(1))
HANG = Trouble(0.5, 1, "hang")
LIMIT_S = 12.0


def script() -> dict[str, Scripted]:
    """The first has a small window and hangs for half an hour; the second is gone for a while."""
    return {
        "groq": Scripted(0.6, (HANG,), minute=Bucket(2, 60)),
        "openai": Scripted(1.4, (Trouble(0.7, 0.8, "refuse"),)),
        "anthropic": Scripted(1.6),
    }


def by_responder(budget_usd: float = 1.0) -> Day:
    return run(with_responder(script(), TIMES, "off", budget_usd))


@pytest.fixture(scope="module")
def day() -> Day:
    return by_responder()


@pytest.fixture(scope="module")
def naive() -> Day:
    return run(without_memory(script(), TIMES))


def calls_of(day: Day, provider: str) -> Iterator[tuple[float, float, str]]:
    """When each call of a provider began and ended, and its outcome."""
    for row in day.rows:
        if row.provider == provider:
            began = (row.started_at - START).total_seconds()
            yield began, began + row.duration_ms / 1000, row.outcome


def test_everybody_is_answered_by_somebody(day: Day) -> None:
    assert len(day.turns) == len(TIMES)
    assert set(day.shares) == {"groq", "openai", "anthropic"}


def test_nobody_asks_one_that_hangs_before_its_breaker_is_due(day: Day) -> None:
    calls = list(calls_of(day, "groq"))
    hung = [(began, ended) for began, ended, outcome in calls if outcome == "timeout"]
    first_known = min(ended for _, ended in hung)
    later = [began for began, _, _ in calls if first_known <= began < HANG.end_h * 3600]
    pauses = [after - before for before, after in pairwise([first_known, *later])]
    assert min(pauses) >= FIRST_OPEN_S["timeout"] - 0.1


def test_its_pauses_grow_until_it_answers_again(day: Day) -> None:
    """Whoever finds out is served by the next one meanwhile, and the probe is cancelled."""
    lost = {"timeout", "cancelled"}
    hung = [began for began, _, outcome in calls_of(day, "groq") if outcome in lost]
    probes = [began for began in hung if began > hung[0] + LIMIT_S]
    pauses = [after - before for before, after in pairwise(probes)]
    assert len(pauses) >= 2
    assert pauses == sorted(pauses)
    assert any(
        outcome == "answered" and began > HANG.end_h * 3600
        for began, _, outcome in calls_of(day, "groq")
    )


def test_without_a_memory_every_customer_waits_for_it(day: Day, naive: Day) -> None:
    assert naive.timeouts > 5 * day.timeouts


def test_a_full_window_is_not_asked_in_vain(day: Day, naive: Day) -> None:
    assert day.outcomes["rate_limit"] < naive.outcomes["rate_limit"] / 10


def test_a_spent_budget_leaves_the_free_plan_and_the_catalog() -> None:
    day = by_responder(budget_usd=0.01)
    assert day.paid_usd <= 0.01
    assert day.shares["groq"] > 0
    assert day.shares["offline"] > 0
    assert day.shares.total() == len(TIMES)


def test_with_everybody_gone_the_catalog_answers_at_once() -> None:
    gone = {name: Scripted(1.0, (Trouble(0, 2, "refuse"),)) for name in script()}
    day = run(with_responder(gone, TIMES, "auto"))
    assert set(day.shares) == {"offline"}
    assert max(turn.took_s for turn in day.turns) < 1


def test_the_same_day_is_the_same_again(day: Day) -> None:
    assert by_responder().turns == day.turns


def test_virtual_time_passes_in_the_order_of_its_timers() -> None:
    async def live() -> tuple[float, list[str]]:
        loop, said = asyncio.get_running_loop(), []

        async def say(word: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            said.append(word)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.gather(say("late", 7200), say("soon", 60), say("next", 1800))
        return loop.time(), said

    ended_s, said = run(live())
    assert ended_s == pytest.approx(3600)
    assert said == ["soon", "next"]
