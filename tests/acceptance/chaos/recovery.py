"""Kills, acknowledgements and answers enter; how long the shop was away after each kill leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Kill:
    """One kill -9, and the customers who were waiting for an answer then."""

    waiting: set[str]
    at: float = field(default_factory=time.monotonic)
    first_ack_s: float | None = None
    first_answer_s: float | None = None
    last_answer_s: float | None = None


class Recovery:
    """Told of everything as it happens."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        """Set with the first acknowledgement."""
        self.kills: list[Kill] = []
        self._open: list[Kill] = []
        self._waiting: set[str] = set()

    def killed(self) -> None:
        """A process, or the database server, was killed just now."""
        kill = Kill(set(self._waiting))
        self.kills.append(kill)
        self._open.append(kill)

    def acknowledged(self, customer: str) -> None:
        """A message of this customer got its 200."""
        self.begun.set()
        self._waiting.add(customer)
        for kill in self._open:
            if kill.first_ack_s is None:
                kill.first_ack_s = time.monotonic() - kill.at

    def answered(self, customer: str) -> None:
        """Twilio stored an answer to this customer."""
        self._waiting.discard(customer)
        for kill in self._open:
            if customer in kill.waiting:
                kill.waiting.discard(customer)
                kill.last_answer_s = time.monotonic() - kill.at
                kill.first_answer_s = kill.first_answer_s or kill.last_answer_s
        self._open = [kill for kill in self._open if kill.waiting or kill.first_ack_s is None]

    async def answering(self) -> None:
        """Return once somebody who waited at each kill has an answer: there is progress."""
        while any(kill.waiting and kill.first_answer_s is None for kill in self._open):
            await asyncio.sleep(0.1)

    def lines(self) -> list[str]:
        """What to print."""
        what = {
            "first message acknowledged": [kill.first_ack_s for kill in self.kills],
            "first of those waiting answered": [kill.first_answer_s for kill in self.kills],
            "last of those waiting answered": [kill.last_answer_s for kill in self.kills],
        }
        return [f"  {name}: {_percentiles(seconds)}" for name, seconds in what.items()]


def _percentiles(found: Sequence[float | None]) -> str:
    seconds = sorted(s for s in found if s is not None)
    if not seconds:
        return "never"
    p50, p99 = (seconds[min(len(seconds) - 1, int(len(seconds) * q))] for q in (0.5, 0.99))
    return f"p50 {p50:.2f} s, p99 {p99:.2f} s ({len(seconds)} kills)"
