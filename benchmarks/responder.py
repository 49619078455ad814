"""What fallback costs: one question enters, the responder's time beside a bare client's leaves.

    python benchmarks/responder.py [--rounds 15] [--calls 150]

Floor: the same JSON posted by the same transport (httpx on aiohttp), the answer parsed, nothing
else. Every round asks floor, plain httpx and the responder in turns, so that a busy machine is
busy for all; medians are compared. The responder works as in a shop: breakers, rate windows,
metrics, log lines at INFO, ledger rows into SQLite. Goals are those of docs/fallback.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

import migrations
from bot.health import Health, Member
from bot.ledger import Ledger
from bot.messages import Prompt, PromptMessage
from bot.metrics import Metrics
from bot.planning import Lineup
from bot.providers.base import find_providers
from bot.providers.http import Transport, make_client
from bot.responder import Responder
from core.clock import SystemClock
from core.database import Base, Database, parse_url
from core.log import configure
from core.settings import ProviderSettings

ROOT = Path(__file__).resolve().parent.parent
CALLERS = 64
LIMIT_S = 1.0
PROMPT = Prompt(
    (
        PromptMessage("system", "Eres el vendedor de la tienda. " * 150),
        PromptMessage("user", "¿Tienen laptops?"),
    ),
    tokens=1200,
)
Ask = Callable[[], Awaitable[object]]


@contextlib.contextmanager
def upstream() -> Iterator[int]:
    """A quick stand-in in a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.upstream"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def transport() -> Transport:
    """What the product's client stands on."""
    return Transport(httpx.create_ssl_context(), trust_env=False)


@contextlib.contextmanager
def ledger(metrics: Metrics) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        url = parse_url(f"sqlite:///{Path(folder) / 'bench.db'}", ROOT)
        migrations.upgrade(url, Base.metadata)
        database = Database(url)
        opened = Ledger(database, metrics.observe)
        try:
            yield opened
        finally:
            opened.close()
            database.close()


class Contenders:
    """The ways to ask one upstream."""

    def __init__(self, client: httpx.AsyncClient, port: int, books: Ledger) -> None:
        self.client = client
        self.port = port
        self._books = books
        self._clock = SystemClock()
        self._body = {
            "messages": [{"role": m.role, "content": m.content} for m in PROMPT.messages],
            "model": "fake-model",
            "max_tokens": PROMPT.max_tokens,
            "temperature": PROMPT.temperature,
        }

    def url(self, kind: str) -> str:
        port = closed_port() if kind == "refuse" else self.port
        return f"http://127.0.0.1:{port}/{kind}/v1"

    def raw(self, client: httpx.AsyncClient, kind: str = "ok") -> Ask:
        url = f"{self.url(kind)}/chat/completions"
        headers = {"authorization": "Bearer sk-bench", "content-type": "application/json"}

        async def ask() -> object:
            content = json.dumps(self._body).encode()
            try:
                response = await client.post(url, content=content, headers=headers)
            except httpx.HTTPError:
                return None
            return json.loads(response.content)["choices"][0] if kind == "ok" else None

        return ask

    def responder(self, *kinds: str) -> Responder:
        """One provider for each kind of upstream, in order; no memory of earlier failures."""
        names = ("groq", "openai", "mistral")
        members = [
            Member(
                find_providers()[name],
                ProviderSettings("sk-bench", ("fake-model",), self.url(kind), LIMIT_S),
            )
            for name, kind in zip(names, kinds, strict=False)
        ]
        health = Health(self._clock)
        return Responder(self.client, Lineup(members), health, self._clock, self._books.record)

    def whole(self, *kinds: str) -> Ask:
        asked = self.responder(*(kinds or ("ok",)))
        return lambda: asked.respond(PROMPT, deadline_s=30)


async def timed_s(ask: Ask, calls: int) -> float:
    """Seconds a call takes, one after another."""
    started = time.perf_counter()
    for _ in range(calls):
        await ask()
    return (time.perf_counter() - started) / calls


async def rate(ask: Ask, calls: int) -> float:
    """Calls a second at CALLERS callers."""
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await ask()

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return calls / (time.perf_counter() - started)


def verdict(name: str, value: str, *, reached: bool, goal: str) -> None:
    print(f"  {name:<34}{value:<34}{'OK' if reached else 'MISSED'} (goal {goal})")


async def one_after_another(ways: dict[str, Ask], rounds: int, calls: int) -> None:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, ask in ways.items():
            found[name].append(await timed_s(ask, calls))
    floor = statistics.median(found["floor"])
    ratios = {n: [v / f for v, f in zip(t, found["floor"], strict=True)] for n, t in found.items()}
    for name in ways:
        micros = statistics.median(found[name]) * 1e6
        print(f"  {name:<34}{micros:>7.0f} us   x{statistics.median(ratios[name]):.3f}")
    ratio = statistics.median(ratios["responder"])
    verdict(
        "responder / floor",
        f"{ratio:.3f} ({floor * 1e6:.0f} us floor)",
        reached=ratio <= 1.08,
        goal="<= 1.08",
    )


