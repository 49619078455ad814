"""What happens by the clock happens once, whichever process does it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import httpx
import pytest
from sqlalchemy import insert, select

from bot import schedule
from bot.figures import newest_attempts
from bot.health import Health, Member
from bot.health.pings import Pinger
from bot.ledger import store_attempts
from bot.messages import AttemptRow
from bot.providers.base import find_providers
from bot.schedule import Schedule, clean_up, slot_of, win
from bot.tables import ScheduleTick
from core.database import Database
from core.settings import ProviderSettings
from tests.fakes import FixedClock

SLOT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MEMBER = Member(find_providers()["groq"], ProviderSettings("k", ("m1",), "http://groq.test/v1"))


def ticks(database: Database) -> list[tuple[str, datetime]]:
    rows = database.read(lambda c: c.execute(select(ScheduleTick.job, ScheduleTick.slot)).all())
    return [(row.job, row.slot) for row in rows]


@pytest.mark.parametrize(
    ("minute", "second", "interval_s", "expected"),
    [
        (0, 0, 300, (0, 0)),
        (4, 59, 300, (0, 0)),
        (5, 0, 300, (5, 0)),
        (7, 31, 30, (7, 30)),
    ],
)
def test_every_process_finds_the_same_slot(
    minute: int, second: int, interval_s: float, expected: tuple[int, int]
) -> None:
    slot = slot_of(SLOT.replace(minute=minute, second=second, microsecond=7), interval_s)
    assert (slot.minute, slot.second, slot.microsecond) == (*expected, 0)


def test_a_slot_is_won_once(database: Database) -> None:
    assert database.write(lambda c: win(c, "ping", SLOT, "w1"))
    assert not database.write(lambda c: win(c, "ping", SLOT, "w2"))


def test_each_job_and_each_slot_is_a_tick_of_its_own(database: Database) -> None:
    later = SLOT + timedelta(seconds=300)
    won = [
        database.write(lambda c: win(c, "ping", SLOT, "w1")),
        database.write(lambda c: win(c, "ping", later, "w2")),
        database.write(lambda c: win(c, "clean_up", SLOT, "w2")),
    ]
    assert won == [True, True, True]


def test_of_many_at_once_one_wins(database: Database) -> None:
    together, won = Barrier(8), list[bool]()

    def try_it(owner: str) -> None:
        together.wait()
        won.append(database.write(lambda c: win(c, "ping", SLOT, owner)))

    threads = [Thread(target=try_it, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_clean_up_drops_what_is_old_and_nothing_else(database: Database, clock: FixedClock) -> None:
    now = clock.now()
    for age in (schedule.TICKS_KEPT + timedelta(hours=1), timedelta(hours=1)):
        database.write(
            lambda c, at=now - age: c.execute(  # type: ignore[misc]
                insert(ScheduleTick).values(job="ping", slot=at, owner="w")
            )
        )
    for age in (schedule.LEDGER_KEPT + timedelta(days=1), timedelta(days=1)):
        row = AttemptRow("t", "groq", "m", 1, "answered", 1, now - age)
        database.write(lambda c, row=row: store_attempts(c, [row]))  # type: ignore[misc]

    database.write(lambda c: clean_up(c, now))

    assert [slot for _, slot in ticks(database)] == [now - timedelta(hours=1)]
    assert len(database.read(lambda c: newest_attempts(c, 9))) == 1


async def run_until_pinged(
    database: Database, clock: FixedClock, interval_s: float, looks: list[str] | None = None
) -> list[str]:
    """The paths a schedule asks for until its first ping, clean-up and look at the source.

    Args:
        looks: is told of each look.
    """
    paths, pinged, looked = list[str](), asyncio.Event(), asyncio.Event()

    async def refresh_catalog() -> None:
        if looks is not None:
            looks.append("catalog")
        looked.set()

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        pinged.set()
        return httpx.Response(200, json={"data": [{"id": "m1"}]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        made = Schedule(
            database,
            clock,
            Pinger(client, Health(clock), clock),
            lambda: (MEMBER,),
            owner="w1",
            ping_interval_s=interval_s,
            refresh_catalog=refresh_catalog,
        )
        made.start()
        if interval_s:
            await pinged.wait()
        await looked.wait()
        while len(ticks(database)) < 2:
            await asyncio.sleep(0.01)
        await made.stop()
    return paths


async def test_the_first_pings_go_out_at_once_and_spend_no_tokens(
    sqlite_database: Database, clock: FixedClock
) -> None:
    assert await run_until_pinged(sqlite_database, clock, 300) == ["/v1/models"]


async def test_pings_can_be_switched_off(sqlite_database: Database, clock: FixedClock) -> None:
    assert await run_until_pinged(sqlite_database, clock, 0) == []


async def test_a_start_ticks_at_once_so_that_readiness_need_not_wait(
    sqlite_database: Database, clock: FixedClock
) -> None:
    await run_until_pinged(sqlite_database, clock, 0)
    assert ("clean_up", SLOT) in ticks(sqlite_database)


async def test_the_catalogs_source_is_looked_at_as_the_shop_opens(
    sqlite_database: Database, clock: FixedClock
) -> None:
    looks = list[str]()
    await run_until_pinged(sqlite_database, clock, 0, looks)
    assert looks == ["catalog"]


async def test_processes_that_open_together_look_at_the_source_once(
    sqlite_database: Database, clock: FixedClock
) -> None:
    sqlite_database.write(lambda c: win(c, "catalog_start", SLOT, "w2"))
    looks = list[str]()
    running = asyncio.create_task(run_until_pinged(sqlite_database, clock, 0, looks))
    while ("clean_up", SLOT) not in ticks(sqlite_database):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert looks == []
