"""Units of work enter from any thread; one COMMIT makes many durable, then their results leave.

SQLite takes one writer. Each unit has a SAVEPOINT of its own, so one that fails does not touch its
neighbours, and no result is released before the COMMIT. Waking a thread costs as much as running a
unit, so all results for one event loop are handed over by one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Engine

from core.clock import SystemClock
from core.errors import DatabaseUnavailable
from core.faults import brief, translated

log = logging.getLogger(__name__)

Work = Callable[[Connection], Any]
OnCommit = Callable[[int, float], None]

MAX_UNITS_PER_COMMIT = 64
"""Room for all threads of a web server and three times as many units of the worker; a larger batch
holds up those who come meanwhile for longer, and saves no time that counts."""
STALLED_S = 10.0
"""A web request waits this long, and is refused at once while a batch has taken longer: below the
15 s that Twilio waits for us."""


@dataclass(slots=True)
class Unit:
    """One piece of work and what becomes of it.

    Attributes:
        settle: called once result or failure stand; not used where `future` is.
        future: of the event loop that waits, told in its own thread.
    """

    work: Work
    settle: Callable[[], object] = bool
    future: asyncio.Future[Any] | None = None
    result: Any = None
    failure: BaseException | None = None
    is_refusable: bool = False
    is_dropped: bool = False
    since: float = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return not (self.is_dropped or (self.future is not None and self.future.cancelled()))


class GroupCommitWriter:
    """The one thread that writes to SQLite; its connection is replaced when a COMMIT fails.

    A unit that may be refused goes before those that may not: Twilio waits for it.

    Args:
        on_commit: told how many units a COMMIT made durable, and how long the oldest had waited.
    """

    def __init__(self, engine: Engine, on_commit: OnCommit) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._now_s = SystemClock().monotonic_s
        self._turns: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """True for each unit that waits; False ends the thread."""
        self._refusable: deque[Unit] = deque()
        self._patient: deque[Unit] = deque()
        self._busy_since: float | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work, *, is_patient: bool) -> Any:
        """Run a unit and wait for it.

        Args:
            is_patient: False to be refused rather than wait longer than Twilio would.
        """
        if not is_patient:
            self._refuse_when_overloaded()
        done = threading.Lock()
        done.acquire()
        unit = Unit(work, done.release, is_refusable=not is_patient)
        self.put(unit)
        if not done.acquire(timeout=-1 if is_patient else STALLED_S):
            unit.is_dropped = True
            raise DatabaseUnavailable("overloaded")
        if unit.failure is not None:
            raise unit.failure
        return unit.result

    def put(self, unit: Unit) -> None:
        """Queue a unit.

        Raises:
            DatabaseUnavailable: the database is closed.
        """
        with self._lock:
            if self._is_closed:
                raise DatabaseUnavailable("the database is closed")
            unit.since = self._now_s()
            (self._refusable if unit.is_refusable else self._patient).append(unit)
            self._turns.put(True)

    def close(self) -> None:
        """Commit what is queued, then stop; a second call does nothing."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._turns.put(False)
        self._thread.join()

    @property
    def busy_s(self) -> float:
        """How long the batch under way has taken; 0 when there is none."""
        since = self._busy_since
        return 0.0 if since is None else self._now_s() - since

    def _refuse_when_overloaded(self) -> None:
        if self.busy_s > STALLED_S:
            raise DatabaseUnavailable("overloaded")

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._take()
            wanted = [unit for unit in batch if unit.is_wanted]
            if wanted:
                self._busy_since = self._now_s()
                self._commit(wanted)
                self._busy_since = None
                _release(wanted)
                self._tell(wanted)
        self._drop_connection()

    def _take(self) -> tuple[list[Unit], bool]:
        """What waits, at least one unit; and whether more may come."""
        batch: list[Unit] = []
        is_open = self._turns.get()
        while is_open:
            batch.append((self._refusable or self._patient).popleft())
            if len(batch) == MAX_UNITS_PER_COMMIT:
                break
            try:
                is_open = self._turns.get_nowait()
            except queue.Empty:
                break
        return batch, is_open

    def _commit(self, batch: list[Unit]) -> None:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                for unit in batch:
                    _run_unit(self._connection, unit)
        except BaseException as error:  # noqa: BLE001
            # BEGIN or COMMIT failed, or SQLite rolled the whole transaction back: nothing stands.
            log.error("database_commit_failed units=%d error=%s", len(batch), brief(error))
            for unit in batch:
                unit.failure = DatabaseUnavailable(brief(error))
            self._drop_connection()

    def _drop_connection(self) -> None:
        """The next batch gets a new one."""
        if self._connection is not None:
            with contextlib.suppress(Exception):  # it may be broken in any way
                self._connection.invalidate()
                self._connection.close()
        self._connection = None

    def _tell(self, batch: list[Unit]) -> None:
        try:
            self._on_commit(len(batch), self._now_s() - min(unit.since for unit in batch))
        except Exception:  # whoever watches must not stop the writer
            log.exception("commit_watcher_broken")


def _run_unit(connection: Connection, unit: Unit) -> None:
    # The driver's own savepoints: SQLAlchemy's take a sixth of all processor time of a turn.
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(connection)
    except BaseException as error:
        if not raw.in_transaction:
            raise  # disk full, I/O error: SQLite itself undid the whole transaction
        raw.execute("ROLLBACK TO unit")
        unit.failure = translated(error)
    raw.execute("RELEASE unit")


def _release(batch: list[Unit]) -> None:
    waiting: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in batch:
        if unit.future is None:
            unit.settle()
        else:
            waiting.setdefault(unit.future.get_loop(), []).append(unit)
    for loop, units in waiting.items():
        with contextlib.suppress(RuntimeError):  # it is closed: nobody waits any more
            loop.call_soon_threadsafe(_hand_over, units)


def _hand_over(units: list[Unit]) -> None:
    for unit in units:
        future = unit.future
        if future is None or future.done():
            continue
        if unit.failure is not None:
            future.set_exception(unit.failure)
        else:
            future.set_result(unit.result)
