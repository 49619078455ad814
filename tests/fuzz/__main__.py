"""A target and a number of cases enter, the seed and a verdict for each target leave.

`python -m tests.fuzz --cases 20000` takes every target in turn; `--seed` repeats a run.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis

from core.database import Database, parse_url
from tests.fuzz import files, server, web

HANGS_S = 60
"""A single case that takes longer ends the run, with the place where it stood."""

WEB: dict[str, Callable[[web.Door], Callable[[], None]]] = {
    "webhook": web.inbound,
    "unsigned": web.unsigned,
    "status": web.status,
    "answers": web.answers,
}
FILES: dict[str, Callable[[Database, Path], Callable[[], None]]] = {
    "catalog": files.products,
    "any-file": files.any_file,
    "facts": files.shop_facts,
}
SERVER = "server"
ALL = (*WEB, *FILES, SERVER)


@contextlib.contextmanager
def entered(target: str, folder: Path, url: str | None = None) -> Iterator[Any]:
    """The property of one target, on a database or a running shop of its own."""
    if target == SERVER:
        with server.running_shop(folder) as shop, httpx.Client(trust_env=False) as client:
            yield server.requests(shop, client)
        return
    database = web.make_database(parse_url(url or f"sqlite:///{folder / 'fuzz.db'}", folder))
    with contextlib.closing(database):
        if target in WEB:
            yield WEB[target](web.Door(database))
        else:
            yield FILES[target](database, folder)


def attempt(target: str, cases: int, seed: int, url: str | None) -> bool:
    """Run one target; says what it found."""
    chosen = hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
    )
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder, entered(target, Path(folder), url) as case:
            hypothesis.seed(seed)(chosen(watched(case)))()
    except Exception:  # noqa: BLE001 - whatever a case led to
        traceback.print_exc()
        return False
    say(f"{target}: {cases} cases, no fault, {time.monotonic() - started:.0f} s")
    return True


def watched(run: Any) -> Any:
    """The same property, ended from outside when a case hangs."""
    inner = run.hypothesis.inner_test

    def one(*arguments: Any, **named: Any) -> None:
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        inner(*arguments, **named)

    run.hypothesis.inner_test = one
    return run


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="of each target")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--target", choices=ALL, action="append")
    parser.add_argument("--database", help="an empty one, in the place of SQLite files")
    given = parser.parse_args()
    say(f"seed {given.seed}")
    targets = given.target or ALL
    verdicts = [attempt(name, given.cases, given.seed, given.database) for name in targets]
    faulthandler.cancel_dump_traceback_later()
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
