"""A whole day with ten failing providers, in virtual time: who answers, how late, for how much.

    python benchmarks/fallback_day.py [--turns 4000] [--plot docs/fallback-day.png]

The product's own composer, responder, breakers, rate windows, pings, hedging and budget run against
scripted providers (`benchmarks/simulated_providers.py`). Two simpler ways to ask run on the same
day: the first provider alone, and one after another without a memory. Floor of a turn is the call
that answered it: "added" is what the customer waited beyond that, in vain or until a slow call was
overtaken. "Billed" leaves out what free plans and the shop's own machine answer.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.simulated_providers import HOUR_S, Scripted, World, a_bad_day, model_of
from benchmarks.virtual_time import START, VirtualClock, run
from bot.composer import Composer, PromptLimits
from bot.health import Health, Member
from bot.health.pings import Pinger
from bot.messages import AttemptRow, Prompt, PromptMessage, TalkMessage, Usage
from bot.money import Budget, cost_usd, is_paid
from bot.planning import Lineup, Rules
from bot.providers import offline
from bot.providers.base import complete, find_providers
from bot.responder import Responder
from bot.turn_context import TurnContext
from core.errors import ProviderError
from core.settings import ProviderSettings

SEED = 7
DEADLINE_S = 45.0
PING_S, PROBE_S = 300.0, 2.0
"""As the worker's schedule does it."""
BUDGET_USD = 1.0
SMALL_BUDGET_USD = 0.1
NOBODY = "-"
WELL = ("answered", "cancelled")
LATE_S = 10.0
"""An answer from the catalog that took longer was waited for in vain."""
# Customers an hour, one to another: shops sleep, and are busy at noon and in the evening.
CURVE = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 22, 24, 22, 18, 17, 18, 20, 23, 26, 28, 24, 14, 6)


@dataclass(frozen=True)
class Turn:
    """One customer's question: when, who answered, how long it took, and the answering call."""

    at_s: float
    provider: str
    took_s: float
    call_s: float

    @property
    def added_s(self) -> float:
        return self.took_s - self.call_s


@dataclass
class Day:
    """What one way of asking made of the day."""

    turns: list[Turn] = field(default_factory=list)
    rows: list[AttemptRow] = field(default_factory=list)
    hedges: int = 0
    paid_usd: float = 0.0
    """List price of what was billed; `cost_usd` counts the free plans' answers as well."""

    @property
    def shares(self) -> Counter[str]:
        return Counter(turn.provider for turn in self.turns)

    @property
    def cost_usd(self) -> float:
        return sum(row.cost_usd or 0.0 for row in self.rows)

    @property
    def timeouts(self) -> int:
        return self.outcomes["timeout"]

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(row.outcome for row in self.rows if row.provider != offline.NAME)

    def record(self, row: AttemptRow) -> None:
        """As the ledger does it: with the price."""
        provider = find_providers()[row.provider]
        usage = Usage(row.input_tokens, row.output_tokens, row.total_tokens)
        cost = cost_usd(provider, row.model, usage)
        self.rows.append(replace(row, cost_usd=cost))
        if cost and is_paid(provider, row.model):
            self.paid_usd += cost

    def percentiles(self, of: Callable[[Turn], float]) -> str:
        """The 50th, 90th and 99th, in seconds."""
        waits = [of(turn) for turn in self.turns]
        found = [percentile(waits, share) for share in (0.5, 0.9, 0.99)]
        return "p50 {:.2f} s, p90 {:.2f} s, p99 {:.2f} s".format(*found)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share lies."""
    found = sorted(values)
    return found[int((len(found) - 1) * share)]


Answer = Callable[[str], Awaitable[str]]
"""Turn id → who answered."""


def arrivals(turns: int, hours: float, random: Random) -> list[float]:
    """Seconds of the day at which customers write."""
    weights = CURVE[: max(1, int(hours))]
    found = [
        (random.choices(range(len(weights)), weights)[0] + random.random()) * HOUR_S
        for _ in range(turns)
    ]
    return sorted(found)


def members(names: Sequence[str]) -> list[Member]:
    return [
        Member(
            find_providers()[name],
            ProviderSettings("key-of-the-day", (model_of(name),), f"http://{name}.sim/v1"),
        )
        for name in names
    ]


async def live(day: Day, times: Sequence[float], answer: Answer) -> None:
    """Let every customer write at their time; wait until all are answered."""
    loop = asyncio.get_running_loop()

    async def customer(number: int, at_s: float) -> None:
        await asyncio.sleep(at_s - loop.time())
        provider = await answer(f"t{number}")
        took_s = loop.time() - at_s
        # The newest rows first: the one wanted was written a moment ago.
        won = next(
            (
                row
                for row in reversed(day.rows)
                if (row.turn_id, row.provider, row.outcome) == (f"t{number}", provider, "answered")
            ),
            None,
        )
        call_s = 0.0 if won is None else won.duration_ms / 1000
        day.turns.append(Turn(at_s, provider, took_s, call_s))

    await asyncio.gather(*(customer(number, at_s) for number, at_s in enumerate(times)))


async def with_responder(
    script: Mapping[str, Scripted],
    times: Sequence[float],
    hedge_after: Literal["auto", "off"],
    budget_usd: float = BUDGET_USD,
) -> Day:
    """The product's own way."""
    day, world = Day(), World(script, Random(SEED))
    clock = VirtualClock(asyncio.get_running_loop())
    health = Health(clock, is_probing=True)
    everyone = members(list(script))
    budget = Budget(
        budget_usd,
        clock,
        spent=lambda _since: day.paid_usd,
        day_start=lambda now: START + timedelta(days=(now - START).days),
    )
    responder = Responder(
        world.client,
        Lineup(everyone),
        health,
        clock,
        day.record,
        Rules(hedge_after=hedge_after),
        budget=budget,
        random=Random(SEED),
    )
    composer = Composer(responder, clock, day.rows.append, limits=PromptLimits())
    pinger = Pinger(world.client, health, clock)
    context = TurnContext((TalkMessage(1, "customer", "Hola", "text", START),), now=START)

    async def answer(turn_id: str) -> str:
        reply = await composer.compose(context, deadline_s=DEADLINE_S, turn_id=turn_id)
        return reply.provider

    hedges = _Hedges(day)
    logging.getLogger("bot.responder").addHandler(hedges)
    pings = [
        asyncio.create_task(_every(PING_S, lambda: pinger.ping_all(everyone))),
        asyncio.create_task(_every(PROBE_S, lambda: pinger.probe_due(everyone))),
    ]
    try:
        await live(day, times, answer)
    finally:
        logging.getLogger("bot.responder").removeHandler(hedges)
        for task in pings:
            task.cancel()
        await asyncio.gather(*pings, return_exceptions=True)
    return day


