"""Whether the shop takes and answers messages right now is read from its tables."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from bot import readiness
from bot.health.pings import Ping, store_ping, stored_states
from bot.readiness import STUCK_S, Machine
from bot.schedule import win
from bot.tables import WorkerBeat
from core.database import Database
from tests.fakes import FixedClock
from tests.working_shop import somebody_waits


def beat(database: Database, at: datetime, worker: str = "w1") -> None:
    database.write(
        lambda c: c.execute(insert(WorkerBeat).values(worker=worker, started_at=at, seen_at=at))
    )


def tick(database: Database, at: datetime) -> None:
    database.write(lambda c: win(c, "ping", at, "w1"))


def ping(clock: FixedClock, state: str) -> Ping:
    return Ping("groq", True, state == "ok", state, 12, "m1", None, None, clock.now())


def check(database: Database, clock: FixedClock) -> readiness.Readiness:
    return database.read(lambda c: readiness.check(c, clock.now()))


def test_with_a_worker_and_a_schedule_all_is_well(database: Database, clock: FixedClock) -> None:
    beat(database, clock.now())
    tick(database, clock.now())
    assert check(database, clock).is_ready


def test_before_anything_runs_nothing_is_well_but_the_database(
    database: Database, clock: FixedClock
) -> None:
    found = check(database, clock)
    assert [name for name, is_well in found.checks.items() if not is_well] == ["worker", "schedule"]
    assert found.reasons["worker"] == {"reason": "never_seen"}


@pytest.mark.parametrize(
    ("after_s", "is_well"),
    [(readiness.WORKER_SILENT_S, True), (readiness.WORKER_SILENT_S + 1, False)],
)
def test_a_worker_that_fell_silent_is_missed(
    database: Database, clock: FixedClock, after_s: float, is_well: bool
) -> None:
    beat(database, clock.now())
    clock.advance(after_s)
    assert check(database, clock).checks["worker"] is is_well


def test_who_fell_silent_is_told_with_the_seconds(database: Database, clock: FixedClock) -> None:
    beat(database, clock.now())
    clock.advance(31)
    assert check(database, clock).reasons["worker"] == {"reason": "silent", "seconds": 31.0}


@pytest.mark.parametrize(
    ("due_s", "free_mb", "reasons"),
    [
        pytest.param(
            61, None, {"queue": {"reason": "old", "seconds": 61.0, "waiting": 1}}, id="old"
        ),
        pytest.param(60, None, {}, id="not yet old"),
        pytest.param(None, 255, {"disk": {"reason": "low", "free_mb": 255}}, id="disk nearly full"),
        pytest.param(None, 256, {}, id="disk with room"),
    ],
)
def test_what_only_warns_does_not_keep_it_from_being_ready(
    sqlite_database: Database,
    clock: FixedClock,
    due_s: float | None,
    free_mb: int | None,
    reasons: dict[str, object],
) -> None:
    beat(sqlite_database, clock.now())
    tick(sqlite_database, clock.now())
    if due_s is not None:
        at = clock.now() - timedelta(seconds=due_s)
        sqlite_database.write(lambda c: somebody_waits(c, at))
    found = sqlite_database.read(lambda c: readiness.check(c, clock.now(), Machine(free_mb)))
    assert (found.is_ready, found.reasons) == (True, reasons)


def test_one_live_worker_of_several_is_enough(database: Database, clock: FixedClock) -> None:
    beat(database, clock.now() - timedelta(days=1), "w1")
    beat(database, clock.now(), "w2")
    assert check(database, clock).checks["worker"]


def test_a_schedule_that_stopped_is_missed(database: Database, clock: FixedClock) -> None:
    tick(database, clock.now())
    clock.advance(readiness.SCHEDULE_SILENT_S + 1)
    assert not check(database, clock).checks["schedule"]


def test_providers_are_shown_and_never_the_cause(database: Database, clock: FixedClock) -> None:
    beat(database, clock.now())
    tick(database, clock.now())
    database.write(lambda c: store_ping(c, ping(clock, "auth")))
    found = check(database, clock)

    assert found.providers == {"groq": "auth"}
    assert found.is_ready


def test_the_last_ping_is_the_one_that_is_kept(database: Database, clock: FixedClock) -> None:
    database.write(lambda c: store_ping(c, ping(clock, "auth")))
    clock.advance(300)
    database.write(lambda c: store_ping(c, ping(clock, "ok")))
    assert database.read(stored_states) == {"groq": ("ok", clock.now())}


@pytest.mark.parametrize(
    ("machine", "name", "reason"),
    [
        (Machine(commit_s=STUCK_S + 1), "database", "writer_stuck"),
        (Machine(loop_s=STUCK_S + 1), "worker", "event_loop_stuck"),
    ],
)
def test_a_process_that_stands_still_is_not_ready(
    sqlite_database: Database, clock: FixedClock, machine: Machine, name: str, reason: str
) -> None:
    beat(sqlite_database, clock.now())
    tick(sqlite_database, clock.now())
    found = sqlite_database.read(lambda c: readiness.check(c, clock.now(), machine))
    assert not found.is_ready
    assert found.reasons == {name: {"reason": reason, "seconds": STUCK_S + 1}}
