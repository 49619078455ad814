"""A seed and a number of messages enter; chaos runs, and the exit code says whether all held."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from core.database import Database, parse_url
from tests.acceptance.chaos import outside, verdict
from tests.acceptance.chaos.customers import PUBLIC, Customers, Door, Pace
from tests.acceptance.chaos.director import Director
from tests.acceptance.chaos.outside import BadProvider, BadTwilio
from tests.acceptance.chaos.plan import brief_plan, make_plan, names
from tests.acceptance.chaos.recovery import Recovery
from tests.acceptance.chaos.stage import Member, PostgresServer, SqliteFile
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.processes import ROOT, environment

PROVIDERS = ("groq", "openai", "mistral", "deepseek")
MESSAGES_A_ROUND = 10_000
CUSTOMERS = 60
BURST = 1_000
THINKS_S = 4.0
QUIET_S = 240.0
CATALOG = """sku,nombre,precio,moneda,stock,categoria
P-1,Laptop Andina 14 pulgadas,1500000,COP,4,Computadores
P-2,Mouse inalámbrico Colibrí,45000,COP,12,Accesorios
"""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    messages: int
    database: str
    seed: int
    brief: bool

    @property
    def replay(self) -> str:
        words = f"--messages {self.messages} --database {self.database} --seed {self.seed}"
        return f"python -m tests.acceptance.chaos {words}{' --brief' if self.brief else ''}"


def say(line: str) -> None:
    """Write it now, so that a long run can be followed."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def read_options(words: list[str] | None = None) -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="on each database")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--brief", action="store_true", help="each kill once, in seconds")
    return Options(**vars(parser.parse_args(words)))


def main() -> int:
    """Run on each database wanted; 0 when every promise was kept and every fault struck."""
    signal.signal(signal.SIGTERM, _end)
    options = read_options()
    say(f"replay: {options.replay}")
    databases = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    good = [asyncio.run(Run(options, database).play()) for database in databases]
    return 0 if all(good) else 1


