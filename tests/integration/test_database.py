"""Both databases keep the same promises about units of work."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

import core.database
from bot.tables import Contact
from core.database import POSTGRES_ALIVE, Database
from core.errors import DatabaseUnavailable

NOW = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=UTC)


def add(connection: Connection, name: str = "x") -> int:
    return connection.execute(
        insert(Contact).values(name=name, created_at=NOW).returning(Contact.id)
    ).scalar_one()


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(Contact)).scalar_one()


def test_a_written_row_can_be_read_at_once(database: Database) -> None:
    database.write(add)
    assert database.read(count) == 1


def test_only_its_owner_may_read_the_file(sqlite_database: Database, tmp_path: Path) -> None:
    sqlite_database.write(add)
    files = list(tmp_path.glob("test.db*"))
    assert len(files) > 1
    rights = 0o666 if sys.platform == "win32" else 0o600  # there the folder decides
    assert {path.stat().st_mode & 0o777 for path in files} == {rights}


def test_instants_come_back_aware_and_exact(database: Database) -> None:
    database.write(add)
    assert database.read(lambda c: c.execute(select(Contact.created_at)).scalar_one()) == NOW


def test_a_failing_unit_leaves_its_neighbours_alone(database: Database) -> None:
    def broken(connection: Connection) -> None:
        add(connection, "half")
        raise ValueError("broken on purpose")

    async def run() -> list[int | BaseException]:
        return await asyncio.gather(
            database.write_async(add),
            database.write_async(broken),
            database.write_async(add),
            return_exceptions=True,
        )

    results = asyncio.run(run())
    assert isinstance(results[1], ValueError)
    assert database.read(count) == 2


def test_a_broken_rule_reaches_the_caller_as_it_is(database: Database) -> None:
    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(insert(Contact).values(id=7, name="x", created_at=NOW))

    with pytest.raises(IntegrityError):
        database.write(twice)


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        database.read(add)


def test_an_event_loop_reads_again_once_its_connection_can_be_opened_again(
    sqlite_database: Database,
) -> None:
    def broken(_connection: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    async def run() -> int:
        with pytest.raises(DatabaseUnavailable, match="disk"):
            await sqlite_database.read_async(broken)
        event.listen(sqlite_database._read_engine, "do_connect", refuse)
        sqlite_database._read_engine.dispose()  # what rests there would not be opened
        with pytest.raises(DatabaseUnavailable, match="unable to open"):
            await sqlite_database.read_async(count)
        event.remove(sqlite_database._read_engine, "do_connect", refuse)
        return await sqlite_database.read_async(count)

    assert asyncio.run(run()) == 0


def session(connection: Connection) -> int:
    return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def parameters(connection: Connection) -> dict[str, str]:
    raw: Any = connection.connection.dbapi_connection
    found: dict[str, str] = raw.info.get_parameters()
    return found


def test_a_server_that_vanished_is_noticed_soon(postgres_database: Database) -> None:
    alive = {name: str(value) for name, value in POSTGRES_ALIVE.items()}
    for found in (postgres_database.write(parameters), postgres_database.read(parameters)):
        assert found.items() >= alive.items()
        assert found["connect_timeout"] == "5"


def drop_others(connection: Connection) -> None:
    connection.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


def test_units_follow_each_other_on_one_connection(postgres_database: Database) -> None:
    assert postgres_database.write(session) == postgres_database.read(session)


def test_nobody_hears_of_connections_that_broke_while_they_rested(
    postgres_database: Database,
) -> None:
    async def two_at_once() -> None:
        await asyncio.gather(*(postgres_database.read_async(pause) for _ in range(2)))

    def pause(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(0.1)"))

    asyncio.run(two_at_once())
    postgres_database.write(drop_others)
    first = postgres_database.write(session)
    postgres_database.write(drop_others)
    postgres_database.write(add)
    assert postgres_database.read(count) == 1
    assert postgres_database.read(session) == first


def test_a_connection_that_breaks_during_a_unit_is_not_used_again(
    postgres_database: Database,
) -> None:
    def broken(connection: Connection) -> None:
        add(connection)
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        postgres_database.write(broken)
    assert postgres_database.read(count) == 0


@pytest.fixture
def quick_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = core.database.BEGIN_WRITE.replace(b"'5s'", b"'0.2s'").replace(b"'8s'", b"'0.8s'")
    monkeypatch.setattr(core.database, "BEGIN_WRITE", quick)


def rename(connection: Connection) -> None:
    connection.execute(update(Contact).values(name="y"))


@contextmanager
def holding(database: Database, hold: Callable[[Connection], object]) -> Iterator[Future[None]]:
    """Another thread's unit changed a row and does not come to its end before `hold` does."""
    is_held = threading.Event()

    def work(connection: Connection) -> None:
        rename(connection)
        is_held.set()
        hold(connection)
        add(connection)

    with ThreadPoolExecutor(1) as another:
        held = another.submit(database.write, work)
        is_held.wait(10)
        yield held


@pytest.mark.usefixtures("quick_limits")
def test_a_process_that_stands_still_keeps_nobody_from_the_rows_it_holds(
    postgres_database: Database,
) -> None:
    postgres_database.write(add)
    go_on = threading.Event()
    with holding(postgres_database, lambda _c: go_on.wait(10)) as stands_still:
        postgres_database.write(rename)
        go_on.set()
        assert isinstance(stands_still.exception(), DatabaseUnavailable)
    assert postgres_database.read(count) == 1


@pytest.mark.usefixtures("quick_limits")
def test_waiting_too_long_for_a_row_is_the_databases_fault(postgres_database: Database) -> None:
    postgres_database.write(add)
    slow = text("SELECT pg_sleep(1.5)")
    with holding(postgres_database, lambda c: c.execute(slow)) as held:
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            postgres_database.write(rename)
        assert held.exception() is None
    postgres_database.write(rename)


@pytest.mark.usefixtures("quick_limits")
def test_who_only_reads_may_take_its_time(postgres_database: Database) -> None:
    def slowly(connection: Connection) -> int:
        found = count(connection)
        time.sleep(0.5)
        return found + count(connection)

    assert postgres_database.read(slowly) == 0


def test_a_failing_unit_leaves_nothing_on_its_connection(postgres_database: Database) -> None:
    def broken(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout TO 1234"))
        connection.execute(text("SELECT 1/0"))

    before = postgres_database.write(session)
    with pytest.raises(Exception, match="division by zero"):
        postgres_database.write(broken)
    left = postgres_database.read(lambda c: c.execute(text("SHOW lock_timeout")).scalar_one())
    assert (postgres_database.read(session), left) == (before, "0")