async def many_callers(ways: dict[str, Ask], rounds: int, calls: int) -> None:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, ask in ways.items():
            found[name].append(await rate(ask, calls))
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    for name, per_s in medians.items():
        print(f"  {name:<34}{per_s:>7.0f} calls/s   x{per_s / medians['floor']:.2f}")
    goal = min(2500.0, 0.8 * medians["floor"])
    ours = medians["responder"]
    verdict(
        f"at {CALLERS} callers", f"{ours:.0f} calls/s", reached=ours >= goal, goal=f">= {goal:.0f}"
    )


async def failovers(made: Contenders, rounds: int) -> None:
    for kind in ("refuse", "500", "429", "reset"):
        extra = []
        for _ in range(rounds):
            first, second = made.raw(made.client, kind), made.raw(made.client)
            floor = await timed_s(first, 1) + await timed_s(second, 1)
            extra.append(await timed_s(made.whole(kind, "ok"), 1) - floor)
        ms = statistics.median(extra) * 1000
        verdict(
            f"failover after {kind}",
            f"{ms:+.2f} ms beyond two calls",
            reached=ms <= 3,
            goal="<= 3 ms",
        )


async def hang(made: Contenders) -> None:
    ask, floor = made.whole("hang", "ok"), await timed_s(made.raw(made.client), 20)
    first = await timed_s(ask, 1)
    later = await timed_s(ask, 20) - floor
    verdict(
        "after a hang",
        f"{first:.2f} s once, then {later * 1000:+.2f} ms",
        reached=first < LIMIT_S + 0.1 and later < 0.003,
        goal=f"its limit ({LIMIT_S:g} s) once",
    )


def import_s() -> None:
    """In fresh processes, the quickest of three: what the product's own code costs to load."""
    code = (
        "import time; t = time.perf_counter(); import bot.responder; "
        "from bot.providers.base import find_providers; find_providers(); "
        "print(time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", code]
    runs = [float(subprocess.check_output(command, cwd=ROOT, text=True)) for _ in range(3)]
    verdict("import", f"{min(runs):.2f} s", reached=min(runs) < 0.8, goal="< 0.8 s")


def resident_mb() -> None:
    """Of a process that has asked 5,000 times with 64 callers."""
    command = [sys.executable, __file__, "--child-memory"]
    found = float(subprocess.check_output(command, cwd=ROOT, text=True).splitlines()[-1])
    verdict("resident memory after load", f"{found:.0f} MB", reached=found < 110, goal="< 110 MB")


async def memory() -> None:
    with upstream() as port, ledger(Metrics()) as books:
        async with make_client() as client:
            await rate(Contenders(client, port, books).whole(), 5000)
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
        print(int(line.split()[1]) / 1024)
    else:  # no such file on Windows and macOS
        print("nan")


@contextlib.asynccontextmanager
async def further(port: int) -> AsyncIterator[dict[str, Ask]]:
    """Other libraries, when they are installed."""
    ways: dict[str, Ask] = {}
    url = f"http://127.0.0.1:{port}/ok/v1"
    said = [{"role": m.role, "content": m.content} for m in PROMPT.messages]
    if importlib.util.find_spec("openai"):
        from openai import AsyncOpenAI

        sdk = AsyncOpenAI(api_key="sk-bench", base_url=url)
        ways["openai SDK"] = lambda: sdk.chat.completions.create(model="fake-model", messages=said)
    if importlib.util.find_spec("litellm"):
        from litellm import Router

        given = {"model": "openai/fake-model", "api_base": url, "api_key": "sk-bench"}
        router = Router([{"model_name": "m", "litellm_params": given}])
        ways["litellm router"] = lambda: router.acompletion(model="m", messages=said)
    for name in {"openai SDK", "litellm router"} - ways.keys():
        print(f"  {name}: not installed, left out")
    yield ways


async def run(rounds: int, calls: int) -> None:
    with upstream() as port, ledger(Metrics()) as books:
        async with (
            make_client() as client,
            httpx.AsyncClient(transport=transport(), timeout=None) as bare,
            httpx.AsyncClient() as plain,
            further(port) as others,
        ):
            made = Contenders(client, port, books)
            ways = {
                "floor": made.raw(bare),
                "plain httpx": made.raw(plain),
                "responder": made.whole(),
                **others,
            }
            for ask in ways.values():
                await timed_s(ask, 20)
            print("one after another")
            await one_after_another(ways, rounds, calls)
            print(f"{CALLERS} callers")
            await many_callers(ways, 3, 2000)
            print("when the first provider fails")
            await failovers(made, rounds * 2)
            await hang(made)
    print("weight")
    import_s()
    resident_mb()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=150)
    parser.add_argument("--child-memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure(stream=nowhere)  # the lines are written as in a shop, and seen by nobody
        asyncio.run(memory() if options.child_memory else run(options.rounds, options.calls))


if __name__ == "__main__":
    main()
