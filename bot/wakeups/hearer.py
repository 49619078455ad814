"""Procrastinate's jobs enter, the worker of this process leaves awake.

Runs in a thread with an event loop of its own, the same on every system: on Windows the driver
refuses the loop that the rest of the worker runs in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Coroutine
from typing import Any

import procrastinate
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bot.wakeups import Hears, Wake
from bot.wakeups.jobs import ARRIVALS, CONNECT_S, QUEUE, TASK, Told
from core.faults import brief
from core.log import log_event

log = logging.getLogger(__name__)

JOBS_AT_ONCE = 4
"""Each takes a moment only; with several, one is fetched while another is being closed."""
FETCH_EVERY_S = 1.0
"""Procrastinate misses a notification that comes while it fetches."""
ROOM_EVERY_S = 0.05
STALLED_EVERY_S = 30.0
CANCEL_S = 1.0
CLOSE_S = 10.0
AGAIN_S = 1.0
"""Pause before the listener is built anew, when the database went away."""


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
        self._listening: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._thread = threading.Thread(target=self._run, name="hearer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more jobs; returns when those that were taken are closed, or the time is up."""
        self._stopping.set()
        if self._listening is not None:
            loop, listening = self._listening
            with contextlib.suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(listening.cancel)
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        for library in ("procrastinate", "psycopg.pool"):  # lines for each job, and each attempt
            logging.getLogger(library).setLevel(logging.CRITICAL)
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            while not self._stopping.is_set():
                try:
                    runner.run(self._listen())
                except asyncio.CancelledError:
                    return
                except Exception as error:  # noqa: BLE001 - meanwhile the worker looks by itself
                    log_event(log, logging.WARNING, "hearer_broken", error=brief(error))
                self._stopping.wait(AGAIN_S)

    async def _listen(self) -> None:
        listening = asyncio.current_task()
        assert listening is not None
        self._listening = asyncio.get_running_loop(), listening
        pool = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=2,
            open=False,
            timeout=CONNECT_S,
            configure=_configure,
        )
        jobs = procrastinate.App(connector=PsycopgConnector())
        jobs.task(name=TASK, queue=QUEUE)(self._hear)
        async with pool, jobs.open_async(pool):
            await pool.wait(CONNECT_S)
            if not self._stopping.is_set():
                await _until_one_ends(
                    self._fetch(jobs), self._note_arrivals(), self._adopt_stalled(jobs)
                )

    @staticmethod
    async def _fetch(jobs: procrastinate.App) -> None:
        await jobs.run_worker_async(
            queues=[QUEUE],
            concurrency=JOBS_AT_ONCE,
            delete_jobs="always",
            fetch_job_polling_interval=FETCH_EVERY_S,
            install_signal_handlers=False,
        )
        raise ConnectionError("Procrastinate lost the database")  # that is when it returns

    async def _hear(self, **arguments: Any) -> None:
        # Room is made in another thread; a twentieth of a second is nothing to who waits for room.
        while not (self._worker.has_room or self._stopping.is_set()):  # noqa: ASYNC110
            await asyncio.sleep(ROOM_EVERY_S)
        self._pass_on(Told.from_job(arguments))

    def _pass_on(self, told: Told) -> None:
        wake = self._tell if self._stopping.is_set() else self._worker.wake
        wake(told.conversation_id, told.due_at, told.seq)

    async def _note_arrivals(self) -> None:
        async with await AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=CONNECT_S
        ) as connection:
            await connection.execute(f"LISTEN {ARRIVALS}")
            async for word in connection.notifies():
                told = Told.from_word(word.payload)
                if told.holder == self._worker.name:
                    self._pass_on(told)

    async def _adopt_stalled(self, jobs: procrastinate.App) -> None:
        """Close what killed workers took and never closed, one by one."""
        while True:
            for job in await jobs.job_manager.get_stalled_jobs(queue=QUEUE):
                try:
                    await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=True)
                except ConnectorException:  # another worker was quicker
                    continue
                self._pass_on(Told.from_job(job.task_kwargs))
            await asyncio.sleep(STALLED_EVERY_S)


async def _configure(connection: AsyncConnection[Any]) -> None:
    """A job is one statement, and losing its last word to a crash of the server does no harm."""
    await connection.set_autocommit(True)
    await connection.execute("SET synchronous_commit TO off")


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run all of these endless works; none outlives the others, and a fault is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        running = set(tasks)
        while running:  # Python 3.11 loses a cancellation that meets an answer of the database
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_S)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
