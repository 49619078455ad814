"""Signed messages enter, acknowledgements a second leave, beside a bare Flask handler's.

    python benchmarks/webhook_ack.py [--rounds 3] [--seconds 4] [--rate 300] [--worker]

The floor is a Flask handler that answers the same constant and looks at nothing, on the same server
(waitress, 16 threads) in the same process, in turns with the real one. The ratio is how much of the
floor's rate is left once the signature is checked, the form parsed and the message durably stored.
With --worker the worker of the embedded mode runs beside, and answers what is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask

import app
from app.serving import worker_thread
from benchmarks.end_to_end import StandIns
from benchmarks.load import INBOUND, Acks, messages, paced, saturated
from bot.wakeups import Wake
from core.log import configure as configure_log
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.processes import UNREACHABLE
from web.server import listen, make_server

CONNECTIONS = 64
CUSTOMERS = 1000
MOST_PER_S = 4000
REST_S = 1.0
PUBLIC_URL = "https://shop.example"


def make_floor() -> Flask:
    """The least a webhook can be."""
    web = Flask("floor", static_folder=None)
    web.add_url_rule(INBOUND, view_func=lambda: "<Response/>", methods=["POST"])
    return web


@contextmanager
def serving(web: Any) -> Iterator[str]:
    """Serve an application in a thread; answers its webhook's address."""
    listener = listen("127.0.0.1", 0)
    server = make_server(web, listener)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}{INBOUND}"
    server.close()


def saturate(url: str, seconds: float) -> Acks:
    """In the load's own process: as much as is taken."""
    requests = messages(PUBLIC_URL, int(MOST_PER_S * seconds), CUSTOMERS)
    return asyncio.run(saturated(url, requests, CONNECTIONS, seconds))


def pace(url: str, seconds: float, rate: float) -> Acks:
    """In the load's own process: so many a second."""
    return asyncio.run(paced(url, messages(PUBLIC_URL, int(rate * seconds), CUSTOMERS), rate))


def in_turns(
    urls: dict[str, str], rounds: int, run: Callable[[str], Acks]
) -> dict[str, list[Acks]]:
    """Each handler's rounds, one after the other's."""
    results: dict[str, list[Acks]] = {name: [] for name in urls}
    for _ in range(rounds):
        for name, url in urls.items():
            used_s = time.process_time()
            acks = run(url)
            acks.cpu_s = time.process_time() - used_s
            results[name].append(acks)
            time.sleep(REST_S)  # whatever the worker has still to do is not the next one's
    return results


def report(title: str, results: dict[str, list[Acks]]) -> None:
    """One line a handler, the median of its rounds; then the ratios."""
    print(title)
    figures = {}
    for name, rounds in results.items():
        refused = sum(len(acks.refused) for acks in rounds)
        figures[name] = [
            statistics.median(acks.per_s for acks in rounds),
            statistics.median(acks.percentile_ms(0.5) for acks in rounds),
            statistics.median(acks.percentile_ms(0.99) for acks in rounds),
            statistics.median(acks.cpu_s / len(acks.seconds) * 1e6 for acks in rounds),
        ]
        per_s, p50, p99, cpu_us = figures[name]
        print(
            f"  {name:<6}{per_s:>8.0f}/s   p50 {p50:>7.1f} ms   p99 {p99:>7.1f} ms"
            f"   CPU {cpu_us:>5.0f} us   not 200: {refused}"
        )
    shop, floor = figures["shop"], figures["floor"]
    print(
        f"  ratio: shop/floor acknowledgements {shop[0] / floor[0]:.2f}, "
        f"p50 {shop[1] / floor[1]:.2f}, p99 {shop[2] / floor[2]:.2f}, CPU {shop[3] / floor[3]:.2f}"
    )


def configure(folder: str, twilio: str = UNREACHABLE, ai: str = UNREACHABLE) -> None:
    """The settings of a shop that takes messages and logs as any other, to a file."""
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder}/shop.db",
        "PUBLIC_BASE_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_BASE_URL": twilio,
        "TWILIO_MAX_SENDS_PER_S": "0",
        "COALESCE_WAIT_S": "0",
        "GROQ_API_KEY": "gsk_test",
        "GROQ_BASE_URL": f"{ai}/openai/v1",
        "GROQ_MODEL": "fake-model",
    }


@contextmanager
def waking(house: app.House, is_wanted: bool) -> Iterator[Wake]:
    """The worker beside the web server, or nobody."""
    if not is_wanted:
        yield lambda *_: None
        return
    thread = worker_thread(house, app.make_bridge(house), app.DEFAULT_CONCURRENCY, None)
    thread.start()
    yield thread.wake
    thread.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--worker", action="store_true", help="with the worker beside")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        stand_ins = stack.enter_context(StandIns(1.0, [], callbacks=False))
        ports = {name: f"http://127.0.0.1:{port}" for name, port in stand_ins.ports.items()}
        configure(folder, **ports)
        log = stack.enter_context((Path(folder) / "log").open("w", encoding="utf-8"))
        house = stack.enter_context(closing(app.open_house()))
        configure_log(stream=log)
        wake = stack.enter_context(waking(house, options.worker))
        web = app.make_web(house, wake, app.make_bridge(house))
        urls = {"floor": stack.enter_context(serving(make_floor()))}
        urls["shop"] = stack.enter_context(serving(web))
        load = stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
        seconds, rate = options.seconds, options.rate
        for url in urls.values():  # what is read only once is read now
            load.submit(pace, url, 1.0, 20.0).result()
        report(
            f"saturated, {CONNECTIONS} connections",
            in_turns(urls, options.rounds, lambda u: load.submit(saturate, u, seconds).result()),
        )
        report(
            f"{rate:g} a second",
            in_turns(urls, options.rounds, lambda u: load.submit(pace, u, seconds, rate).result()),
        )


if __name__ == "__main__":
    main()
