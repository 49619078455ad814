"""Signed messages enter, requests leave at a pace; how long each took comes back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from tests.fake_twilio import inbound_form, sign

INBOUND = "/webhooks/twilio/inbound"


@dataclass
class Acks:
    """What came of some requests.

    Attributes:
        seconds: what each took.
        refused: statuses that were not 200; 0 where the connection broke.
        elapsed_s: the whole time.
        cpu_s: processor time of the server meanwhile, where somebody measured it.
    """

    seconds: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    elapsed_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def per_s(self) -> float:
        return len(self.seconds) / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        return percentile(self.seconds, share) * 1000


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share (0..1) lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Request:
    """One signed form, ready to be posted."""

    body: bytes
    headers: dict[str, str]


def signed(form: dict[str, str], public_url: str) -> Request:
    """The request Twilio would make for a form."""
    return Request(
        urlencode(form).encode(),
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(public_url + INBOUND, form),
        },
    )


def messages(public_url: str, count: int, customers: int) -> list[Request]:
    """Questions of so many customers in turn, each with a MessageSid of its own."""
    return [
        signed(
            inbound_form("¿Tienen laptops?", customer=f"whatsapp:+34{number % customers:09}"),
            public_url,
        )
        for number in range(count)
    ]


async def saturated(url: str, requests: list[Request], connections: int, longest_s: float) -> Acks:
    """Post one request after the other on so many kept connections; stops when either ends."""
    acks, pending = Acks(), iter(requests)
    started = time.perf_counter()
    async with _session(connections) as session:

        async def customer() -> None:
            for request in _until(pending, started + longest_s):
                await _post(session, url, request, acks)

        await asyncio.gather(*(customer() for _ in range(connections)))
    acks.elapsed_s = time.perf_counter() - started
    return acks


def _until(pending: Iterator[Request], deadline: float) -> Iterator[Request]:
    while time.perf_counter() < deadline and (request := next(pending, None)) is not None:
        yield request


async def paced(url: str, requests: list[Request], per_s: float) -> Acks:
    """Post each request at its time, however long the earlier ones take (open loop)."""
    acks = Acks()
    started = time.perf_counter()
    async with _session(0) as session, asyncio.TaskGroup() as tasks:
        for number, request in enumerate(requests):
            await asyncio.sleep(max(0.0, started + number / per_s - time.perf_counter()))
            tasks.create_task(_post(session, url, request, acks))
    acks.elapsed_s = time.perf_counter() - started
    return acks


def _session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections))


async def _post(session: aiohttp.ClientSession, url: str, request: Request, acks: Acks) -> None:
    started = time.perf_counter()
    status = 0
    with contextlib.suppress(aiohttp.ClientError):
        async with session.post(url, data=request.body, headers=request.headers) as answer:
            await answer.read()
            status = answer.status
    acks.seconds.append(time.perf_counter() - started)
    if status != 200:
        acks.refused.append(status)
