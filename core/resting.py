"""Connections to PostgreSQL enter resting; each leaves with a transaction just begun.

No connection is asked beforehand whether it still lives: its BEGIN tells. When that fails nothing
was done yet, so a new connection begins in its place, and nobody hears of a server that restarted.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection, Engine

from core.errors import DatabaseUnavailable
from core.group_commit import STALLED_S

KEPT = 8
MOST = 40
"""In use at once by one process; whoever comes then waits for one that becomes free."""
IDLE, IN_TRANSACTION = 0, 2
"""PQTRANS_IDLE and PQTRANS_INTRANS of PostgreSQL's own library."""


class RestingConnections:
    """Connections of one engine between their units of work; those used last are used first.

    Args:
        engine: it commits by itself; transactions are begun here.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._room = threading.Semaphore(MOST)
        self._resting: deque[Connection] = deque()

    @contextmanager
    def begun(self, begin: bytes) -> Iterator[Connection]:
        """A connection in a transaction; it is committed, or rolled back if anything is raised.

        Args:
            begin: the statement that begins it.
        Raises:
            DatabaseUnavailable: all connections are busy for too long.
        """
        if not self._room.acquire(timeout=STALLED_S):
            raise DatabaseUnavailable("overloaded")
        try:
            connection = self._take(begin)
            try:
                with connection.begin():
                    yield connection
            finally:
                self._give_back(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close what rests."""
        while self._resting:
            _end(self._resting.pop())

    def _take(self, begin: bytes) -> Connection:
        with contextlib.suppress(IndexError):  # none rests
            connection = self._resting.pop()
            if _begins(connection, begin):
                return connection
            _end(connection)
            self.close()  # they rested as long: most likely none of them lives
        connection = self._engine.connect()
        if not _begins(connection, begin):
            _end(connection)
            raise DatabaseUnavailable("the database took no transaction")
        return connection

    def _give_back(self, connection: Connection) -> None:
        if not connection.invalidated and _is_idle(connection) and len(self._resting) < KEPT:
            self._resting.append(connection)
        else:
            _end(connection)


def _begins(connection: Connection, begin: bytes) -> bool:
    raw: Any = connection.connection.dbapi_connection
    try:
        raw.pgconn.exec_(begin)  # a cursor of the driver's takes twice the time
    except connection.dialect.loaded_dbapi.Error:
        return False
    return bool(raw.pgconn.transaction_status == IN_TRANSACTION)


def _is_idle(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.pgconn.transaction_status == IDLE)


def _end(connection: Connection) -> None:
    with contextlib.suppress(Exception):  # it may be broken in any way
        connection.invalidate()
        connection.close()
