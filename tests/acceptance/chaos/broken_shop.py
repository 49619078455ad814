"""Orders enter through a pipe; a shop that breaks where it was told to runs until it is ended.

It is what `cli.py serve` and `cli.py worker` run, with a clock that can be moved, a watcher at the
points of a message's way, and a look at every transaction that begins or commits.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

import app
from app import working
from bot import worker
from core import points
from core.clock import SystemClock
from core.points import Point

UP = "up"
DELAY_S = 0.7
FULL_BYTES = 0
MOSTLY = 0.7
"""So likely is a failure at a point that always fails: some get through, some are given up."""
PRAGMAS = {
    "well": ("PRAGMA query_only=OFF", "PRAGMA max_page_count=4294967294"),
    "read_only": ("PRAGMA query_only=ON",),
    "full": ("PRAGMA max_page_count=1",),
}
"""max_page_count is never below what the file holds: from then on it cannot grow."""


class MovedClock(SystemClock):
    """The system's clock, some seconds ahead or behind."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


class Faults:
    """What this process was told to break; reports each fault before it strikes.

    Args:
        pipe: orders come in, reports go out; the process ends with its other end.
    """

    def __init__(self, pipe: Pipe, clock: MovedClock) -> None:
        self._pipe = pipe
        self._clock = clock
        self._lock = threading.Lock()
        self._at: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._always: set[str] = set()
        self._disk = "well"
        threading.Thread(target=self._obey, daemon=True).start()

    def _obey(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                order, *words = self._pipe.recv()
                getattr(self, f"_do_{order}")(*words)
        os._exit(1)  # nobody is left who would end us

    def _do_break(self, where: str, action: str, nth: int) -> None:
        self._at[where].append((action, nth))

    def _do_always(self, where: str, is_on: bool) -> None:
        (self._always.add if is_on else self._always.discard)(where)

    def _do_clock(self, seconds: float) -> None:
        self._clock.offset = timedelta(seconds=seconds)

    def _do_disk(self, state: str) -> None:
        if state == "failing" or self._disk == "failing":
            _limit_files(FULL_BYTES if state == "failing" else -1)
        self._disk = state

    def __call__(self, point: Point) -> None:
        """The watcher of all points."""
        if point in self._always and random.random() < MOSTLY:
            raise RuntimeError(f"told to fail at {point}")
        if self._at[point]:
            self._strike(point)

    def _next(self, where: str) -> str:
        """What is to break now, and was reported; "": nothing yet."""
        with self._lock:
            if not self._at[where]:
                return ""
            action, left = self._at[where][0]
            if left > 1:
                self._at[where][0] = (action, left - 1)
                return ""
            self._at[where].pop(0)
            self._pipe.send((where, action))
            return action

    def _strike(self, where: str) -> None:
        action = self._next(where)
        if action == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        elif action == "stall":
            os.kill(os.getpid(), getattr(signal, "SIGSTOP", signal.SIGTERM))
        elif action == "delay":
            time.sleep(DELAY_S)
        elif action == "raise":
            raise RuntimeError(f"told to fail at {where}")

    def announce(self) -> None:
        """The process is up."""
        with self._lock:
            self._pipe.send((UP, ""))

    def begun(self, connection: Connection) -> None:
        """A transaction began."""
        if connection.dialect.name != "sqlite":
            return
        info = connection.info
        if "reads" not in info:
            info["reads"] = bool(connection.exec_driver_sql("PRAGMA query_only").scalar())
        state = self._disk if self._disk in PRAGMAS else "well"
        if info["reads"] or info.get("disk", "well") == state:
            return
        for pragma in PRAGMAS["well"] + PRAGMAS[state]:
            connection.exec_driver_sql(pragma)
        info["disk"] = state

    def committing(self, connection: Connection) -> None:
        """A transaction is about to commit: perhaps it does, and nobody hears of it."""
        only_reads = connection.get_execution_options().get("postgresql_readonly")
        if only_reads or self._next("commit") != "unheard":
            return
        raw: Any = connection.connection.driver_connection
        raw.commit()
        raise OperationalError("COMMIT", {}, ConnectionError("the answer to COMMIT was lost"))


def _limit_files(size: int) -> None:
    """No file grows beyond `size`, as on a disk that fails; -1: no limit."""
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def run(
    role: str, port: int, settings: dict[str, str], log: str, pipe: Pipe, is_quick: bool
) -> None:
    """Be the shop's process of that role: "serve", "web" (no worker) or "worker"."""
    if is_quick:
        worker.RENEW_S = 0.3
        working.LOOK_S = 0.2
    os.environ.clear()
    os.environ.update(settings)
    _write_into(log)
    clock = MovedClock()
    faults = Faults(pipe, clock)
    event.listen(Engine, "begin", faults.begun)
    event.listen(Engine, "commit", faults.committing)
    house = app.open_house()
    points.watch(faults)
    with contextlib.closing(replace(house, clock=clock)) as changed:
        if role == "worker":
            app.work(changed, concurrency=200, metrics_port=None, announce=faults.announce)
        else:
            app.serve(
                changed,
                host="127.0.0.1",
                port=port,
                with_worker=role == "serve",
                announce=faults.announce,
            )


def _write_into(log: str) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    sys.stdout = os.fdopen(1, "w", closefd=False, encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, encoding="utf-8")
