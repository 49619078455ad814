"""Procrastinate's jobs enter, the worker of this process leaves awake.

Jobs are taken by one statement that deletes them, many at once, instead of by Procrastinate's own
worker: that takes two statements and a task for each, and most of a job's processor time.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from bot.wakeups import Hears, Wake
from bot.wakeups.jobs import CONNECT_S, JOBS, QUEUE, Told
from core.faults import brief
from core.log import log_event

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16
"""A burst is taken in portions, so that the other workers get theirs."""
PAUSE_S = 0.02
"""Whoever took the last portion lets the others go first, and takes what is told meanwhile too."""
LOOK_EVERY_S = 1.0
"""For jobs that were told of while nobody listened, or had room."""
ROOM_EVERY_S = 0.05
CLOSE_S = 10.0
AGAIN_S = 1.0
"""Pause before the listener is built anew, when the database went away."""

_TAKE = """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE queue_name = %s AND status = 'todo' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING args
"""


class Hearer:
    """Brings the worker of this process what others tell; jobs it has no room for are left to them.

    Args:
        conninfo: of the database, as the driver takes it.
        tell: passes on what was taken and cannot be begun here any more.
    """

    def __init__(self, conninfo: str, worker: Hears, tell: Wake) -> None:
        self._conninfo = conninfo
        self._worker = worker
        self._tell = tell
        self._stopping = threading.Event()
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="hearer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more jobs; a second call does nothing."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._end.close()  # wakes who waits at the other side
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        is_broken = False
        with self._ended:
            while not self._stopping.is_set():
                try:
                    with _listening(self._conninfo, self._worker.name) as connection:
                        is_broken = False
                        self._hear(connection)
                except Exception as error:  # noqa: BLE001 - meanwhile the worker looks by itself
                    if not is_broken:  # once, not at every try
                        log_event(log, logging.WARNING, "hearer_broken", error=brief(error))
                    is_broken = True
                    self._stopping.wait(AGAIN_S)

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        with selectors.DefaultSelector() as waits:
            waits.register(connection, selectors.EVENT_READ)
            waits.register(self._ended, selectors.EVENT_READ)
            is_wanted, taken = True, 0
            while not self._stopping.is_set():
                is_wanted = self._note(connection) or is_wanted
                if not is_wanted:
                    is_wanted = not waits.select(LOOK_EVERY_S)
                elif not self._worker.has_room:
                    self._stopping.wait(ROOM_EVERY_S)
                elif not (taken and self._stopping.wait(PAUSE_S)):
                    self._note(connection)
                    taken = self._take(connection)
                    is_wanted = taken == MOST_AT_ONCE

    def _note(self, connection: psycopg.Connection[Any]) -> bool:
        """Pass on the words for this worker; whether anybody told of a job."""
        is_told = False
        for word in connection.notifies(timeout=0):
            if word.channel == JOBS:
                is_told = True
            else:
                self._pass_on(Told.from_word(word.payload))
        return is_told

    def _take(self, connection: psycopg.Connection[Any]) -> int:
        """Take a portion of the jobs; how many those were."""
        jobs = connection.execute(_TAKE, (QUEUE, MOST_AT_ONCE)).fetchall()
        for (arguments,) in jobs:
            self._pass_on(Told.from_job(arguments))
        return len(jobs)

    def _pass_on(self, told: Told) -> None:
        wake = self._tell if self._stopping.is_set() else self._worker.wake
        wake(told.conversation_id, told.due_at, told.seq)


@contextlib.contextmanager
def _listening(conninfo: str, worker: str) -> Iterator[psycopg.Connection[Any]]:
    with contextlib.closing(
        psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_S)
    ) as connection:
        # Losing a job's last word to a crash of the server does no harm: it is told twice.
        connection.execute("SET synchronous_commit TO off")
        for channel in (worker, JOBS):
            connection.execute(f'LISTEN "{channel}"')
        yield connection
