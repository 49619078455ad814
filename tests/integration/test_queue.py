"""The queue stands in the database: how long it is, and how far the shop is behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection

from bot import inbox, queue
from bot.messages import InboundMessage
from bot.queue import Backlog
from core.database import Database
from tests.fakes import FixedClock


def receive(database: Database, clock: FixedClock, customer: str, wait_s: float = 0) -> None:
    message = InboundMessage("whatsapp", f"SM{customer}", customer, "whatsapp:+1415", "hola")
    database.write(lambda c: inbox.accept(c, message, now=clock.now(), wait_s=wait_s, max_wait_s=6))


def test_an_empty_queue_has_no_age(database: Database, clock: FixedClock) -> None:
    assert database.read(lambda c: queue.age(c, clock.now())) == Backlog(0, 0)


def test_the_age_is_that_of_the_longest_due(database: Database, clock: FixedClock) -> None:
    receive(database, clock, "whatsapp:+571")
    clock.advance(30)
    receive(database, clock, "whatsapp:+572")
    receive(database, clock, "whatsapp:+573", wait_s=1.5)
    assert database.read(lambda c: queue.age(c, clock.now())) == Backlog(2, 30)


def test_the_queue_is_read_from_its_index(sqlite_database: Database, clock: FixedClock) -> None:
    run: list[str] = []
    seen: list[tuple[str, Any]] = []

    def look(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", lambda *said: seen.append(said[2:4]))
        queue.due(connection, now=clock.now(), channels=["whatsapp"], limit=5)
        queue.age(connection, clock.now())
        for statement, values in list(seen):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            run.append(" ".join(row.detail for row in plan))

    sqlite_database.read(look)
    assert len(run) == 2
    assert all("ix_conversation_waiting" in plan for plan in run), run
