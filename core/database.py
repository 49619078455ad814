"""Engine and transactions: a function `fn(connection)` enters, its committed result leaves.

The same functions run on both databases. On SQLite one thread commits the units of all others
together (core/group_commit.py); on PostgreSQL each unit is a transaction of its own in a small
thread pool, on a connection that rested (core/resting.py). Short reads of an event loop run in its
own thread on SQLite: reading takes less than waking another thread.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
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
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from core.clock import SystemClock
from core.errors import DatabaseUnavailable
from core.faults import brief as brief
from core.faults import translated
from core.group_commit import GroupCommitWriter, OnCommit, Unit
from core.resting import RestingConnections

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

READ_THREADS = 4
CONNECT_S = 5
POSTGRES_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,  # ms
}
"""How soon a server that vanished without a word is noticed; the system's own limit is a quarter
of an hour."""
POSTGRES_THREADS = 8
BEGIN_WRITE = (
    b"BEGIN; SET LOCAL idle_in_transaction_session_timeout TO '5s'; SET LOCAL lock_timeout TO '8s'"
)
"""A unit of work waits for nothing but the database. A process that stands still in the midst of
one loses its connection, so that whoever waits for a row it holds has it before giving up."""
BEGIN_READ = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SQLITE_BUSY_TIMEOUT_S = 10
"""Below the 15 s Twilio waits for us: a refusal it can repeat is better than no answer."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both databases; SQLite keeps it as sortable text with microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite the same text as SQLAlchemy's own, in a third of the time."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a naive datetime reached the database; use core.clock")
    return value.astimezone(UTC)


@lru_cache(maxsize=64)  # a unit of work says the same instant several times
def _to_text(value: datetime | None) -> str | None:
    utc = _in_utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds")[:26]


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


def make_private(path: Path) -> None:
    """Create the file for its owner's eyes; SQLite gives those beside it the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def make_engine(url: URL, *, read_only: bool = False, pool_size: int = READ_THREADS) -> Engine:
    """The only place that builds an engine."""
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            poolclass=NullPool,  # core/resting.py keeps them
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_S} | POSTGRES_ALIVE,
        )
    make_private(Path(url.database or ""))
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
        raw: Any = connection.connection.dbapi_connection
        raw.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def insert_into(connection: Connection, table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, for statements that are built once and kept."""
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table)


def _in_transaction(engine: Engine, work: Work[T]) -> T:
    with _telling_faults(), engine.connect() as connection, connection.begin():
        return work(connection)


def _on(connection: Connection, work: Work[T]) -> T:
    with _telling_faults(), connection.begin():
        return work(connection)


@contextmanager
def _telling_faults() -> Iterator[None]:
    """What the driver raises, also where a connection is opened, leaves as what it means to us."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        found = translated(error)
        if found is error:
            raise
        raise found from error


class _LoopReader:
    """One reading connection for each thread that runs an event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._opened: list[Connection] = []

    def read(self, work: Work[T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with _telling_faults():
                connection = self._local.connection = self._engine.connect()
            self._opened.append(connection)
        try:
            return _on(connection, work)
        except DatabaseUnavailable:
            self._local.connection = None  # the next read gets a new one
            self._opened.remove(connection)
            connection.invalidate()
            connection.close()
            raise

    def close(self) -> None:
        for connection in self._opened:
            connection.close()


class Database:
    """One database, the same way to use it whichever it is.

    `write` and `read` block the calling thread (web, commands); `write_async` and `read_async`
    are for the event loop. Whatever a unit of work raises reaches the caller; when the database
    itself fails it is DatabaseUnavailable and nothing of the unit is stored.

    Attributes:
        on_commit: told, from any thread, how many units of work a COMMIT made durable and how many
            seconds the oldest of them had waited.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.on_commit: OnCommit = lambda _units, _seconds: None
        self._writer: GroupCommitWriter | None = None
        self._clock = SystemClock()
        if self.is_sqlite:
            self._write_engine = make_engine(url, pool_size=1)
            self._read_engine = make_engine(url, read_only=True)
            self._writer = GroupCommitWriter(
                self._write_engine, lambda units, seconds: self.on_commit(units, seconds)
            )
        else:
            self._write_engine = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
            self._read_engine = self._write_engine
        self._resting = RestingConnections(self._write_engine)
        self._posted: set[Future[Any]] = set()
        self._loops = _LoopReader(self._read_engine)
        threads = READ_THREADS if self.is_sqlite else POSTGRES_THREADS
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="database")

    def write(self, work: Work[T], *, is_patient: bool = True) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        Args:
            is_patient: False to have DatabaseUnavailable("overloaded") rather than a wait that
                outlasts Twilio's; a unit given up that way may be stored all the same.
        """
        if self._writer is not None:
            found: T = self._writer.write(work, is_patient=is_patient)
            return found
        return self._transact(work)

    def _transact(self, work: Work[T]) -> T:
        since = self._clock.monotonic_s()
        result = self._on_resting(work, BEGIN_WRITE)
        self.on_commit(1, self._clock.monotonic_s() - since)
        return result

    def _on_resting(self, work: Work[T], begin: bytes) -> T:
        with _telling_faults(), self._resting.begun(begin) as connection:
            return work(connection)

    @property
    def busy_s(self) -> float:
        """How long the COMMIT under way has taken; 0 when there is none, or each has its own."""
        return self._writer.busy_s if self._writer else 0.0

    async def write_async(self, work: Work[T]) -> T:
        """As `write`, from the event loop."""
        if self._writer is None:
            return await asyncio.wrap_future(self._submit(work))
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.put(Unit(work, future=future))
        return await future

    def post(self, work: Work[Any]) -> None:
        """Queue `work` and go on; a failure is logged, never raised (ledger rows)."""
        try:
            future = self._submit(work)
        except DatabaseUnavailable as error:
            log.warning("database_post_dropped error=%s", error)
            return
        self._posted.add(future)
        future.add_done_callback(self._posted.discard)
        future.add_done_callback(_log_failure)

    def _submit(self, work: Work[Any]) -> Future[Any]:
        if self._writer is None:
            try:
                return self._pool.submit(self._transact, work)
            except RuntimeError as error:
                raise DatabaseUnavailable("the database is closed") from error
        future: Future[Any] = Future()
        unit = Unit(work)
        unit.settle = lambda: _settle(future, unit)
        self._writer.put(unit)
        return future

    def flush(self) -> None:
        """Wait until everything posted so far is stored or has failed."""
        wait(list(self._posted))

    def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; it cannot write."""
        if not self.is_sqlite:
            return self._on_resting(work, BEGIN_READ)
        return _in_transaction(self._read_engine, work)

    async def read_async(self, work: Work[T], *, is_long: bool = False) -> T:
        """As `read`, from the event loop.

        Args:
            is_long: it takes more than a few milliseconds: never in the loop's own thread.
        """
        if self.is_sqlite and not is_long:
            return self._loops.read(work)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self.read, work)

    def close(self) -> None:
        """Finish what is queued and let go of every connection."""
        if self._writer is not None:
            self._writer.close()
        self._pool.shutdown(wait=True)
        self._loops.close()
        self._resting.close()
        self._write_engine.dispose()
        self._read_engine.dispose()


def _settle(future: Future[Any], unit: Unit) -> None:
    if unit.failure is not None:
        future.set_exception(unit.failure)
    else:
        future.set_result(unit.result)


def _log_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.warning("database_post_failed error=%s", brief(error))
