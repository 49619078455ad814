"""A shop's SQLite database enters; the same shop on PostgreSQL, or a copy in a file, leaves.

Everything is copied in one transaction that ends only when both sides were compared: whatever goes
wrong, and whoever pulls the plug, leaves the target empty and the source as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.house import plain_reason, upgrade
from core.database import Base, make_engine, make_private
from core.errors import ConfigError
from core.process_lock import lock_process
from core.table_copy import CopyFailed, Digest, copy_tables, filled, lock_tables
from core.texts import text as say

OTHERS_WAIT_MS = 500


def move(source: URL, target: URL) -> Mapping[str, Digest]:
    """Copy a shop from SQLite to PostgreSQL; what each table holds on both sides now.

    Raises:
        ConfigError: the shop is open, or the target cannot be used or is not empty.
        CopyFailed: the target is as empty as before.
    """
    try:
        lock = lock_process(source)
    except ConfigError as error:
        raise _in_use(source) from error
    try:
        upgrade(source)
        upgrade(target)
        with _alone(source) as reading, _writing(target) as writing:
            return _copy(reading, writing)
    finally:
        if lock is not None:
            lock.release()


def _copy(reading: Connection, writing: Connection) -> Mapping[str, Digest]:
    tables = Base.metadata.sorted_tables
    lock_tables(writing, tables)
    if found := filled(writing, tables):
        raise ConfigError(say("commands.copy_not_empty", tables=", ".join(found)))
    copied: dict[str, Digest] = {}
    copy_tables(reading, writing, tables, lambda table, held: copied.update({table.name: held}))
    writing.execute(text("ANALYZE"))
    return copied


@contextmanager
def _alone(source: URL) -> Iterator[Connection]:
    """Read a SQLite database that nobody else may open meanwhile, not even to receive messages.

    Raises:
        ConfigError: somebody has it open.
    """
    engine = make_engine(source, read_only=True, pool_size=1)

    @event.listens_for(engine, "connect", insert=True)  # before the first look at the file
    def _exclude(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={OTHERS_WAIT_MS}")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")

    try:
        try:
            connection = engine.connect()
        except OperationalError as error:
            raise _in_use(source) from error
        with connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _in_use(source: URL) -> ConfigError:
    return ConfigError(say("commands.copy_in_use", database=source.database))


@contextmanager
def _writing(target: URL) -> Iterator[Connection]:
    engine = make_engine(target, pool_size=1)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise CopyFailed("*", plain_reason(error)) from error
    finally:
        engine.dispose()


def back_up(source: URL, target: URL) -> None:
    """Copy a SQLite database into a new file, beside a running shop too.

    Raises:
        ConfigError: the file is there already, or cannot be written.
    """
    path = Path(target.database or "")
    if path.exists():
        raise ConfigError(say("commands.copy_file_there", file=path))
    half = path.with_name(f"{path.name}.part")
    make_private(half)
    try:
        with (
            closing(sqlite3.connect(source.database or "")) as reading,
            closing(sqlite3.connect(half)) as writing,
        ):
            reading.backup(writing)
            checked = writing.execute("PRAGMA integrity_check").fetchone()[0]
        if checked != "ok":
            raise ConfigError(say("commands.copy_failed", table=path.name, reason=checked))
        half.rename(path)
    except (sqlite3.Error, OSError) as error:
        raise ConfigError(
            say("commands.copy_failed", table=path.name, reason=plain_reason(error))
        ) from error
    finally:
        half.unlink(missing_ok=True)
