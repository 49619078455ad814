"""Whatever goes wrong, its owner is told of it once, by one process, on every way there is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from bot.alarms import Alarms, Cause, store
from bot.alarms.store import Notice
from bot.alarms.teller import AGAIN_S, BUSY, Teller
from bot.alarms.wording import Wording
from bot.tables import Alarm, Contact, Conversation, OwnerNotice
from core.database import Database
from core.errors import DatabaseUnavailable, DeliveryError, DeliveryRejected, DeliveryUnavailable
from tests.fakes import FixedClock


@dataclass
class Ear:
    """A way to the owner; `failures` are raised first, in order."""

    name: str = "webhook"
    heard: list[Notice] = field(default_factory=list)
    failures: list[DeliveryError] = field(default_factory=list)
    deaf_to: tuple[Cause, ...] = ()

    def look(self, connection: Connection, now: object) -> None:
        """Needs nothing."""

    def can_tell(self, cause: Cause) -> bool:
        return cause not in self.deaf_to

    async def tell(self, notice: Notice, shop: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.heard.append(notice)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(notice.event, notice.cause) for notice in self.heard]


@dataclass
class Shop:
    """One process of a shop, looked at by hand."""

    database: Database
    clock: FixedClock
    ways: tuple[Ear, ...]

    def __post_init__(self) -> None:
        self.alarms = Alarms(self.database, self.clock)
        self.stored = [lambda c: None]
        self.teller = Teller(
            self.database,
            self.clock,
            self.alarms,
            Wording("es", lambda _c: "Tienda Sol", lambda instant: instant),
            self.ways,
            look=lambda _c: None,
            prove=lambda c: self.stored[0](c),
        )

    async def after(self, seconds: float = 0) -> None:
        """One look, so much later."""
        self.database.flush()
        self.clock.advance(seconds)
        await self.teller.tick()
        await self.teller.delivered()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def shop(sqlite_database: Database, clock: FixedClock, ear: Ear) -> Shop:
    return Shop(sqlite_database, clock, (ear,))


async def test_what_stands_is_told_once_and_so_is_its_end(shop: Shop, ear: Ear) -> None:
    for _ in range(3):
        shop.alarms.raise_(Cause.AI_DOWN)
        await shop.after(30)
    shop.alarms.clear(Cause.AI_DOWN)
    await shop.after(59)
    assert ear.told == [("alarm", "ai_down")]
    await shop.after(2)
    await shop.after(3600)
    assert ear.told == [("alarm", "ai_down"), ("recovered", "ai_down")]


async def test_a_notice_says_whose_shop_what_and_since_when(shop: Shop, ear: Ear) -> None:
    began = shop.clock.now()
    shop.alarms.raise_(Cause.TWILIO_ACCOUNT, mend="TWILIO_AUTH_TOKEN")
    await shop.after(10)
    assert ear.heard[0].text.startswith("⚠️ Tienda Sol: Twilio no deja enviar: revisa TWILIO_AUTH")
    assert (ear.heard[0].since, ear.heard[0].recovered_at) == (began, None)


async def test_a_flicker_is_never_told(shop: Shop, ear: Ear) -> None:
    for _ in range(5):
        shop.alarms.raise_(Cause.AI_DOWN)
        await shop.after(10)
        shop.alarms.clear(Cause.AI_DOWN)
        await shop.after(61)
    assert ear.told == []


async def test_what_flaps_is_told_every_ten_minutes_at_most(shop: Shop, ear: Ear) -> None:
    for _ in range(15):  # two minutes down, two minutes up, for an hour
        shop.alarms.raise_(Cause.AI_DOWN)
        await shop.after(120)
        shop.alarms.clear(Cause.AI_DOWN)
        for _ in range(2):
            await shop.after(60)
    assert 1 < ear.told.count(("alarm", "ai_down")) <= 6
    assert ear.told.count(("alarm", "ai_down")) == ear.told.count(("recovered", "ai_down"))


async def test_each_of_several_is_a_cause_of_its_own(shop: Shop, ear: Ear) -> None:
    for name in ("groq", "openai"):
        shop.alarms.raise_(Cause.AI_NEEDS_OWNER, name, provider=name, advice="")
    await shop.after(30)
    shop.alarms.clear(Cause.AI_NEEDS_OWNER, "groq")
    await shop.after()
    await shop.after(61)
    assert [notice.text.split(":")[1].split()[0] for notice in ear.heard] == [
        "groq",
        "openai",
        "groq",
    ]


async def test_many_of_a_kind_are_one_notice(shop: Shop, ear: Ear) -> None:
    for code in (63024, 63024, 63003):
        shop.alarms.raise_(Cause.MESSAGE_UNDELIVERED, code=code)
    await shop.after(30)
    await shop.after(7200)
    assert len(ear.heard) == 1
    assert "no se intentan más: 3 (códigos de Twilio: 63024, 63003)" in ear.heard[0].text


@pytest.mark.parametrize("cause", [Cause.PERSON_WANTED, Cause.TURN_BURIED])
async def test_the_owner_gets_the_whole_numbers_of_who_must_be_called_and_the_log_does_not(
    shop: Shop, ear: Ear, cause: Cause, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = [f"+346000000{customer:02}" for customer in range(12)]
    for customer, number in enumerate(numbers, 1):
        talk_id = shop.database.write(lambda c, n=number, i=customer: talk(c, shop.clock, i, n))
        for _ in range(3):  # the same customer insists
            shop.alarms.raise_(cause, conversation_id=talk_id)
    await shop.after(10)
    assert f": {len(numbers)} ({', '.join(numbers)})." in ear.heard[0].text
    assert f"owner_alarm cause={cause.value}" in caplog.text
    assert "+346" not in caplog.text


def talk(connection: Connection, clock: FixedClock, customer: int, number: str) -> int:
    connection.execute(insert(Contact).values(id=customer, created_at=clock.now()))
    found: int = connection.execute(
        insert(Conversation)
        .values(
            contact_id=customer,
            channel="whatsapp",
            customer_address=f"whatsapp:{number}",
            shop_address="whatsapp:+14155238886",
            due_at=clock.now(),
            created_at=clock.now(),
        )
        .returning(Conversation.id)
    ).scalar_one()
    return found


async def test_no_more_than_a_few_an_hour_and_the_rest_later(shop: Shop, ear: Ear) -> None:
    names = [f"p{number}" for number in range(store.MOST_AN_HOUR + 3)]
    for name in names:
        shop.alarms.raise_(Cause.AI_NEEDS_OWNER, name, provider=name, advice="")
    await shop.after(60)
    assert len(ear.heard) == store.MOST_AN_HOUR
    await shop.after(3600)
    assert len(ear.heard) == len(names)


async def test_with_nobody_to_tell_it_is_logged(
    sqlite_database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(sqlite_database, clock, ())
    shop.alarms.raise_(Cause.DISK_LOW, free_mb=12)
    await shop.after(40)
    await shop.after(40)
    assert [line for line in caplog.messages if line.startswith("owner_alarm cause=disk_low")]
    shop.alarms.clear(Cause.DISK_LOW)
    await shop.after()
    await shop.after(61)
    assert len([line for line in caplog.messages if line.startswith("owner_")]) == 2


async def test_a_notice_that_is_not_taken_is_tried_again(shop: Shop, ear: Ear) -> None:
    ear.failures = [DeliveryUnavailable("status 500"), DeliveryUnavailable("status 500")]
    shop.alarms.raise_(Cause.CATALOG_REFUSED, reason="404")
    await shop.after(1)
    await shop.after(AGAIN_S[0])
    assert ear.told == []
    await shop.after(AGAIN_S[1])
    assert ear.told == [("alarm", "catalog_refused")]


@pytest.mark.parametrize("error", [DeliveryUnavailable("down"), DeliveryRejected("no")])
async def test_what_cannot_be_told_is_given_up(shop: Shop, ear: Ear, error: DeliveryError) -> None:
    ear.failures = [error] * 99
    shop.alarms.raise_(Cause.CATALOG_REFUSED, reason="404")
    for _ in range(len(AGAIN_S) + 3):
        await shop.after(3600)
    expected = len(AGAIN_S) + 1 if isinstance(error, DeliveryUnavailable) else 1
    assert 99 - len(ear.failures) == expected


async def test_one_way_does_not_wait_for_another(
    sqlite_database: Database, clock: FixedClock
) -> None:
    deaf, good = Ear("whatsapp", failures=[DeliveryUnavailable("down")]), Ear()
    shop = Shop(sqlite_database, clock, (deaf, good))
    shop.alarms.raise_(Cause.CATALOG_REFUSED, reason="404")
    await shop.after(1)
    await shop.after(AGAIN_S[0])
    assert deaf.told == good.told == [("alarm", "catalog_refused")]


async def test_a_cause_is_not_told_on_a_way_it_breaks(
    sqlite_database: Database, clock: FixedClock
) -> None:
    phone, web = Ear("whatsapp", deaf_to=(Cause.TWILIO_ACCOUNT,)), Ear()
    shop = Shop(sqlite_database, clock, (phone, web))
    shop.alarms.raise_(Cause.TWILIO_ACCOUNT, mend="TWILIO_AUTH_TOKEN")
    await shop.after(10)
    assert (phone.told, web.told) == ([], [("alarm", "twilio_account")])


async def test_a_notice_taken_by_who_died_is_told_by_the_next(shop: Shop, ear: Ear) -> None:
    shop.alarms.raise_(Cause.CATALOG_REFUSED, reason="404")
    shop.database.flush()
    shop.database.write(lambda c: store.tell(c, shop.clock.now(), lambda _: ["webhook"], word))
    now = shop.clock.now()
    assert shop.database.write(lambda c: store.take(c, "webhook", now, now + BUSY))
    await shop.after(59)
    assert ear.told == []
    await shop.after(1)
    assert ear.told == [("alarm", "catalog_refused")]
    assert ear.heard[0].tries == 2


def word(_connection: Connection, told: store.Told) -> str:
    return told.cause.value


def test_of_many_processes_one_tells(database: Database, clock: FixedClock) -> None:
    Alarms(database, clock).raise_(Cause.CATALOG_REFUSED, reason="404")
    database.flush()
    together, told = Barrier(6), list[int]()

    def tell() -> None:
        together.wait()
        found = database.write(lambda c: store.tell(c, clock.now(), lambda _: ["webhook"], word))
        told.append(len(found))

    together_run([tell] * 6)
    assert sorted(told) == [0, 0, 0, 0, 0, 1]


def test_of_many_processes_one_takes_a_notice(database: Database, clock: FixedClock) -> None:
    now = clock.now()
    told = store.Told("alarm", Cause.DISK_LOW, "", now, None, 1, {})
    database.write(lambda c: store.queue(c, told, "webhook", "x", now))
    together, taken = Barrier(6), list[bool]()

    def take() -> None:
        together.wait()
        found = database.write(lambda c: store.take(c, "webhook", now, now + BUSY))
        taken.append(found is not None)

    together_run([take] * 6)
    assert sum(taken) == 1


def together_run(works: list[object]) -> None:
    threads = [Thread(target=work) for work in works]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def test_what_one_process_raised_another_clears(
    database: Database, clock: FixedClock, ear: Ear
) -> None:
    first, second = Shop(database, clock, (ear,)), Shop(database, clock, (ear,))
    first.alarms.raise_(Cause.TWILIO_ACCOUNT, mend="TWILIO_AUTH_TOKEN")
    await second.after(10)
    second.alarms.clear(Cause.TWILIO_ACCOUNT)
    await first.after()
    await first.after(61)
    assert ear.told == [("alarm", "twilio_account"), ("recovered", "twilio_account")]


def test_saying_it_again_and_again_stores_it_once(shop: Shop) -> None:
    for _ in range(50):
        shop.alarms.set_(True, Cause.QUEUE_OLD, waiting=3)
        shop.alarms.set_(False, Cause.DISK_LOW)
    shop.database.flush()
    rows = shop.database.read(lambda c: c.execute(select(Alarm.cause, Alarm.times)).all())
    assert [tuple(row) for row in rows] == [("queue_old", 1)]


@contextmanager
def full_disk(shop: Shop) -> Iterator[None]:
    """Nothing can be stored meanwhile."""

    def fail(_connection: Connection) -> None:
        raise DatabaseUnavailable("database or disk is full")

    shop.stored[0] = fail
    yield
    shop.stored[0] = lambda c: None


async def test_a_database_that_cannot_store_is_told_all_the_same(shop: Shop, ear: Ear) -> None:
    await shop.after()
    with full_disk(shop):
        for _ in range(5):
            await shop.after(10)
        assert ear.told == [("alarm", "database_down")]
        assert "Tienda Sol" in ear.heard[0].text
    for _ in range(2):
        await shop.after(5)
    assert ear.told == [("alarm", "database_down"), ("recovered", "database_down")]


async def test_that_it_is_away_and_that_it_is_back_is_one_line_each_in_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await shop.after()
    for _ in range(2):
        with full_disk(shop):
            await shop.after(5)
            await shop.after(5)
        await shop.after(5)
        await shop.after(5)
    away = 'database_unavailable error="database or disk is full"'
    assert caplog.messages == [away, "database_back"] * 2


async def test_a_database_that_hangs_is_down(
    shop: Shop, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.alarms.teller.STUCK_S", 0.01)
    await shop.after()
    let_go = threading.Event()
    shop.stored[0] = lambda c: let_go.wait()
    for _ in range(5):
        shop.clock.advance(10)
        await shop.teller.tick()
    let_go.set()
    assert ear.told == [("alarm", "database_down")]


async def test_processes_that_lost_the_database_together_say_once_that_it_is_back(
    shop: Shop, sqlite_database: Database, clock: FixedClock, ear: Ear
) -> None:
    other = Shop(sqlite_database, clock, (ear,))
    with full_disk(shop), full_disk(other):
        for _ in range(5):
            await shop.after(10)
            await other.teller.tick()
    assert len({notice.id for notice in ear.heard}) == 1
    for one in (shop, other, shop):
        await one.after(5)
    assert ear.told.count(("recovered", "database_down")) == 1


async def test_a_database_that_was_busy_for_a_moment_is_no_alarm(shop: Shop, ear: Ear) -> None:
    with full_disk(shop):
        await shop.after(5)
        await shop.after(5)
    await shop.after(5)
    await shop.after(5)
    assert ear.told == []


async def test_looking_goes_on_whatever_one_look_meets(shop: Shop) -> None:
    looks = asyncio.Semaphore(0)

    def prove(_connection: Connection) -> None:
        looks.release()
        raise ZeroDivisionError

    shop.stored[0] = prove
    running = asyncio.create_task(shop.teller.run())
    await looks.acquire()
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_old_notices_and_ended_alarms_are_dropped(database: Database, clock: FixedClock) -> None:
    now = clock.now()
    old = now - store.KEPT - timedelta(minutes=1)
    told = store.Told("alarm", Cause.DISK_LOW, "", old, None, 1, {})
    for cause, ended in ((Cause.DISK_LOW, old), (Cause.QUEUE_OLD, None)):
        values = {"cause": cause, "subject": "", "since": old, "facts": {}, "recovered_at": ended}
        database.write(lambda c, v=values: c.execute(insert(Alarm).values(v)))  # type: ignore[misc]
    for at in (old, now):
        database.write(lambda c, at=at: store.queue(c, told, "webhook", "x", at))  # type: ignore[misc]
    database.write(lambda c: store.clean_up(c, now))

    assert database.read(lambda c: c.execute(select(Alarm.cause)).scalars().all()) == ["queue_old"]
    kept = database.read(lambda c: c.execute(select(OwnerNotice.created_at)).scalars().all())
    assert kept == [now]


async def test_what_stood_untold_when_the_last_process_ended_counts_from_now(
    shop: Shop, ear: Ear
) -> None:
    shop.alarms.raise_(Cause.WORKER_SILENT)
    shop.database.flush()
    await shop.after(3600)
    assert ear.told == []
    await shop.after(10)
    assert ear.told == [("alarm", "worker_silent")]


async def test_what_leaves_customers_without_an_answer_is_told_however_much_was_told(
    shop: Shop, ear: Ear
) -> None:
    await shop.after()
    for number in range(9):
        shop.alarms.raise_(Cause.AI_NEEDS_OWNER, str(number), provider="groq", advice="")
    await shop.after(10)
    shop.alarms.raise_(Cause.QUEUE_OLD, waiting=5)
    await shop.after(10)
    await shop.after(10)
    assert ear.told.count(("alarm", "ai_needs_owner")) == 6
    assert ear.told[-1] == ("alarm", "queue_old")
