"""Signed messages at a steady rate enter, how soon each customer has the answer leaves.

    python benchmarks/end_to_end.py [--rate 400] [--seconds 60] [--ai-s 1]
    python benchmarks/end_to_end.py --database postgres --webs 2 --workers 2 --rate 200

The real shop as processes, real HTTP on this machine, an AI that waits, a Twilio that answers at
once. Each message is sent at its time however slow the earlier ones are (open loop), and how late
the load itself was is said. Exit code 1 when anything was lost, doubled or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import itertools
import json
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from benchmarks.answered import Answers
from benchmarks.light_http import Caller
from benchmarks.load_report import report
from benchmarks.shop_under_load import Running, cpu_s, running
from benchmarks.written import Written, write_messages
from tests.processes import free_port

WARM_UP_PER_S = 20
SETTLE_S = 2.0
"""To be idle, to warm up, and to wait for second replies; less before and after a short run."""
SAMPLES = 360
STILL_S = 30.0
"""So long may nothing come before the wait for answers is given up."""
TWILIO_WAITS_S = 15.0


class Load:
    """Messages on their way: when each was due, written and acknowledged, and how."""

    def __init__(self, messages: list[Written], per_s: float, ports: list[int]) -> None:
        self.messages, self.per_s = messages, per_s
        self.callers = [Caller(port) for port in ports]
        count = len(messages)
        self.due, self.written, self.acked = (array("d", bytes(8 * count)) for _ in range(3))
        self.status = array("i", [-1] * count)
        self.taken = 0

    async def run(self) -> None:
        """Write every message at its time; returns when none is waited for any more."""
        start = time.perf_counter() + 0.2
        callers = itertools.cycle(self.callers)
        for number, message in enumerate(self.messages):
            self.due[number] = start + number / self.per_s
            while (early := self.due[number] - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            if number % 20 == 19:
                await asyncio.sleep(0)  # also while it is late, answers are read
            self.written[number] = time.perf_counter()
            next(callers).post(message.request, lambda status, n=number: self._done(n, status))
        while -1 in self.status and time.perf_counter() - self.due[-1] < TWILIO_WAITS_S:
            await asyncio.sleep(0.05)

    def _done(self, number: int, status: int) -> None:
        self.acked[number] = time.perf_counter()
        if self.acked[number] - self.written[number] > TWILIO_WAITS_S:
            return  # Twilio has given up by then
        self.status[number] = status
        self.taken += status == 200


class StandIns:
    """The AI and Twilio in a process of their own; a context manager."""

    def __init__(self, ai_s: float, webs: list[int], callbacks: bool) -> None:
        words = json.dumps({"ai_s": ai_s, "webs": webs, "callbacks": callbacks})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.light_stand_ins", words],
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.ports: dict[str, int] = json.loads(self._process.stdout.readline())
        self.process = psutil.Process(self._process.pid)

    def __enter__(self) -> StandIns:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    async def ask(self, path: str) -> Any:
        """Its record: "/state" or "/taken"."""
        return await asyncio.to_thread(self._get, path)

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["twilio"], timeout=60)
        connection.request("GET", path)
        found = json.loads(connection.getresponse().read())
        connection.close()
        return found


async def watch(shop: Running, stand_ins: StandIns, load: Load, every_s: float) -> None:
    """Look at the shop's processes again and again until cancelled."""
    before = (await stand_ins.ask("/state"))["told"]
    while True:
        told = (await stand_ins.ask("/state"))["told"] - before
        shop.sample(load.taken - told)
        await asyncio.sleep(every_s)


async def drain(stand_ins: StandIns, load: Load, before: int) -> None:
    """Wait until every message was answered, or nothing comes any more."""
    told, since = -1, time.perf_counter()
    while time.perf_counter() - since < STILL_S:
        now = (await stand_ins.ask("/state"))["told"] - before
        if now >= load.taken:
            break
        if now != told:
            told, since = now, time.perf_counter()
        await asyncio.sleep(0.2)


async def drive(shop: Running, stand_ins: StandIns, options: argparse.Namespace) -> bool:
    """Warm up, load, wait, report; whether nothing was lost, doubled or out of order."""
    ports = [web.port for web in shop.webs]
    settle_s = min(SETTLE_S, options.seconds / 2)
    await asyncio.sleep(settle_s)
    idle = shop.sample()
    warm_up = write_messages(int(settle_s * WARM_UP_PER_S), WARM_UP_PER_S, 0, first=10**8)
    warm = Load(warm_up, WARM_UP_PER_S, ports)
    await warm.run()
    await drain(stand_ins, warm, 0)
    await asyncio.sleep(settle_s / 2)  # its status callbacks come meanwhile
    count = int(options.rate * options.seconds)
    load = Load(write_messages(count, options.rate, options.ai_s), options.rate, ports)
    gc.freeze()  # as in the stand-ins: pauses of our own would be taken for the shop's
    gc.disable()
    before = await stand_ins.ask("/state")
    sent = shop.sent_by()
    shop.samples.clear()
    parts = {"shop": shop.cpu_s, "database": shop.server_cpu_s}
    parts["load"] = lambda: cpu_s(psutil.Process())
    parts["stand-ins"] = lambda: cpu_s(stand_ins.process)
    used = {name: -read() for name, read in parts.items()}
    watching = asyncio.create_task(
        watch(shop, stand_ins, load, max(0.5, options.seconds / SAMPLES))
    )
    await load.run()
    await drain(stand_ins, load, before["told"])
    await asyncio.sleep(settle_s)
    watching.cancel()
    used = {name: used[name] + read() for name, read in parts.items()}
    after = await stand_ins.ask("/state")
    answers = Answers.read(load, await stand_ins.ask("/taken"))
    shares = [now - earlier for now, earlier in zip(shop.sent_by(), sent, strict=True)]
    return report(options, load, answers, shop, idle, used, before, after, shares)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=400.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--ai-s", type=float, default=1.0, help="how long the AI waits")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--webs", type=int, default=2, help="with postgres")
    parser.add_argument("--workers", type=int, default=2, help="with postgres")
    parser.add_argument(
        "--callbacks", action="store_true", help="Twilio reports queued, sent and delivered"
    )
    options = parser.parse_args()
    webs = 1 if options.database == "sqlite" else options.webs
    ports = [free_port() for _ in range(webs)]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        StandIns(options.ai_s, ports, options.callbacks) as stand_ins,
        running(
            Path(folder),
            stand_ins.ports,
            database=options.database,
            web_ports=ports,
            workers=options.workers,
        ) as shop,
    ):
        return 0 if asyncio.run(drive(shop, stand_ins, options)) else 1


if __name__ == "__main__":
    sys.exit(main())
