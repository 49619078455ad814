"""Wake-ups enter from any thread, jobs in PostgreSQL leave: many in one statement.

What is told was committed before, so nothing here may fail or delay an acknowledgement: `wake`
only queues, a thread of its own defers. What gets lost is found by the workers' own look.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Collection
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from bot.wakeups.jobs import CONNECT_S, Told
from core.faults import brief
from core.log import log_event

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
PAUSE_S = 0.01
"""Between two batches; what is told meanwhile leaves in one statement."""
TRIES = 3
"""A batch with one job that is queued already fails as a whole; it is tried again without it."""


class Teller:
    """Tells the workers of all processes, by Procrastinate.

    Args:
        conninfo: of the database, as the driver takes it. The connection is the thread's own: each
            statement is its own transaction, and no other work waits for it.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection[Any] | None = None
        self._jobs = JobManager(PsycopgConnector())  # never opened: the connection is handed to it
        self._told: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)
        self._thread.start()

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`."""
        self._told.put(Told(conversation_id, due_at, seq, holder))

    def close(self) -> None:
        """Tell what is queued, then stop."""
        self._closing.set()
        self._told.put(None)
        self._thread.join()

    def _run(self) -> None:
        while told := self._told.get():
            batch = [told]
            while len(batch) < MOST_AT_ONCE and not self._told.empty():
                if (more := self._told.get()) is None:
                    self._told.put(None)  # the end; after this batch
                    break
                batch.append(more)
            try:
                self._tell(batch)
            except Exception as error:  # noqa: BLE001 - the workers' own look finds what is lost
                self._disconnect()
                log_event(
                    log, logging.WARNING, "wake_ups_lost", count=len(batch), error=brief(error)
                )
            self._closing.wait(PAUSE_S)
        self._disconnect()

    def _tell(self, batch: Collection[Told]) -> None:
        connection = self._connected()
        if held := [told for told in batch if told.holder]:
            connection.execute(
                "SELECT pg_notify(holder, word)"
                " FROM unnest(%s::text[], %s::text[]) AS told (holder, word)",
                ([told.holder for told in held], [told.word for told in held]),
            )
        jobs = {told.conversation_id: told.job for told in batch if not told.holder}
        for _ in range(TRIES):
            if not jobs:
                return
            try:
                self._jobs.batch_defer_jobs(list(jobs.values()), connection=connection)
                return
            except AlreadyEnqueued:
                for queued in _queued(connection, jobs):
                    del jobs[queued]

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=CONNECT_S
            )
            # A crash of the server may lose a wake-up; what it tells of stands in our own tables.
            self._connection.execute("SET synchronous_commit TO off")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _queued(connection: psycopg.Connection[Any], conversations: Collection[int]) -> list[int]:
    """Those of these conversations that a job tells of already."""
    rows = connection.execute(
        "SELECT queueing_lock FROM procrastinate_jobs"
        " WHERE status = 'todo' AND queueing_lock = ANY(%s)",
        ([str(each) for each in conversations],),
    )
    return [int(lock) for (lock,) in rows]
