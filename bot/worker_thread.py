"""What works enters; it runs in a thread with an event loop of its own until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Pause before a worker that broke is built anew."""


class Works(Protocol):
    """A worker, or what answers programs where the worker is another process."""

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`."""

    def stop(self) -> None:
        """End soon; called from any thread."""


Run = Callable[[Callable[[Works], None]], Coroutine[Any, Any, None]]


class WorkerThread:
    """The worker beside a web server, or beside a main thread that waits for signals.

    Args:
        run: builds a worker, hands it to its argument and works until that worker is stopped.
        broke: told of each worker that broke.
    """

    def __init__(self, run: Run, broke: Callable[[], object] = lambda: None) -> None:
        self._run = run
        self._broke = broke
        self._worker: Works | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name="worker")

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None
    ) -> None:
        """As `wakeups.Wake`; before the worker runs nobody needs to be told."""
        if self._worker is not None:
            self._worker.wake(conversation_id, due_at, seq, holder)

    def stop(self) -> None:
        """Finish or give back what is held; returns when that is done."""
        self._stopping.set()
        if self._worker is not None:
            self._worker.stop()
        if self._thread.ident:
            self._thread.join()

    def _keep_running(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._run(self._started))
            except Exception:  # the shop must not stay without a worker
                log.exception("worker_broken")
                self._broke()
                self._stopping.wait(AGAIN_S)

    def _started(self, worker: Works) -> None:
        self._worker = worker
        if self._stopping.is_set():
            worker.stop()