def _end(*_: object) -> None:
    """Told to end: once, since being told again must not cut short how everything is ended."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


class Run:
    """One run on one database."""

    def __init__(self, options: Options, database: str) -> None:
        self._options = options
        self._database = database
        self._dice = random.Random(f"{options.seed} {database} run")
        self._recovery = Recovery()
        self._rate = "0" if options.brief else self._dice.choice(("0", "20"))

    async def play(self) -> bool:
        """Everything, and print what was found."""
        options, started = self._options, time.monotonic()
        rounds = max(1, options.messages // MESSAGES_A_ROUND)
        if options.brief:
            plan = brief_plan(options.seed, self._database)
        else:
            plan = make_plan(options.seed, self._database, rounds)
        said = f"{options.messages} messages, {len(plan)} faults, {self._rate} sends/s (0: any)"
        say(f"{self._database}: {said}")
        folder = Path(tempfile.mkdtemp(prefix="chaos"))
        folder.chmod(0o755)  # a database server that root starts runs as another user
        server = PostgresServer(folder) if self._database == "postgres" else None
        with closing(server or SqliteFile(folder)) as database:
            async with AsyncExitStack() as stack:
                await self._act(stack, database.url, folder, server, plan)
            found = self._judge(database.url)
        missed = [name for name in names(plan) if not self._director.hits[name]]
        self._print(found, missed, time.monotonic() - started)
        if found.is_good and not missed:
            shutil.rmtree(folder)
            return True
        say(f"FAILED; logs are kept in {folder}; replay: {options.replay}")
        return False

    async def _act(
        self,
        stack: AsyncExitStack,
        url: str,
        folder: Path,
        server: PostgresServer | None,
        plan: list[Any],
    ) -> None:
        options, dice = self._options, self._dice
        share = 0.1
        kinds = outside.KINDS_QUICK if options.brief else outside.KINDS
        self._providers = [
            stack.enter_context(BadProvider(random.Random(dice.random()), share=share, kinds=kinds))
            for _ in PROVIDERS
        ]
        self._twilio = BadTwilio(
            random.Random(dice.random()),
            lambda *call: door.post(*call),
            share=share,
            told=1.0 if options.brief else 0.5,
            sends=outside.SENDS_QUICK if options.brief else outside.SENDS,
            lists=outside.LISTS_QUICK if options.brief else outside.LISTS,
            on_stored=self._stored,
        )
        await self._twilio.start()
        stack.push_async_callback(self._twilio.stop)
        settings = self._settings(url)
        import_catalog(settings, folder)
        members = self._members(settings, folder)
        self._director = Director(
            members,
            server,
            self._twilio,
            self._providers,
            self._recovery,
            dice,
            is_quick=options.brief,
            burst=lambda: self._customers.burst(BURST),
            say=say,
        )
        for member in members:
            stack.push_async_callback(member.close)
            member.keep_alive()
        door = await stack.enter_async_context(Door(members, random.Random(dice.random())))
        pace = Pace()
        self._customers = Customers(
            door,
            pace,
            dice,
            self._recovery.acknowledged,
            thinks_s=0.0 if options.brief else THINKS_S,
        )
        writing = [
            asyncio.create_task(self._customers.write(number))
            for number in range(min(CUSTOMERS, options.messages // 4))
        ]
        directing = asyncio.create_task(self._director.direct(plan, pace, options.messages))
        await asyncio.gather(directing, *writing)
        self._twilio.be_good()
        for provider in self._providers:
            provider.be_good()
        await self._wait_until_quiet(url, members)

    def _stored(self, customer: str) -> None:
        self._recovery.answered(customer)
        self._customers.answered(customer)

    def _settings(self, url: str) -> dict[str, str]:
        settings = {
            "DATABASE_URL": url,
            "PUBLIC_BASE_URL": PUBLIC,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE_URL": self._twilio.base_url,
            "TWILIO_MAX_SENDS_PER_S": self._rate,
            "COALESCE_WAIT_S": "0.05" if self._options.brief else "0.3",
            "COALESCE_MAX_S": "1",
            "AI_FALLBACK_ORDER": ",".join(PROVIDERS),
            "SECRET_KEY": "chaos",
            "CONSOLE_PASSWORD": "chaos",
        }
        for name, provider in zip(PROVIDERS, self._providers, strict=True):
            settings |= {
                f"{name.upper()}_API_KEY": "key",
                f"{name.upper()}_BASE_URL": provider.base_url,
                f"{name.upper()}_MODEL": "fake-model",
                f"{name.upper()}_TIMEOUT": "3",
            }
        return environment(settings) | {"AI_FALLBACK_ORDER": ",".join(PROVIDERS)}

    def _members(self, settings: dict[str, str], folder: Path) -> list[Member]:
        roles = ("serve",) if self._database == "sqlite" else ("web", "web", "worker", "worker")
        method = "forkserver" if self._options.brief and sys.platform != "win32" else "spawn"
        return [
            Member(
                role,
                settings,
                folder / f"{role}{number}.log",
                method,
                on_report=lambda *report: self._director.on_report(*report),
                on_end=lambda member: self._director.on_end(member),
            )
            for number, role in enumerate(roles)
        ]

    async def _wait_until_quiet(self, url: str, members: list[Member]) -> None:
        """Until nothing is open; what waits for its time gets it by moving the clock."""
        deadline = time.monotonic() + QUIET_S
        with reading(url) as rows:
            while time.monotonic() < deadline:
                await asyncio.sleep(0.25)
                try:
                    is_open = any([await asyncio.to_thread(rows, query) for query in verdict.OPEN])
                    if not is_open and not self._twilio._callbacks:
                        return
                    ahead_s = await asyncio.to_thread(_wait_s, rows, members[0].offset_s)
                except Exception as error:  # noqa: BLE001 - the database may just be restarting
                    say(f"  {error}")
                    continue
                if ahead_s > 0:
                    for member in members:
                        member.move_clock(members[0].offset_s + ahead_s)

    def _judge(self, url: str) -> verdict.Verdict:
        with reading(url) as rows:
            return verdict.judge(
                rows, self._customers.written, self._twilio.sent, self._twilio.refused
            )

    def _print(self, found: verdict.Verdict, missed: list[str], took_s: float) -> None:
        hits = self._director.hits
        kills = len(self._recovery.kills)
        lines = [
            f"{self._database}: {took_s:.0f} s, {kills} kills, {sum(hits.values())} faults struck,"
            f" {self._customers.repeated} messages repeated",
            *found.lines(),
            *self._recovery.lines(),
            f"  struck: {', '.join(f'{name} {times}' for name, times in sorted(hits.items()))}",
            f"  twilio: {dict(self._twilio.did)}",
            f"  providers: {dict(sum((p.did for p in self._providers), start=outside.Counter()))}",
        ]
        if missed:
            lines.append(f"  MISSED: {', '.join(missed)}")
        say("\n".join(lines))


def import_catalog(settings: dict[str, str], folder: Path) -> None:
    """Fill a new shop's shelves."""
    import subprocess

    file = folder / "catalog.csv"
    file.write_text(CATALOG, encoding="utf-8")
    subprocess.run(
        [sys.executable, "cli.py", "catalog", "import", str(file)],
        check=True,
        cwd=ROOT,
        env=settings,
        capture_output=True,
    )


@contextmanager
def reading(url: str) -> Iterator[verdict.Rows]:
    """What answers queries of the shop's database."""
    with closing(Database(parse_url(url, ROOT))) as database:
        yield lambda query: database.read(lambda c: [tuple(r) for r in c.execute(text(query))])


def _wait_s(rows: verdict.Rows, offset_s: float) -> float:
    """How far the clock may be moved so that the next thing is due; 0 while something is."""
    now = datetime.now(UTC) + timedelta(seconds=offset_s)
    due = [
        _aware(value)
        for at, until in rows("SELECT due_at, lease_until FROM conversation WHERE tail > done")
        for value in [max(filter(None, (at, until)))]
    ]
    return max(0.0, (min(due) - now).total_seconds() + 0.1) if due else 0.0


def _aware(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
