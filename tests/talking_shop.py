"""A whole shop without an AI: products and facts go in, customers' messages, replies come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from bot import inbox
from bot.context import ContextReader, ShopDefaults
from bot.messages import InboundMessage
from bot.outbox import queue_parts
from bot.providers.offline import OfflineAnswer, answer
from bot.tables import Turn
from bot.talk import waiting_messages
from bot.turn_context import TurnContext
from catalog.importer import import_file
from catalog.search import CatalogSearch
from core.database import Database
from shop.facts import import_facts
from tests.fakes import FixedClock


class TalkingShop:
    """One shop with its catalog and facts."""

    def __init__(self, database: Database, clock: FixedClock, language: str = "es") -> None:
        self.database, self.clock = database, clock
        self.reader = ContextReader(
            CatalogSearch(),
            ShopDefaults(language=language),
            history_messages=20,
            now=clock.now,
        )
        self._talks = 0

    def sell(self, folder: Path, csv: str, currency: str) -> None:
        """Bring products in from the text of a file."""
        path = folder / "products.csv"
        path.write_text(csv, encoding="utf-8")
        report = import_file(self.database, path, now=self.clock.now(), default_currency=currency)
        assert not report.rejected

    def know(self, facts: dict[str, Any]) -> None:
        """The shop says this of itself."""
        self.database.write(lambda c: import_facts(c, facts, self.clock.now()))

    def talk(self) -> ShopTalk:
        """A customer who has not written before."""
        self._talks += 1
        return ShopTalk(self, f"whatsapp:+57300{self._talks}", self._talks)


@dataclass
class ShopTalk:
    """One customer's talk; `contexts` are what each reply rested on."""

    shop: TalkingShop
    address: str
    conversation_id: int
    contexts: list[TurnContext] = field(default_factory=list)
    language: str | None = None
    _seq: int = 0

    def say(self, *bodies: str) -> OfflineAnswer:
        """The reply to messages that arrive together."""
        done = self._seq
        for body in bodies:
            self._receive(body)
        context = self.shop.database.read(lambda c: self._read(c, done))
        self.contexts.append(context)
        self.language = context.language
        reply = answer(context)
        self.shop.database.write(lambda c: self._keep(c, reply))
        return reply

    def _read(self, connection: Connection, done: int) -> TurnContext:
        waiting = waiting_messages(connection, self.conversation_id, done)
        return self.shop.reader.read(
            connection, waiting, conversation_id=self.conversation_id, language=self.language
        )

    def _receive(self, body: str) -> None:
        self._seq += 1
        sid = f"{self.address}-{self._seq}"
        message = InboundMessage("whatsapp", sid, self.address, "whatsapp:+1415", body)
        now = self.shop.clock.now()
        accepted = self.shop.database.write(
            lambda c: inbox.accept(c, message, now=now, wait_s=0, max_wait_s=0)
        )
        self.conversation_id = accepted.conversation_id

    def _keep(self, connection: Connection, reply: OfflineAnswer) -> None:
        now = self.shop.clock.now()
        turn_id = f"{self.address}-t{self._seq}"
        queue_parts(
            connection,
            conversation_id=self.conversation_id,
            turn_id=turn_id,
            seq=self._seq,
            body=reply.text,
            parts=[],
            author="bot",
            now=now,
        )
        connection.execute(
            insert(Turn).values(
                id=turn_id,
                conversation_id=self.conversation_id,
                epoch=1,
                from_seq=self._seq,
                to_seq=self._seq,
                state="finished",
                kind="answer",
                prices=dict(reply.prices),
                started_at=now,
                saved_at=now,
            )
        )
