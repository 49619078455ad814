"""Wake-ups enter from any thread, jobs in PostgreSQL leave: many in one short transaction.

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

from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from sqlalchemy.engine import Connection

from bot.wakeups.jobs import ARRIVALS, Told
from core.database import Database, brief
from core.log import log_event

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
TRIES = 3
"""A batch with one job that is queued already fails as a whole; it is tried again without it."""


class Teller:
    """Tells the workers of all processes, by Procrastinate."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = JobManager(PsycopgConnector())  # never opened: connections are handed to it
        self._told: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)
        self._thread.start()

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`."""
        self._told.put(Told(conversation_id, due_at, seq, holder))

    def close(self) -> None:
        """Tell what is queued, then stop."""
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
                log_event(
                    log, logging.WARNING, "wake_ups_lost", count=len(batch), error=brief(error)
                )

    def _tell(self, batch: Collection[Told]) -> None:
        words = [told.word for told in batch if told.holder]
        jobs = {told.conversation_id: told.job for told in batch if not told.holder}
        for _ in range(TRIES):
            try:
                self._database.write(lambda c: self._defer(_driver(c), list(jobs.values()), words))
                return
            except AlreadyEnqueued:
                for queued in self._database.read(lambda c: _queued(_driver(c), jobs)):
                    del jobs[queued]

    def _defer(self, driver: Any, jobs: list[Job], words: list[str]) -> None:
        # A crash of the server may lose a wake-up; what it tells of stands in tables of our own.
        driver.execute("SET LOCAL synchronous_commit TO off")
        if words:
            driver.execute(
                "SELECT pg_notify(%s, word) FROM unnest(%s::text[]) word", (ARRIVALS, words)
            )
        if jobs:
            self._jobs.batch_defer_jobs(jobs, connection=driver)


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _queued(driver: Any, conversations: Collection[int]) -> list[int]:
    """Those of these conversations that a job tells of already."""
    rows = driver.execute(
        "SELECT queueing_lock FROM procrastinate_jobs"
        " WHERE status = 'todo' AND queueing_lock = ANY(%s)",
        ([str(each) for each in conversations],),
    )
    return [int(lock) for (lock,) in rows]
