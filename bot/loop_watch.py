"""An event loop enters; how late it is leaves, and what holds it up when it stands still."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable

from core.clock import Clock
from core.log import log_event

log = logging.getLogger(__name__)

EVERY_S = 0.25
LATE_S = 0.5
"""A loop that comes back this late is worth a line."""
STUCK_S = 2.0
"""One that did not come back for this long is looked at while it stands."""
FRAMES = 6


class LoopWatch:
    """One of a process; may be read from any thread.

    Args:
        lagged: told the lag in seconds, four times a second.
    """

    def __init__(self, clock: Clock, lagged: Callable[[float], None]) -> None:
        self._clock = clock
        self._lagged = lagged
        self._due_s: float | None = None
        self._thread_id = 0
        self._has_told = False

    @property
    def late_s(self) -> float:
        """How long the loop has been overdue; 0 while it is well or nothing runs."""
        due_s = self._due_s
        return 0.0 if due_s is None else max(0.0, self._clock.monotonic_s() - due_s)

    async def run(self) -> None:
        """Measure the loop this runs in, until cancelled."""
        self._thread_id = threading.get_ident()
        ended = threading.Event()
        threading.Thread(target=self._guard, args=(ended,), name="loop-watch", daemon=True).start()
        try:
            while True:
                self._due_s = self._clock.monotonic_s() + EVERY_S
                await asyncio.sleep(EVERY_S)
                self._note(self.late_s)
        finally:
            self._due_s = None
            ended.set()

    def _note(self, late_s: float) -> None:
        self._has_told = False
        self._lagged(late_s)
        if late_s >= LATE_S:
            log_event(log, logging.WARNING, "event_loop_late", seconds=round(late_s, 2))

    def _guard(self, ended: threading.Event) -> None:
        while not ended.wait(STUCK_S / 2):
            self.look()

    def look(self) -> None:
        """From another thread: say once what a loop that stands still is busy with."""
        late_s = self.late_s
        if late_s < STUCK_S or self._has_told:
            return
        self._has_told = True
        frame = sys._current_frames().get(self._thread_id)
        steps = traceback.extract_stack(frame, FRAMES) if frame else []
        where = " < ".join(f"{step.filename}:{step.lineno}:{step.name}" for step in reversed(steps))
        log_event(
            log, logging.ERROR, "event_loop_stuck", seconds=round(late_s, 1), where=where or "?"
        )
