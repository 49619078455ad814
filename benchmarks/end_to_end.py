"""Signed messages at a steady rate enter, how soon each customer has the answer leaves.

    python benchmarks/end_to_end.py [--rate 40] [--seconds 20] [--ai-s 1]

The whole shop in one process (`cli.py serve`, SQLite, sample catalog left out), each message from a
customer of its own, an AI that waits, a Twilio that answers at once. The floor is the AI's own
second: a ratio of 1.1 means that everything else takes a tenth of what the AI takes.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import INBOUND, Acks, Request, paced, percentile, signed
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop, copy_sources

WARM_UP = 20
LONGEST_S = 60.0
PRODUCTS = 500


@dataclass
class WatchedTwilio(FakeTwilio):
    """Notes when each customer's replies came."""

    came: dict[str, list[float]] = field(default_factory=dict)

    def _store(self, fields: dict[str, str], behaviour: str) -> dict[str, Any]:
        self.came.setdefault(fields["To"], []).append(time.perf_counter())
        return super()._store(fields, behaviour)


@dataclass
class Load:
    """One run's messages, and when each customer wrote."""

    requests: list[Request]
    customers: list[str]

    @classmethod
    def make(cls, public_url: str, count: int, first: int) -> Load:
        customers = [f"whatsapp:+34{first + number:09}" for number in range(count)]
        forms = [inbound_form("¿Tienen laptops para la casa?", customer=c) for c in customers]
        return cls([signed(form, public_url) for form in forms], customers)


def write_catalog(path: Path) -> None:
    """Enough products for the search to have something to do."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("sku", "nombre", "precio", "moneda", "stock", "categoria"))
        kinds = ("Laptop", "Mouse", "Teclado", "Monitor", "Impresora")
        for number in range(PRODUCTS):
            kind = kinds[number % len(kinds)]
            rows.writerow((f"P-{number}", f"{kind} modelo {number}", 1000 + number, "COP", 5, kind))


def prepare(folder: Path, provider: FakeProvider, twilio: FakeTwilio) -> Shop:
    """A stocked shop that waits for nothing but the AI."""
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
        "GROQ_API_KEY": "gsk_test",
        "GROQ_BASE_URL": provider.base_url,
        "GROQ_MODEL": "fake-model",
        "GROQ_TIMEOUT": "30",
        "COALESCE_WAIT_S": "0",
        "TWILIO_MAX_SENDS_PER_S": "0",
    }
    shop = Shop(copy_sources(folder / "clone"), folder, settings)
    shop.connect_twilio(twilio.base_url)
    write_catalog(folder / "catalog.csv")
    assert shop.command("catalog", "import", str(folder / "catalog.csv")).returncode == 0
    return shop


async def drive(shop: Shop, twilio: WatchedTwilio, load: Load, per_s: float) -> tuple[Acks, float]:
    """Write, then wait for the replies; the acknowledgements, and when the first was written."""
    started = time.perf_counter()
    acks = await paced(shop.url + INBOUND, load.requests, per_s)
    deadline = time.perf_counter() + LONGEST_S
    while any(c not in twilio.came for c in load.customers) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)  # a second reply to anybody would come now
    return acks, started


def report(acks: Acks, started: float, twilio: WatchedTwilio, load: Load, options: Any) -> None:
    came = [twilio.came.get(customer, []) for customer in load.customers]
    written = [started + number / options.rate for number in range(len(load.customers))]
    waits = [times[0] - at for times, at in zip(came, written, strict=True) if times]
    last = max((times[-1] for times in came if times), default=started)
    counts = Counter(len(times) for times in came)
    more_ms = [percentile(waits, share) * 1000 - options.ai_s * 1000 for share in (0.5, 0.99)]
    print(f"{len(load.customers)} messages at {options.rate:g}/s, AI {options.ai_s:g} s")
    print(f"  answered          {len(waits) / (last - started):.0f}/s until the last reply")
    print(
        f"  acknowledged      p50 {acks.percentile_ms(0.5):.1f} ms, "
        f"p99 {acks.percentile_ms(0.99):.1f} ms, not 200: {len(acks.refused)}"
    )
    print(f"  answer, beyond the AI's own time: p50 {more_ms[0]:.0f} ms, p99 {more_ms[1]:.0f} ms")
    print(
        f"  ratio: answer / AI  p50 {percentile(waits, 0.5) / options.ai_s:.2f}, "
        f"p99 {percentile(waits, 0.99) / options.ai_s:.2f}"
    )
    print(f"  lost {counts[0]}, doubled {sum(n for times, n in counts.items() if times > 1)}")


def cpu_s(pid: int) -> float:
    """Processor time a process has used, where the system tells (Linux), else 0."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> str:
    """The most memory a process held, where the system tells (Linux)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return "unknown here"
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return f"{int(line.split()[1]) // 1024} MB"


async def run(folder: Path, options: argparse.Namespace) -> None:
    twilio = WatchedTwilio()
    await twilio.start()
    provider = FakeProvider(delay_s=options.ai_s)
    serving = asyncio.create_task(provider.serve())
    while not provider.port:
        await asyncio.sleep(0.01)
    with await asyncio.to_thread(prepare, folder, provider, twilio) as shop:
        await asyncio.to_thread(shop.start_ready)
        await drive(shop, twilio, Load.make(shop.url, WARM_UP, first=10**8), per_s=WARM_UP)
        load = Load.make(shop.url, int(options.rate * options.seconds), first=0)
        assert shop.process is not None
        used_s = cpu_s(shop.process.pid)
        acks, started = await drive(shop, twilio, load, options.rate)
        used_s = cpu_s(shop.process.pid) - used_s
        report(acks, started, twilio, load, options)
        print(
            f"  the shop took     {used_s / len(load.customers) * 1000:.1f} ms CPU a message, "
            f"{memory_mb(shop.process.pid)}"
        )
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await twilio.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--ai-s", type=float, default=1.0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        asyncio.run(run(Path(folder), parser.parse_args()))


if __name__ == "__main__":
    main()
