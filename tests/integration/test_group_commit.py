"""The writer of SQLite survives its disk and its connection, and bounds its queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from bot.tables import AuditEntry
from core import group_commit
from core.database import Database
from core.errors import DatabaseUnavailable
from tests.processes import wait_until

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
A_PAGE_AND_MORE = "x" * 20_000


def add(connection: Connection, words: str = "") -> None:
    values = {"at": NOW, "actor": "ana", "action": "x", "detail": {"words": words}}
    connection.execute(insert(AuditEntry).values(values))


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(AuditEntry)).scalar_one()


def limit_pages(database: Database, pages: int) -> None:
    """As a disk with room for so many pages of the database, and no more."""
    database.write(lambda c: c.execute(text(f"PRAGMA max_page_count={pages}")).all())


@contextmanager
def busy(database: Database) -> Iterator[None]:
    """The writer is held up by one unit of work until the block ends."""
    begun, go_on = threading.Event(), threading.Event()

    def work(_connection: Connection) -> None:
        begun.set()
        go_on.wait(10)

    database.post(work)
    begun.wait(10)
    try:
        yield
    finally:
        go_on.set()


def test_a_full_disk_refuses_units_and_goes_on_when_there_is_room(
    sqlite_database: Database,
) -> None:
    limit_pages(sqlite_database, 1)  # SQLite takes this for "as large as it is, and no larger"
    with pytest.raises(DatabaseUnavailable, match="full"):
        sqlite_database.write(lambda c: add(c, A_PAGE_AND_MORE))
    assert sqlite_database.read(count) == 0

    limit_pages(sqlite_database, 100_000)
    sqlite_database.write(lambda c: add(c, A_PAGE_AND_MORE))
    assert sqlite_database.read(count) == 1


def test_a_connection_that_broke_is_replaced(sqlite_database: Database) -> None:
    def breaks(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("ROLLBACK")  # as SQLite itself does on an I/O error
        raw.close()
        add(connection)

    with pytest.raises(DatabaseUnavailable):
        sqlite_database.write(breaks)
    sqlite_database.write(add)
    assert sqlite_database.read(count) == 1


def test_nothing_of_a_batch_stands_when_its_commit_fails(sqlite_database: Database) -> None:
    def spoils(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("ROLLBACK")
        raise OSError("disk I/O error")

    async def run() -> list[Any]:
        with busy(sqlite_database):  # so that all three stand in one batch
            units = [
                asyncio.ensure_future(sqlite_database.write_async(work))
                for work in (add, spoils, add)
            ]
            await asyncio.sleep(0)
        return await asyncio.gather(*units, return_exceptions=True)

    assert [type(each) for each in asyncio.run(run())] == [DatabaseUnavailable] * 3
    assert sqlite_database.read(count) == 0


def test_who_is_waited_for_goes_first_and_the_others_keep_their_order(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MAX_UNITS_PER_COMMIT", 2)
    done: list[str] = []
    writer = sqlite_database._writer
    with ThreadPoolExecutor(1) as web, busy(sqlite_database):
        for name in "abc":
            sqlite_database.post(lambda _c, name=name: done.append(name))
        web.submit(sqlite_database.write, lambda _c: done.append("web"), is_patient=False)
        wait_until(lambda: writer and writer._refusable, "it waits")
    sqlite_database.flush()
    assert done == ["web", "a", "b", "c"]


def test_a_web_request_does_not_wait_for_ever_and_its_unit_is_dropped(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "STALLED_S", 0.05)
    with busy(sqlite_database), pytest.raises(DatabaseUnavailable, match="overloaded"):
        sqlite_database.write(add, is_patient=False)
    sqlite_database.write(lambda _c: None)
    assert sqlite_database.read(count) == 0


def test_whoever_no_longer_waits_is_not_worked_for(sqlite_database: Database) -> None:
    async def run() -> None:
        with busy(sqlite_database):
            unit = asyncio.ensure_future(sqlite_database.write_async(add))
            await asyncio.sleep(0)
            unit.cancel()
            await asyncio.gather(unit, return_exceptions=True)

    asyncio.run(run())
    sqlite_database.write(lambda _c: None)
    assert sqlite_database.read(count) == 0


def test_a_commit_tells_how_many_units_it_stored_even_if_the_listener_breaks(
    sqlite_database: Database,
) -> None:
    sizes: list[int] = []

    def told(units: int, _seconds: float) -> None:
        sizes.append(units)
        raise ValueError("broken on purpose")

    sqlite_database.on_commit = told
    with busy(sqlite_database):
        for _ in range(3):
            sqlite_database.post(add)
    sqlite_database.flush()
    sqlite_database.write(lambda _c: None)
    assert sizes[:2] == [1, 3]
    assert sqlite_database.read(count) == 3


def test_a_closed_database_takes_nothing_more(sqlite_database: Database) -> None:
    sqlite_database.close()
    with pytest.raises(DatabaseUnavailable):
        sqlite_database.write(add)
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(sqlite_database.write_async(add))