async def without_memory(script: Mapping[str, Scripted], times: Sequence[float]) -> Day:
    """One provider after another until one answers, each with its own limit; nothing learned."""
    day, world = Day(), World(script, Random(SEED))
    prompt = Prompt((PromptMessage("user", "Hola"),))
    everyone = members(list(script))
    loop = asyncio.get_running_loop()

    async def answer(turn_id: str) -> str:
        for number, member in enumerate(everyone, 1):
            started, outcome = loop.time(), "answered"
            try:
                await complete(
                    member.provider,
                    world.client,
                    member.settings,
                    prompt,
                    model_of(member.name),
                    member.timeout_s,
                )
            except ProviderError as error:
                outcome = error.error_class
            ms = round((loop.time() - started) * 1000)
            day.rows.append(AttemptRow(turn_id, member.name, None, number, outcome, ms, START))
            if outcome == "answered":
                return member.name
        return NOBODY

    await live(day, times, answer)
    return day


class _Hedges(logging.Handler):
    """Counts the extra calls the log tells of."""

    def __init__(self, day: Day) -> None:
        super().__init__(logging.INFO)
        self._day = day

    def emit(self, record: logging.LogRecord) -> None:
        self._day.hedges += getattr(record, "event", "") == "provider_hedged"


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await work()
        await asyncio.sleep(seconds)


def report(name: str, day: Day) -> None:
    turns, shares, outcomes = len(day.turns), day.shares, day.outcomes
    by_ai = turns - shares[offline.NAME] - shares[NOBODY]
    failed = sum(count for what, count in outcomes.items() if what not in WELL)
    late = Counter(row.provider for row in day.rows if row.outcome == "timeout")
    idle = sum(turn.provider == offline.NAME and turn.took_s > LATE_S for turn in day.turns)
    print(f"{name}")
    print(
        f"  turns              {turns}: by AI {by_ai} ({by_ai / turns:.2%}), "
        f"offline {shares[offline.NAME]} ({idle} only after {LATE_S:g} s), "
        f"not answered {shares[NOBODY]}"
    )
    print(f"  by                 {_counts(shares)}")
    print(f"  whole turn         {day.percentiles(lambda turn: turn.took_s)}")
    print(f"  added latency      {day.percentiles(lambda turn: turn.added_s)}")
    print(f"  calls              {outcomes.total()}, hedging {day.hedges / turns:.1%} of turns")
    print(f"  asked in vain      {failed} calls")
    print(f"  ended at a limit   {late.total()} calls ({_counts(late)})")
    if day.cost_usd:
        print(f"  cost               {day.cost_usd:.2f} USD, billed {day.paid_usd:.2f} USD")


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counter.most_common()) or "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=4000)
    parser.add_argument("--plot", type=Path, help="PNG to draw (needs matplotlib)")
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger("bot.responder").setLevel(logging.INFO)  # the hedges are counted there
    times = arrivals(given.turns, 24, Random(SEED))
    started = time.perf_counter()
    day = run(with_responder(a_bad_day(), times, "auto"))
    report(f"responder, hedging auto, budget {BUDGET_USD:g} USD", day)
    report("the same without hedging", run(with_responder(a_bad_day(), times, "off")))
    small = run(with_responder(a_bad_day(), times, "auto", SMALL_BUDGET_USD))
    report(f"the same with a budget of {SMALL_BUDGET_USD:g} USD", small)
    naive = run(without_memory(a_bad_day(), times))
    report("one after another, nothing learned", naive)
    first = {"groq": a_bad_day()["groq"]}
    report("the first provider alone", run(without_memory(first, times)))
    print(f"5 days in {time.perf_counter() - started:.0f} s")
    if given.plot:
        from benchmarks.fallback_picture import draw  # needs packages that nothing else here does

        draw(day, naive, a_bad_day(), given.plot)


if __name__ == "__main__":
    main()
