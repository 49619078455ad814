"""A worker over a real database, with stand-ins for the AI and the channel."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from bot import inbox, receipts
from bot.delivery import Deliverer, SendRate
from bot.messages import InboundMessage, StatusUpdate
from bot.tables import Contact, Conversation
from bot.turn import TurnRunner
from bot.worker import Worker
from core.database import Database
from tests.fakes import FakeAnswerer, FakeChannel, FixedClock


class Shop:
    """A worker over a real database, with a stand-in for the AI and the channel."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.channel, self.answerer = FakeChannel(), FakeAnswerer()
        self.sends_per_s = 0.0
        self.count = 0
        self.told: list[int] = []
        """The conversations the worker told all workers of."""

    def receive(
        self, body: str = "hola", wait_s: float = 0, customer: str = "whatsapp:+57300"
    ) -> None:
        self.count += 1
        message = InboundMessage("whatsapp", f"SM{self.count}", customer, "whatsapp:+1415", body)
        self.database.write(
            lambda c: inbox.accept(c, message, now=self.clock.now(), wait_s=wait_s, max_wait_s=6)
        )

    async def work(self) -> None:
        """One worker does everything that is due now, then stops."""
        channels = {"whatsapp": self.channel}
        rate = SendRate(self.clock, self.sends_per_s)
        turns = TurnRunner(
            self.database,
            self.clock,
            self.answerer,
            channels,
            deadline_s=45,
            coalesce_max_s=6,
            takes_slot=rate.take,
        )
        deliverer = Deliverer(self.database, self.clock, channels, rate)
        self.worker = Worker(
            "w1",
            self.database,
            self.clock,
            turns,
            deliverer,
            channels=channels,
            poll_s=0.01,
            tell=lambda conversation_id, *_: self.told.append(conversation_id),
        )
        running = asyncio.create_task(self.worker.run())
        while self.is_due():
            await asyncio.sleep(0.01)
        self.worker.stop()
        await running

    def is_due(self) -> bool:
        """One look, so that work does not slip from waiting to held between two."""
        waiting = (Conversation.tail > Conversation.done) & (
            Conversation.due_at <= self.clock.now()
        )
        busy = waiting | Conversation.lease_owner.is_not(None)
        return bool(self.scalar(select(func.count()).where(busy)))

    def tell(self, status: str, *, sid: str = "SMout1", **fields: Any) -> None:
        """A status callback of the channel."""
        said = StatusUpdate(sid, status, **fields)
        self.database.write(lambda c: receipts.record_status(c, said, self.clock.now()))

    def scalar(self, query: Any) -> Any:
        return self.database.read(lambda c: c.execute(query).scalar())

    @property
    def sent(self) -> list[str]:
        return [part.body for part in self.channel.sent]

    @property
    def unanswered(self) -> int:
        return self.scalar(select(Conversation.tail - Conversation.done))


def somebody_waits(connection: Connection, at: datetime) -> None:
    """A customer's turn is due since then."""
    connection.execute(insert(Contact).values(id=1, created_at=at))
    connection.execute(
        insert(Conversation).values(
            contact_id=1,
            channel="whatsapp",
            customer_address="whatsapp:+34600000001",
            shop_address="",
            tail=1,
            due_at=at,
            created_at=at,
        )
    )
