"""Two simulated hours: everybody is answered, and a provider that hangs is not waited for again."""

from __future__ import annotations

from random import Random

from benchmarks.fallback_day import Day, arrivals, with_responder, without_memory
from benchmarks.simulated_providers import Bucket, Scripted, Trouble
from benchmarks.virtual_time import run

TIMES = arrivals(300, 2, Random(1))


def script() -> dict[str, Scripted]:
    """The first has a small window and hangs for half an hour; the second is gone for a while."""
    return {
        "groq": Scripted(0.6, (Trouble(0.5, 1, "hang"),), minute=Bucket(2, 60)),
        "openai": Scripted(1.4, (Trouble(0.7, 0.8, "refuse"),)),
        "anthropic": Scripted(1.6),
    }


def by_responder() -> Day:
    return run(with_responder(script(), TIMES, "off"))


def test_everybody_is_answered_by_somebody() -> None:
    day = by_responder()
    assert len(day.turns) == len(TIMES)
    assert set(day.shares) == {"groq", "openai", "anthropic"}


def test_who_hangs_is_waited_for_a_few_times_and_not_by_every_customer() -> None:
    day, naive = by_responder(), run(without_memory(script(), TIMES))
    assert 1 <= day.timeouts <= 8
    assert naive.timeouts > 5 * day.timeouts


def test_a_full_window_is_not_asked_in_vain() -> None:
    day, naive = by_responder(), run(without_memory(script(), TIMES))
    refused = [sum(row.outcome == "rate_limit" for row in each.rows) for each in (day, naive)]
    assert refused[0] < refused[1] / 10


def test_the_same_day_is_the_same_again() -> None:
    assert by_responder().turns == by_responder().turns
