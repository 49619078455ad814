"""A provider that fails in some way enters, the time until the next one has answered leaves.

    python benchmarks/failover.py [--rounds 30] [--limit-s 1]

The floor is one direct call of a provider that answers, in turns with the others. "extra" is what
the failing provider costs on top of it; with hang, drip and stall that is the limit set for it.
After a hang the breaker is open: the second call no longer asks the one that hangs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from bot.health import Health, Member
from bot.messages import Prompt, PromptMessage
from bot.planning import Lineup
from bot.providers.base import find_providers
from bot.providers.http import make_client
from bot.responder import Responder
from core.clock import SystemClock
from core.log import configure
from core.settings import ProviderSettings
from tests.fake_provider import FakeProvider

PROMPT = Prompt((PromptMessage("user", "¿Tienen laptops?"),))
QUICK = (
    "refuse",
    "reset",
    "500",
    "429",
    "401",
    "404",
    "html",
    "half_json",
    "empty",
    "error_in_200",
)
SLOW = ("hang", "drip", "stall")
SLOW_ROUNDS = 2
DEADLINE_S = 30.0


class Bench:
    """Asks a sound provider alone, or behind one that fails."""

    def __init__(
        self, client: httpx.AsyncClient, sound: FakeProvider, faulty: FakeProvider, limit_s: float
    ) -> None:
        self._client = client
        self._faulty = _member("groq", faulty, limit_s)
        self._sound = _member("openai", sound, DEADLINE_S)

    def responder(self, *, fails_first: bool) -> Responder:
        """One that has no memory of earlier failures."""
        clock = SystemClock()
        members = (self._faulty, self._sound) if fails_first else (self._sound,)
        return Responder(self._client, Lineup(members), Health(clock), clock, lambda row: None)

    async def floor_s(self) -> float:
        return await ask_s(self.responder(fails_first=False))

    async def failover_s(self) -> float:
        return await ask_s(self.responder(fails_first=True))


def _member(name: str, stand_in: FakeProvider, timeout_s: float) -> Member:
    settings = ProviderSettings("sk-bench", ("fake-model",), stand_in.base_url, timeout_s)
    return Member(find_providers()[name], settings)


async def ask_s(responder: Responder) -> float:
    """How long one answer takes."""
    started = time.perf_counter()
    completion = await responder.respond(PROMPT, deadline_s=DEADLINE_S)
    assert completion.provider == "openai"
    return time.perf_counter() - started


async def compare(bench: Bench, fault: str, rounds: int) -> None:
    """Floor and failover in turns; one line with their medians."""
    floors, failovers = [], []
    for _ in range(rounds):
        floors.append(await bench.floor_s())
        failovers.append(await bench.failover_s())
    floor, failover = statistics.median(floors) * 1000, statistics.median(failovers) * 1000
    print(
        f"  {fault:<13}{failover:>9.1f} ms   extra {failover - floor:>8.1f} ms   "
        f"ratio {failover / floor:>7.1f}"
    )


async def second_call(bench: Bench) -> None:
    """The call after one that hung, by the same responder."""
    responder = bench.responder(fails_first=True)
    await ask_s(responder)
    second, floor = await ask_s(responder) * 1000, await bench.floor_s() * 1000
    print(
        f"  {'after a hang':<13}{second:>9.1f} ms   extra {second - floor:>8.1f} ms   "
        f"ratio {second / floor:>7.1f}"
    )


async def run(rounds: int, limit_s: float) -> None:
    with FakeProvider() as sound, FakeProvider() as faulty:
        async with make_client() as client:
            bench = Bench(client, sound, faulty, limit_s)
            floors = [await bench.floor_s() for _ in range(rounds)]
            print(f"one direct call   {statistics.median(floors) * 1000:.1f} ms")
            print("answer of the next provider when the first one's fault is")
            for fault in (*QUICK, *SLOW):
                faulty.behave(fault)
                await compare(bench, fault, rounds if fault in QUICK else SLOW_ROUNDS)
            faulty.behave("hang")
            await second_call(bench)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--limit-s", type=float, default=1.0)
    options = parser.parse_args()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure(stream=nowhere)  # the lines are written as in a shop, and seen by nobody
        asyncio.run(run(options.rounds, options.limit_s))


if __name__ == "__main__":
    main()
