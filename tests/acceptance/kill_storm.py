"""Customers write while the shop is killed again and again; whether each was answered once leaves.

python -m tests.acceptance.kill_storm [--messages 100] [--customers 20] [--kills 12] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.acceptance import exactly_once
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop, copy_sources

AI_S = 0.2
TWILIO_S = 0.2
LONGEST_LIFE_S = 3.0
"""How long the shop lives at most, once it is ready, before the next kill."""
SETTLE_S = 300.0


@dataclass(frozen=True)
class Storm:
    """How much is written and how often the shop dies."""

    messages: int
    customers: int
    kills: int
    seed: int


class SlowTwilio(FakeTwilio):
    """Takes its time before and after it stores a message, so that kills fall there too."""

    async def _create(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(TWILIO_S * random.random())
        answer = await super()._create(request)
        await asyncio.sleep(TWILIO_S * random.random())
        return answer


def rage(storm: Storm, shop: Shop) -> list[dict[str, str]]:
    """Run one storm on a shop that is not started, and wait until all is answered.

    Returns:
        What Twilio accepted, in order.
    """
    dice = random.Random(storm.seed)
    with (
        FakeProvider(reply=exactly_once.ECHO, delay_s=AI_S) as groq,
        SlowTwilio() as twilio,
        ThreadPoolExecutor(storm.customers) as customers,
    ):
        shop.settings |= {
            "GROQ_API_KEY": "gsk_test",
            "GROQ_BASE_URL": groq.base_url,
            "GROQ_TIMEOUT": "40",
        }
        shop.connect_twilio(twilio.base_url)
        shop.start_ready()
        stormy = threading.Event()
        talks = [
            customers.submit(_write, shop, talk, random.Random(dice.random()), stormy)
            for talk in talks_of(storm, dice)
        ]
        for _ in range(storm.kills):
            time.sleep(dice.random() * LONGEST_LIFE_S)
            shop.kill()
            shop.start_ready()
        stormy.set()
        for talk in talks:
            talk.result()
        shop.wait_until_answered(SETTLE_S)
        return list(twilio.sent)


def talks_of(storm: Storm, dice: random.Random) -> list[list[dict[str, str]]]:
    """Each customer's messages in order: questions, which are answered at once, and fragments."""
    talks: list[list[dict[str, str]]] = [[] for _ in range(storm.customers)]
    for number in range(storm.messages):
        mark = "".join(dice.choices("bcdfghjkmnpqrtvwxz", k=6))
        words = f"¿Tienen laptops {mark}?" if dice.random() < 0.5 else f"una laptop {mark}"
        customer = number % storm.customers
        talks[customer].append(inbound_form(words, customer=f"whatsapp:+3460000{customer:04}"))
    return talks


def _write(
    shop: Shop, talk: list[dict[str, str]], dice: random.Random, is_over: threading.Event
) -> None:
    """One customer: a message, a pause, the next; without pauses once the storm is over."""
    for form in talk:
        is_over.wait(dice.random() * 5)
        shop.receive_surely(form)


def check(storm: Storm, shop: Shop, sent: list[dict[str, str]]) -> None:
    """Check that all was taken and answered exactly once.

    Raises:
        AssertionError: it was not.
    """
    stored = shop.rows("SELECT count(*) FROM message WHERE direction = 'inbound'")
    assert stored == [(storm.messages,)]
    exactly_once.check(shop.rows, sent)


def main() -> None:
    """Run one storm; the seed repeats what is written and when it kills, as far as time allows."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--customers", type=int, default=20)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    storm = Storm(**vars(parser.parse_args()))
    sys.stdout.write(f"{storm}\n")
    with (
        tempfile.TemporaryDirectory() as folder,
        Shop(
            copy_sources(Path(folder) / "clone"),
            Path(folder),
            {"DATABASE_URL": f"sqlite:///{folder}/shop.db"},
        ) as shop,
    ):
        sent = rage(storm, shop)
        check(storm, shop, sent)
        sys.stdout.write(f"{storm.messages} messages, each answered once, in {len(sent)} replies\n")


if __name__ == "__main__":
    main()
