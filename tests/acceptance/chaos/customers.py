"""Customers write numbered messages by real HTTP, each again until it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable

import aiohttp

from tests.acceptance.chaos.stage import Member
from tests.fake_twilio import inbound_form, sign

PUBLIC = "http://shop.test"
"""What the shop is told it is called by; who takes a request differs each time."""
TWILIO_WAITS_S = 15.0
PATIENCE_S = 8.0
"""So long at most a customer waits for an answer before writing on."""
LETTERS = "bcdfghjkmnpqrtvwxz"


class Door:
    """The shop's webhooks as Twilio calls them: any of its web processes, as a balancer would."""

    def __init__(self, members: list[Member], dice: random.Random) -> None:
        self._webs = [member for member in members if member.takes_messages]
        self._dice = dice

    async def __aenter__(self) -> Door:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(TWILIO_WAITS_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def post(self, url: str, form: dict[str, str]) -> int:
        """The HTTP status of one signed call; 0 when nobody answered."""
        port = self._dice.choice(self._webs).port
        real = url.replace(PUBLIC, f"http://127.0.0.1:{port}")
        headers = {"X-Twilio-Signature": sign(url, form)}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._http.post(real, data=form, headers=headers) as answer:
                await answer.read()
                return answer.status
        return 0

    async def post_surely(self, url: str, form: dict[str, str]) -> None:
        """Again and again, until it was taken."""
        while await self.post(url, form) != 200:
            await asyncio.sleep(0.1 + 0.2 * self._dice.random())


class Pace:
    """Lets messages be written as the faults need them: neither long before them nor long after."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._allowed = 0
        self._is_over = False
        self.begun = 0

    async def allow(self, messages: int) -> None:
        """From now on so many, all in all."""
        async with self._changed:
            self._allowed = max(messages, self._allowed)
            self._changed.notify_all()

    async def allow_more(self, messages: int) -> None:
        """So many beyond what was written."""
        await self.allow(self.begun + messages)

    async def reach(self, messages: int) -> None:
        """Return once so many were begun."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.begun >= messages)

    async def finish(self) -> None:
        """Nothing beyond what was allowed."""
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def next(self) -> bool:
        """Wait until one more may be written; False when there is none."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.begun < self._allowed or self._is_over)
            if self.begun >= self._allowed:
                return False
            self.begun += 1
            self._changed.notify_all()
            return True


class Customers:
    """All who write.

    Args:
        on_ack: told when a message of this customer was acknowledged.
        thinks_s: most seconds a customer thinks before writing on.
    """

    def __init__(
        self,
        door: Door,
        pace: Pace,
        dice: random.Random,
        on_ack: Callable[[str], None],
        *,
        thinks_s: float,
    ) -> None:
        self._door = door
        self._pace = pace
        self._dice = dice
        self._on_ack = on_ack
        self._thinks_s = thinks_s
        self._answered: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.written: dict[str, list[str]] = defaultdict(list)
        """What each wrote and was acknowledged, in order."""
        self.repeated = 0

    def answered(self, customer: str) -> None:
        """Something reached this customer."""
        self._answered[customer].set()

    async def write(self, number: int) -> None:
        """One customer's whole talk."""
        customer = f"whatsapp:+346{number:08}"
        while True:
            await asyncio.sleep(self._thinks_s * self._dice.random())
            self._answered[customer].clear()
            for _ in range(self._dice.choice((1, 1, 1, 2, 3))):
                if not await self._pace.next():
                    return
                await self._write_one(customer)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered[customer].wait(), PATIENCE_S)

    async def burst(self, customers: int) -> None:
        """So many who are seldom heard of write at once."""
        everybody = (f"whatsapp:+347{number:08}" for number in range(customers))
        await asyncio.gather(*(self._write_one(customer) for customer in everybody))

    async def _write_one(self, customer: str) -> None:
        body = self._words(len(self.written[customer]))
        form = inbound_form(body, customer=customer)
        await self._door.post_surely(f"{PUBLIC}/webhooks/twilio/inbound", form)
        self.written[customer].append(body)
        self._on_ack(customer)
        if self._dice.random() < 0.03:  # the acknowledgement was lost on its way to Twilio
            self.repeated += 1
            await self._door.post_surely(f"{PUBLIC}/webhooks/twilio/inbound", form)

    def _words(self, number: int) -> str:
        """A question, which is answered at once, or a fragment; numbered in letters."""
        mark = "".join(LETTERS[number // 18**place % 18] for place in (2, 1, 0))
        mark += "".join(self._dice.choices(LETTERS, k=4))
        kind = self._dice.random()
        if kind < 0.1:
            return f"¿Tienen laptops {mark}? Con todo detalle"
        return f"¿Tienen laptops {mark}?" if kind < 0.6 else f"una laptop {mark}"
