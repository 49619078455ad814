"""The worker runs beside everything else until it is stopped, and is built anew when it breaks."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import worker_thread
from bot.worker_thread import WorkerThread


class PatientWorker:
    """A worker that works until it is stopped."""

    def __init__(self) -> None:
        self.woken: list[int] = []
        self.runs = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        self.runs.set()
        await self._stopped.wait()

    def wake(self, conversation_id: int, _due_at: datetime, _seq: int, *_: object) -> None:
        self.woken.append(conversation_id)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)


class Bench:
    """Builds workers; the first `broken` of them fail as they start."""

    def __init__(self, broken: int = 0) -> None:
        self.broken = broken
        self.workers: list[PatientWorker] = []
        self.is_up = threading.Event()

    async def run(self, on_start: Callable[[Any], None]) -> None:
        if self.broken:
            self.broken -= 1
            raise RuntimeError("no luck")
        worker = PatientWorker()
        self.workers.append(worker)
        on_start(worker)
        self.is_up.set()
        await worker.run()


def test_it_wakes_the_worker_and_stops_it() -> None:
    bench = Bench()
    thread = WorkerThread(bench.run)
    thread.start()
    bench.is_up.wait()

    thread.wake(7, datetime(2026, 1, 1, tzinfo=UTC), 1)
    thread.stop()

    assert bench.workers[0].woken == [7]


def test_a_broken_worker_is_built_anew(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_thread, "AGAIN_S", 0)
    bench, counted = Bench(broken=2), list[str]()
    thread = WorkerThread(bench.run, broke=lambda: counted.append("broke"))
    thread.start()
    bench.is_up.wait()
    thread.stop()

    assert len(counted) == 2
    broken = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [each.getMessage() for each in broken] == ["worker_broken"] * 2


def test_waking_before_the_worker_is_there_does_no_harm() -> None:
    WorkerThread(Bench().run).wake(1, datetime(2026, 1, 1, tzinfo=UTC), 1)
