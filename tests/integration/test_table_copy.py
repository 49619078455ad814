"""A database with a row in every table goes to PostgreSQL as it is, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Float, Integer, Table, insert, select, text, update
from sqlalchemy.engine import URL

import app
from bot.tables import Contact, Message
from core.database import Base, Database, UtcDateTime, make_engine, parse_url
from core.errors import ConfigError
from core.process_lock import lock_process
from core.table_copy import CopyFailed, digest
from core.texts import text as say

TABLES = Base.metadata.sorted_tables
WORDS = "ñandú 'comillas' \"dobles\" \\N \t tab\nlínea 🛒"
INSTANT = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)


def value_of(column: Any, number: int) -> Any:
    """Something its type finds hard; keys and references count from 1."""
    if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
        reference = next(iter(column.foreign_keys), None)
        return value_of(reference.column, 1) if reference else number
    if isinstance(column.type, JSON):
        return {"números": [1, 2.5, None, True], "texto": WORDS}
    if isinstance(column.type, Boolean):
        return number % 2 == 0
    if isinstance(column.type, Float):
        return 0.1 + number
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, UtcDateTime):
        return INSTANT
    return f"{number}{WORDS}"[: getattr(column.type, "length", None)]


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Two rows, the second with nothing where nothing is allowed."""
    full, sparse = ({c.name: value_of(c, number) for c in table.columns} for number in (1, 2))
    nothing = {c.name: None for c in table.columns if c.nullable and not c.primary_key}
    return [full] if has_one_row(table) else [full, sparse | nothing]


def has_one_row(table: Table) -> bool:
    """Where the second row would have the first one's key."""
    return all(c.foreign_keys or isinstance(c.type, UtcDateTime) for c in table.primary_key)


@pytest.fixture
def source(tmp_path: Path) -> URL:
    url = parse_url(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path)
    app.upgrade(url)
    with closing(Database(url)) as database:
        for table in TABLES:
            database.write(lambda c, t=table: c.execute(insert(t), rows_of(t)))
    return url


@pytest.fixture
def target(postgres_url: str, tmp_path: Path) -> Iterator[URL]:
    server = parse_url(postgres_url, tmp_path)
    engine = make_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS moved"))
        connection.execute(text("CREATE DATABASE moved"))
    engine.dispose()
    yield server.set(database="moved")


def read(url: URL, query: Any) -> Any:
    with closing(Database(url)) as database:
        return database.read(lambda c: c.execute(query).all())


def is_empty(url: URL) -> bool:
    return not any(read(url, select(table)) for table in TABLES)


def test_every_row_of_every_table_goes_over(source: URL, target: URL) -> None:
    copied = app.move(source, target)
    assert set(copied) == {table.name for table in TABLES}
    for table in TABLES:
        there = read(target, select(table))
        assert sorted(map(repr, there)) == sorted(map(repr, read(source, select(table))))
        assert copied[table.name].rows == len(there) > 0


def test_numbers_go_on_where_the_copied_ones_end(source: URL, target: URL) -> None:
    app.move(source, target)
    with closing(Database(target)) as database:
        added = insert(Contact).values(name="", created_at=INSTANT).returning(Contact.id)
        assert database.write(lambda c: c.execute(added).scalar()) == 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"body": "otra cosa"}, id="words"),
        pytest.param({"media": [{"texto": None}]}, id="JSON"),
        pytest.param({"created_at": INSTANT.replace(microsecond=0)}, id="a fraction of a second"),
        pytest.param({"turn_id": ""}, id="empty instead of nothing"),
    ],
)
def test_the_checksum_sees_a_change(source: URL, change: dict[str, Any]) -> None:
    message = Message.__table__
    with closing(Database(source)) as database:
        before = database.read(lambda c: digest(c, message))
        database.write(lambda c: c.execute(update(Message).where(Message.id == 2).values(change)))
        assert database.read(lambda c: digest(c, message)) != before


def test_what_does_not_fit_leaves_the_target_empty(source: URL, target: URL) -> None:
    with closing(sqlite3.connect(source.database or "")) as connection, connection:
        connection.execute("UPDATE outbox_item SET state = 'far longer than the column is'")
    with pytest.raises(CopyFailed, match=r"outbox_item: .*too long"):
        app.move(source, target)
    assert is_empty(target)


def test_a_row_that_went_over_otherwise_undoes_the_copy(
    source: URL, target: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.upgrade(target)
    changing = (
        "CREATE FUNCTION changed() RETURNS trigger AS $$ BEGIN NEW.body = 'x'; RETURN NEW; END $$"
        " LANGUAGE plpgsql",
        "CREATE TRIGGER changes BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION changed()",
    )
    with closing(Database(target)) as database:
        for statement in changing:
            database.write(lambda c, s=statement: c.execute(text(s)))
    with pytest.raises(CopyFailed, match="message: "):
        app.move(source, target)
    assert is_empty(target)


def test_a_target_that_holds_data_is_left_alone(source: URL, target: URL) -> None:
    app.upgrade(target)
    with closing(Database(target)) as database:
        database.write(lambda c: c.execute(insert(Contact).values(name="", created_at=INSTANT)))
    with pytest.raises(ConfigError, match="contact"):
        app.move(source, target)
    assert not read(target, select(Message))


def test_a_database_somebody_has_open_is_not_moved(source: URL, target: URL) -> None:
    with closing(sqlite3.connect(source.database or "")) as other:
        other.execute("SELECT count(*) FROM message").fetchone()
        with pytest.raises(ConfigError, match="abierta"):
            app.move(source, target)


def test_a_shop_that_runs_is_not_moved(source: URL, target: URL) -> None:
    running = lock_process(source)
    assert running is not None
    with pytest.raises(ConfigError) as refused:
        app.move(source, target)
    running.release()
    assert refused.value.faults == (say("commands.copy_in_use", database=source.database),)


def test_a_backup_is_the_same_database_and_never_overwrites(source: URL, tmp_path: Path) -> None:
    file = parse_url("sqlite:///copia.db", tmp_path)
    with closing(sqlite3.connect(source.database or "")) as running:
        running.execute("UPDATE message SET body = 'not committed'")
        app.back_up(source, file)
    for table in TABLES:
        assert read(file, select(table)) == read(source, select(table))
    with pytest.raises(ConfigError, match="ya existe"):
        app.back_up(source, file)
