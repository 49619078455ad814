"""A state of the database enters; a shop leaves that kills itself the moment it is reached.

    python -m tests.acceptance.dying_shop serve --port N --dies before|after --when QUERY
    python -m tests.acceptance.dying_shop serve --port N --ahead-s 60

It is the shop that `cli.py serve` starts, on a database that watches what is written: a unit of
work after which QUERY finds a row is the last one; it dies just before or just after the COMMIT.
With --ahead-s its clock is ahead, so that what waits for a time is due at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

import app
from core.clock import SystemClock
from core.database import Database, T, Work


class DyingDatabase(Database):
    """Writes as any database does, until the state it watches for."""

    def __init__(self, url: URL, query: str, dies: str) -> None:
        super().__init__(url)
        self._query = query
        self._dies_before = dies == "before"

    def write(self, work: Work[T]) -> T:
        return self._outlived(super().write(self._watched(work)))

    async def write_async(self, work: Work[T]) -> T:
        watched = self._watched(work)
        return self._outlived(await asyncio.wrap_future(self._writer.submit(watched)))

    def _watched(self, work: Work[T]) -> Work[tuple[T, bool]]:
        def watched(connection: Connection) -> tuple[T, bool]:
            result = work(connection)
            is_reached = connection.execute(text(self._query)).first() is not None
            if is_reached and self._dies_before:
                _die()
            return result, is_reached

        return watched

    @staticmethod
    def _outlived(outcome: tuple[T, bool]) -> T:
        result, is_reached = outcome
        if is_reached:
            _die()
        return result


class ClockAhead(SystemClock):
    """The system's clock, some seconds ahead."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        return super().now() + self._ahead


def _die() -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has but one kill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("serve")
    parser.add_argument("--port", type=int)
    parser.add_argument("--dies", choices=("before", "after"))
    parser.add_argument("--when")
    parser.add_argument("--ahead-s", type=float, default=0.0)
    options = parser.parse_args()
    house = app.open_house()
    changes: dict[str, Any] = {"clock": ClockAhead(options.ahead_s)}
    if options.when:
        house.close()
        changes["database"] = DyingDatabase(house.database.url, options.when, options.dies)
    with closing(replace(house, **changes)) as changed:
        app.serve(
            changed,
            host="127.0.0.1",
            port=options.port,
            with_worker=True,
            announce=lambda: None,
        )


if __name__ == "__main__":
    main()
