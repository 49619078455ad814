"""Engine and transactions: a function `fn(connection)` enters, its committed result leaves.

The same functions run on both databases. On SQLite one writer thread takes all units of work from
a queue and commits many of them with one COMMIT (group commit): each unit has a SAVEPOINT of its
own, so one that fails does not touch its neighbours, and no result is released before the COMMIT.
On PostgreSQL each unit is a transaction of its own in a small thread pool.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from core.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

MAX_UNITS_PER_COMMIT = 256
READ_THREADS = 4
POSTGRES_THREADS = 8
SQLITE_BUSY_TIMEOUT_S = 10
"""Below the 15 s Twilio waits for us: a refusal it can repeat is better than no answer."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both databases; SQLite keeps it as sortable text with microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database; use core.clock")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key; on SQLite it must be INTEGER to number itself."""


class Base(DeclarativeBase):
    """The one metadata of all rooms' tables, with names for every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def parse_url(url: str, root: Path) -> URL:
    """Read DATABASE_URL; a relative SQLite path counts from `root`.

    Raises:
        ValueError: not a URL, or neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise ValueError("not a database URL") from error
    backend = parsed.drivername.split("+")[0]
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("SQLite needs a file, for example sqlite:///data/mostrador.db")
        return parsed.set(drivername="sqlite", database=str(root / parsed.database))
    raise ValueError(f"unknown database {backend!r}; use sqlite or postgresql")


def make_engine(url: URL, *, read_only: bool = False, pool_size: int = READ_THREADS) -> Engine:
    """The only place that builds an engine."""
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size * 4,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=32,
        hide_parameters=True,  # an error's text must not carry a customer's into the log
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling opens deferred transactions, and a deferred
        # read-then-write fails at once with SQLITE_BUSY_SNAPSHOT. We say BEGIN ourselves.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@dataclass(slots=True)
class _Unit:
    work: Work[Any]
    future: Future[Any]


def insert_into(connection: Connection, table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, for statements that are built once and kept."""
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table)


class _GroupCommitWriter:
    """The one thread that writes to SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise DatabaseUnavailable("the database is closed")
            self._units.put(_Unit(work, future))
        return future

    def close(self) -> None:
        """Commit what is queued, then stop; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._units.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            unit = self._units.get()
            batch: list[_Unit] = []
            while unit is not None:
                batch.append(unit)
                if len(batch) == MAX_UNITS_PER_COMMIT:
                    break
                try:
                    unit = self._units.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._commit([unit for unit in batch if unit.future.set_running_or_notify_cancel()])
            if unit is None:
                return

    def _commit(self, batch: list[_Unit]) -> None:
        outcomes: list[tuple[_Unit, Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                for unit in batch:
                    outcomes.append((unit, *self._run_unit(connection, unit)))
        except BaseException as error:  # noqa: BLE001
            # BEGIN or COMMIT failed, or SQLite rolled the whole transaction back: nothing stands.
            log.error("database_commit_failed units=%d error=%s", len(batch), brief(error))
            for unit in batch:
                unit.future.set_exception(DatabaseUnavailable(brief(error)))
            return
        for unit, result, failure in outcomes:
            if failure is None:
                unit.future.set_result(result)
            else:
                unit.future.set_exception(failure)

    @staticmethod
    def _run_unit(connection: Connection, unit: _Unit) -> tuple[Any, BaseException | None]:
        # The driver's own savepoints: SQLAlchemy's take a sixth of all processor time of a turn.
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("SAVEPOINT unit")
        try:
            result = unit.work(connection)
        except BaseException as error:
            if not raw.in_transaction:
                raise  # disk full, I/O error: SQLite itself undid the whole transaction
            raw.execute("ROLLBACK TO unit")
            raw.execute("RELEASE unit")
            return None, _translate(error)
        raw.execute("RELEASE unit")
        return result, None


class _PooledWriter:
    """Each unit its own transaction; PostgreSQL orders them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(POSTGRES_THREADS, thread_name_prefix="postgres")

    def submit(self, work: Work[T]) -> Future[T]:
        try:
            return self._pool.submit(_in_transaction, self._engine, work)
        except RuntimeError as error:
            raise DatabaseUnavailable("the database is closed") from error

    def close(self) -> None:
        self._pool.shutdown(wait=True)


def _in_transaction(engine: Engine, work: Work[T]) -> T:
    try:
        with engine.begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        translated = _translate(error)
        if translated is error:
            raise
        raise translated from error


def _translate(error: BaseException) -> BaseException:
    """Faults of the database itself become DatabaseUnavailable; bugs and our own errors stay."""
    if isinstance(error, DBAPIError) and type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
        "InternalError",
        "DatabaseError",
    ):
        unavailable = DatabaseUnavailable(brief(error))
        unavailable.__cause__ = error
        return unavailable
    return error


def brief(error: BaseException) -> str:
    """The driver's words without the statement and its parameters, which may hold customer text."""
    original = getattr(error, "orig", None) or error
    return f"{type(original).__name__}: {str(original).splitlines()[0] if str(original) else ''}"


class Database:
    """One database, the same way to use it whichever it is.

    `write` and `read` block the calling thread (web, commands); `write_async` and `read_async`
    are for the event loop. Whatever a unit of work raises reaches the caller; when the database
    itself fails it is DatabaseUnavailable and nothing of the unit is stored.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._writer: _GroupCommitWriter | _PooledWriter
        if self.is_sqlite:
            self._write_engine = make_engine(url, pool_size=1)
            self._read_engine = make_engine(url, read_only=True)
            self._writer = _GroupCommitWriter(self._write_engine)
        else:
            self._write_engine = make_engine(url, pool_size=POSTGRES_THREADS)
            self._read_engine = self._write_engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._writer = _PooledWriter(self._write_engine)
        self._posted: set[Future[Any]] = set()
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="database-read")

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is durable."""
        if self.is_sqlite:
            return self._writer.submit(work).result()
        return _in_transaction(self._write_engine, work)

    async def write_async(self, work: Work[T]) -> T:
        """As `write`, from the event loop."""
        return await asyncio.wrap_future(self._writer.submit(work))

    def post(self, work: Work[Any]) -> None:
        """Queue `work` and go on; a failure is logged, never raised (ledger rows)."""
        try:
            future = self._writer.submit(work)
        except DatabaseUnavailable as error:
            log.warning("database_post_dropped error=%s", error)
            return
        self._posted.add(future)
        future.add_done_callback(self._posted.discard)
        future.add_done_callback(_log_failure)

    def flush(self) -> None:
        """Wait until everything posted so far is stored or has failed."""
        wait(list(self._posted))

    def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; it cannot write."""
        return _in_transaction(self._read_engine, work)

    async def read_async(self, work: Work[T]) -> T:
        """As `read`, from the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read, work)

    def close(self) -> None:
        """Finish what is queued and let go of every connection."""
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._write_engine.dispose()
        self._read_engine.dispose()


def _log_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.warning("database_post_failed error=%s", brief(error))
