"""What one process tells reaches the workers of others, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

import migrations
from app.house import House
from app.wakeups import _conninfo, hearing
from bot.wakeups.hearer import Hearer
from bot.wakeups.teller import Teller
from core.database import POSTGRES_ALIVE, Base, Database, make_engine, parse_url
from core.settings import Settings
from tests.processes import wait_until

ROOT = Path(migrations.__file__).parent
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass
class Worker:
    """One of which only the ears are real."""

    name: str = "w1"
    has_room: bool = True
    heard: list[tuple[int, datetime, int]] = field(default_factory=list)

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, _holder: str | None = None
    ) -> None:
        self.heard.append((conversation_id, due_at, seq))

    async def stop_asked(self) -> None:
        await asyncio.Event().wait()

    @property
    def conversations(self) -> set[int]:
        return {each[0] for each in self.heard}


class Office:
    """Tells, and listens for as many workers as a test wants."""

    def __init__(self, url: URL, stack: ExitStack) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._stack = stack
        self.database = stack.enter_context(closing(Database(url)))
        self.run("DELETE FROM procrastinate_jobs")

    def tell(self, *conversations: int, holder: str | None = None) -> None:
        """Returns when it is told."""
        with closing(Teller(self._conninfo)) as teller:
            for each in conversations:
                teller.wake(each, NOW, 3, holder)

    def listen(self, worker: Worker) -> Hearer:
        def tell(conversation_id: int, *_: object) -> None:
            self.tell(conversation_id)

        return self._stack.enter_context(closing(Hearer(self._conninfo, worker, tell)))

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        def work(connection: Any) -> list[tuple[Any, ...]]:
            found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

        return self.database.write(work)

    @property
    def jobs(self) -> int:
        return int(self.run("SELECT count(*) FROM procrastinate_jobs")[0][0])


@pytest.fixture(scope="module")
def migrated(postgres_url: str) -> URL:
    server = parse_url(postgres_url, ROOT)
    engine = make_engine(server, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS woken WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE woken"))
    engine.dispose()
    migrations.upgrade(server.set(database="woken"), Base.metadata)
    return server.set(database="woken")


@pytest.fixture
def office(migrated: URL) -> Iterator[Office]:
    with ExitStack() as stack:
        yield Office(migrated, stack)


def test_a_worker_hears_what_is_told_and_no_job_is_left(office: Office) -> None:
    worker = Worker()
    office.tell(7)
    hearer = office.listen(worker)
    wait_until(lambda: worker.heard, "it is heard")
    hearer.close()
    assert worker.heard == [(7, NOW, 3)]
    assert office.jobs == 0


def test_that_nobody_can_listen_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []

    def refuse(conninfo: str, *_: object) -> None:
        tries.append(conninfo)
        raise OSError("away")

    monkeypatch.setattr("bot.wakeups.hearer.AGAIN_S", 0.01)
    monkeypatch.setattr("bot.wakeups.hearer._listening", refuse)
    with closing(Hearer("", Worker(), lambda *_: None)):
        wait_until(lambda: len(tries) > 3, "it tries again")
    assert caplog.text.count("hearer_broken") == 1


def test_what_is_queued_already_does_not_keep_back_what_is_told_beside_it(office: Office) -> None:
    office.tell(7)
    office.tell(7, 8, 9)
    assert office.jobs == 3


def test_a_message_during_a_turn_is_told_to_the_worker_that_holds_it(office: Office) -> None:
    holder, other = Worker("holder"), Worker("other")
    office.listen(holder)
    office.listen(other)

    def is_heard() -> bool:
        office.tell(7, holder="holder")  # until it listens nobody remembers it
        return bool(holder.heard)

    wait_until(is_heard, "the holder hears of it")
    assert other.heard == []


def test_a_worker_without_room_leaves_jobs_to_others(office: Office) -> None:
    full, free = Worker("full", has_room=False), Worker("free")
    office.listen(full)
    office.tell(*range(20))
    office.listen(free)
    wait_until(lambda: free.conversations == set(range(20)), "the other one takes them")
    assert full.heard == []


def test_a_worker_that_finds_room_takes_what_it_had_left(office: Office) -> None:
    worker = Worker(has_room=False)
    office.tell(7)
    office.listen(worker)
    assert office.jobs == 1
    worker.has_room = True
    wait_until(lambda: worker.conversations == {7}, "it is heard")


TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_tokens": ("t",)}


@pytest.mark.parametrize(("settings", "left"), [({}, 1), (TWILIO, 0)])
async def test_a_worker_that_cannot_send_leaves_jobs_to_others(
    settings: dict[str, Any], left: int, office: Office
) -> None:
    house = SimpleNamespace(database=office.database, settings=Settings(**settings))
    office.tell(7)
    async with hearing(cast(House, house), Worker(), lambda *_: None):
        await asyncio.sleep(0.5)
    assert office.jobs == left


def test_those_who_tell_and_hear_notice_soon_that_the_server_vanished(office: Office) -> None:
    house = SimpleNamespace(database=office.database)
    with psycopg.connect(_conninfo(cast(House, house))) as connection:
        found = connection.info.get_parameters()
    assert found.items() >= {name: str(value) for name, value in POSTGRES_ALIVE.items()}.items()


def test_after_the_connections_broke_it_hears_again(office: Office) -> None:
    worker = Worker()
    office.listen(worker)
    office.tell(7)
    wait_until(lambda: worker.conversations == {7}, "it listens")
    office.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    office.tell(8)
    wait_until(lambda: worker.conversations == {7, 8}, "it listens again")
