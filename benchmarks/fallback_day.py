"""A whole day with ten failing providers, in virtual time: who answers, how late, for how much.

    python benchmarks/fallback_day.py [--turns 4000] [--plot docs/fallback-day.png]

The product's own composer, responder, breakers, rate windows, pings, hedging and budget run against
scripted providers (`benchmarks/simulated_providers.py`). Two simpler ways to ask run on the same
day: the first provider alone, and one after another without a memory. Floor of a turn is the call
that answered it: "added" is what the customer waited beyond that.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from bot.money import Budget, cost_usd
from bot.planning import Lineup, Rules
from bot.providers.base import complete, find_providers
from bot.responder import Responder
from bot.turn_context import TurnContext
from core.errors import ProviderError
from core.settings import ProviderSettings

SEED = 7
DEADLINE_S = 45.0
BUDGET_USD = 1.0
OFFLINE = "offline"
NOBODY = "-"
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

    @property
    def shares(self) -> Counter[str]:
        return Counter(turn.provider for turn in self.turns)

    def percentiles(self, of: Callable[[Turn], float]) -> str:
        """The 50th, 90th and 99th, in seconds."""
        waits = sorted(of(turn) for turn in self.turns)
        found = [waits[int((len(waits) - 1) * share)] for share in (0.5, 0.9, 0.99)]
        return "p50 {:.2f} s, p90 {:.2f} s, p99 {:.2f} s".format(*found)

    @property
    def unanswered(self) -> int:
        return self.shares[NOBODY]

    @property
    def cost_usd(self) -> float:
        return sum(row.cost_usd or 0.0 for row in self.rows)

    @property
    def timeouts(self) -> int:
        return sum(row.outcome == "timeout" for row in self.rows)


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
        calls = [row for row in day.rows if row.turn_id == f"t{number}"]
        won = next((row for row in reversed(calls) if row.outcome == "answered"), None)
        call_s = won.duration_ms / 1000 if won and provider not in (OFFLINE, NOBODY) else 0.0
        day.turns.append(Turn(at_s, provider, loop.time() - at_s, call_s))

    await asyncio.gather(*(customer(number, at_s) for number, at_s in enumerate(times)))


async def with_responder(
    script: Mapping[str, Scripted], times: Sequence[float], hedge_after: Literal["auto", "off"]
) -> Day:
    """The product's own way."""
    day, world = Day(), World(script, Random(SEED))
    clock = VirtualClock(asyncio.get_running_loop())
    health = Health(clock, is_probing=True)
    everyone = members(list(script))
    budget = Budget(
        BUDGET_USD,
        clock,
        spent=lambda _since: day.cost_usd,
        day_start=lambda now: START + timedelta(days=(now - START).days),
    )
    responder = Responder(
        world.client,
        Lineup(everyone),
        health,
        clock,
        lambda row: _keep(day, row),
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
        asyncio.create_task(_every(300, lambda: pinger.ping_all(everyone))),
        asyncio.create_task(_every(2, lambda: pinger.probe_due(everyone))),
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


def _keep(day: Day, row: AttemptRow) -> None:
    """As the ledger does it: with the price."""
    usage = Usage(row.input_tokens, row.output_tokens, row.total_tokens)
    day.rows.append(
        replace(row, cost_usd=cost_usd(find_providers()[row.provider], row.model, usage))
    )


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
    answered = len(day.turns) - day.unanswered
    print(f"{name}")
    print(f"  answered           {answered} of {len(day.turns)} ({answered / len(day.turns):.2%})")
    shares = ", ".join(f"{who} {count}" for who, count in day.shares.most_common())
    print(f"  by                 {shares}")
    print(f"  whole turn         {day.percentiles(lambda turn: turn.took_s)}")
    print(f"  added latency      {day.percentiles(lambda turn: turn.added_s)}")
    print(f"  waited for in vain {day.timeouts} calls that ended at their limit")
    calls = sum(row.provider != OFFLINE for row in day.rows)
    print(f"  calls              {calls}, hedging {day.hedges} ({day.hedges / len(day.turns):.1%})")
    if day.cost_usd:
        print(f"  cost               {day.cost_usd:.2f} USD (budget {BUDGET_USD:g})")


def plot(day: Day, naive: Day, script: Mapping[str, Scripted], path: Path) -> None:
    """Share of each provider, its troubles, and what customers waited, over the day."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = [*script, OFFLINE]
    palette = pyplot.get_cmap("tab10").colors
    colors = {**dict(zip(script, palette, strict=True)), OFFLINE: "black"}
    figure, (who, bad, late) = pyplot.subplots(
        3, 1, figsize=(11, 9), sharex=True, height_ratios=(3, 2.4, 2), layout="constrained"
    )
    slots = [half / 2 for half in range(48)]
    counts = {name: [0] * 48 for name in names}
    for turn in day.turns:
        counts[turn.provider][int(turn.at_s / HOUR_S * 2) % 48] += 1
    bottom = [0] * 48
    for name in names:
        who.bar(slots, counts[name], 0.5, bottom, align="edge", color=colors[name], label=name)
        bottom = [low + more for low, more in zip(bottom, counts[name], strict=True)]
    who.set_ylabel("turns in half an hour")
    who.set_title("Who answers while ten providers fail by a script", loc="left")
    who.set_ylim(top=max(bottom) * 1.25)
    who.legend(ncols=6, fontsize=8, loc="upper left", frameon=False)
    for row, name in enumerate(reversed(list(script))):
        for trouble in script[name].troubles:
            span = trouble.end_h - trouble.start_h
            bad.barh(row, span, left=trouble.start_h, color=colors[name], alpha=trouble.share)
            if span > 1:
                bad.text(trouble.start_h + 0.1, row, trouble.kind, va="center", fontsize=7)
    bad.set_yticks(range(len(script)), reversed(list(script)), fontsize=8)
    bad.set_ylabel("their troubles")
    for label, each, style in (("responder", day, "-"), ("one after another", naive, "--")):
        late.plot([x + 0.25 for x in slots], _p99_by_slot(each), style, label=label)
    late.set_ylim(bottom=0)
    late.set_ylabel("whole turn, p99, seconds")
    late.set_xlabel("hour of the day")
    late.set_xlim(0, 24)
    late.set_xticks(range(0, 25, 2))
    late.legend(fontsize=8, frameon=False)
    for each in (who, bad, late):
        each.grid(axis="x", alpha=0.3)
        each.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)
    print(f"picture: {path}")


def _p99_by_slot(day: Day) -> list[float]:
    waits: list[list[float]] = [[] for _ in range(48)]
    for turn in day.turns:
        bisect.insort(waits[int(turn.at_s / HOUR_S * 2) % 48], turn.took_s)
    return [each[int(len(each) * 0.99)] if each else float("nan") for each in waits]


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
    report("responder, hedging auto", day)
    report("responder, hedging off", run(with_responder(a_bad_day(), times, "off")))
    naive = run(without_memory(a_bad_day(), times))
    report("one after another, nothing learned", naive)
    first = {"groq": a_bad_day()["groq"]}
    report("the first provider alone", run(without_memory(first, times)))
    print(f"24 hours in {time.perf_counter() - started:.0f} s")
    if given.plot:
        plot(day, naive, a_bad_day(), given.plot)


if __name__ == "__main__":
    main()
