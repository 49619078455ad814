"""What one process learns of a provider the others know, and the next start."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.health import Health, Member, store
from bot.health.store import HealthStore, _write
from bot.health.windows import Need
from bot.messages import Window
from bot.providers.base import find_providers
from core.database import Database
from core.errors import DatabaseUnavailable, provider_error
from core.settings import ProviderSettings
from tests.fakes import FixedClock

MEMBER = Member(find_providers()["groq"], ProviderSettings("key-1", ("m1",)))
GROQ = ("groq", "m1")


class Process:
    """One process with its own clock start, sharing a database."""

    def __init__(
        self,
        database: Database,
        name: str,
        clock: FixedClock | None = None,
        *,
        member: Member = MEMBER,
        is_probing: bool = True,
    ) -> None:
        self.clock = clock or FixedClock.at_noon()
        self.health = Health(self.clock, is_probing=is_probing)
        self.store = HealthStore(database, self.clock, self.health, owner=name, members=[member])

    def fail(self, error_class: str, retry_after_s: float | None = None) -> None:
        error = provider_error(
            "x", provider="groq", error_class=error_class, retry_after_s=retry_after_s
        )
        self.health.fail(self.health.begin(MEMBER, "m1"), error)


async def test_an_open_breaker_is_known_to_other_processes(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.fail("timeout")
    await one.store.sync()
    await two.store.sync()
    assert (two.health.may_ask(*GROQ), two.health.open_for_s(*GROQ)) == (False, 30)


async def test_once_it_answers_it_is_closed_for_all(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.fail("timeout")
    await one.store.sync()
    await two.store.sync()
    for clock in (one.clock, two.clock):
        clock.advance(31)
    two.health.succeed(two.health.begin(MEMBER, "m1"))
    await two.store.sync()
    await one.store.sync()
    assert one.health.open_for_s(*GROQ) is None


async def test_a_restart_knows_what_is_benched_and_until_when(database: Database) -> None:
    before = Process(database, "before")
    before.fail("rate_limit", retry_after_s=100)
    await before.store.sync()
    clock = FixedClock(before.clock.now() + timedelta(seconds=40), elapsed_s=7.0)
    after = Process(database, "after", clock)
    after.store.load()
    assert after.health.open_for_s(*GROQ) == 60


async def test_rate_windows_are_shared(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.health.succeed(
        one.health.begin(MEMBER, "m1"), windows=[Window("requests", 0, 30, reset_s=20)]
    )
    await one.store.sync()
    await two.store.sync()
    assert two.health.ready_in_s(*GROQ) == 20


async def test_a_replaced_model_is_known_after_a_restart(database: Database) -> None:
    before = Process(database, "before")
    before.health.replace_model("groq", "m1", "m2")
    await before.store.sync()
    after = Process(database, "after")
    after.store.load()
    assert after.health.current_model(MEMBER) == "m2"


async def test_only_one_process_probes_at_a_time(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    for process in (one, two):
        process.fail("timeout")
        process.clock.advance(31)
    calls = [process.health.begin(MEMBER, "m1") for process in (one, two)]
    assert await one.health.may_probe(calls[0])
    assert not await two.health.may_probe(calls[1])
    one.health.abandon(calls[0])
    await one.store.sync()
    assert await two.health.may_probe(calls[1])


async def test_whoever_was_refused_a_probe_leaves_the_probers_place_and_word(
    database: Database,
) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    for process in (one, two):
        process.fail("timeout")
        await process.store.sync()
        process.clock.advance(31)
    call = one.health.begin(MEMBER, "m1")
    assert await one.health.may_probe(call)
    assert not await two.health.may_probe(two.health.begin(MEMBER, "m1"))
    await two.store.sync()
    three = Process(database, "three", two.clock)
    three.store.load()
    assert not await three.health.may_probe(three.health.begin(MEMBER, "m1"))

    one.health.succeed(call)
    await one.store.sync()
    await two.store.sync()
    assert two.health.open_for_s(*GROQ) is None


async def test_what_one_learns_of_windows_closes_no_breaker_of_another(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    call = two.health.begin(MEMBER, "m1")
    one.fail("rate_limit", retry_after_s=60)
    await one.store.sync()
    two.clock.advance(1)
    two.health.succeed(call, windows=[Window("requests", 5, 30, 60)])
    await two.store.sync()
    await one.store.sync()
    assert [each.health.may_ask(*GROQ) for each in (one, two)] == [False, False]


async def test_what_calls_under_way_took_is_not_forgotten_by_sharing(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.health.succeed(one.health.begin(MEMBER, "m1"), windows=[Window("requests", 3, 30, 60)])
    await one.store.sync()
    await two.store.sync()
    for _ in range(3):
        two.health.begin(MEMBER, "m1", Need())
    for _ in range(2):
        await one.store.sync()
        await two.store.sync()
    assert two.health.ready_in_s(*GROQ) == 60


async def test_an_older_reading_of_a_window_never_replaces_a_newer_one(database: Database) -> None:
    late, quick = Process(database, "late"), Process(database, "quick")
    late.health.succeed(late.health.begin(MEMBER, "m1"), windows=[Window("requests", 0, 30, 60)])
    for process in (late, quick):
        process.clock.advance(5)
    quick.health.succeed(quick.health.begin(MEMBER, "m1"), windows=[Window("requests", 9, 30, 60)])
    await quick.store.sync()
    await late.store.sync()
    fresh = Process(database, "fresh", quick.clock)
    fresh.store.load()
    assert [each.health.ready_in_s(*GROQ) for each in (late, fresh)] == [0, 0]


async def test_what_is_learned_with_another_key_takes_the_place_of_all_before(
    database: Database,
) -> None:
    before = Process(database, "before")
    before.fail("auth")
    await before.store.sync()
    mended = replace(MEMBER, settings=ProviderSettings("key-2", ("m1",)))
    one, two = (Process(database, name, member=mended) for name in ("one", "two"))
    one.health.succeed(one.health.begin(mended, "m1"), windows=[Window("requests", 0, 30, 60)])
    await one.store.sync()
    two.store.load()
    assert (two.health.may_ask(*GROQ), two.health.ready_in_s(*GROQ)) == (True, 60)


async def test_a_write_that_was_cancelled_is_made_up_for_at_the_end(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.fail("quota")
    syncing = asyncio.create_task(one.store.sync())
    await asyncio.sleep(0)
    syncing.cancel()
    await asyncio.gather(syncing, return_exceptions=True)
    one.store.close()
    database.flush()
    two.store.load()
    assert not two.health.may_ask(*GROQ)


async def test_a_probe_may_be_claimed_again_by_whoever_holds_it(database: Database) -> None:
    one = Process(database, "one")
    one.fail("timeout")
    one.clock.advance(31)
    for _ in range(2):
        call = one.health.begin(MEMBER, "m1")
        assert await one.health.may_probe(call)
        one.health.abandon(call)


async def test_a_mended_key_is_learned_anew_at_once(database: Database) -> None:
    one = Process(database, "one")
    one.fail("auth")
    mended = replace(MEMBER, settings=ProviderSettings("key-2", ("m1",)))
    one.store.know([mended])
    assert one.health.may_ask(*GROQ)
    await one.store.sync()
    assert one.health.may_ask(*GROQ)


async def test_an_older_word_never_replaces_a_newer_one(database: Database) -> None:
    late, quick = Process(database, "late"), Process(database, "quick")
    late.fail("timeout")
    changes = late.store._take_changes(set())
    for process in (late, quick):
        process.clock.advance(5)
    quick.fail("network")
    await quick.store.sync()
    await database.write_async(lambda c: _write(c, changes, "late"))

    fresh = Process(database, "fresh", quick.clock)
    fresh.store.load()
    assert fresh.health.breaker(*GROQ).error_class == "network"


async def test_a_row_of_a_clock_that_was_wrong_is_replaced_by_the_next_word(
    database: Database,
) -> None:
    wrong, right = Process(database, "wrong"), Process(database, "right")
    wrong.clock.advance(86400 * 365)
    wrong.fail("quota")
    await wrong.store.sync()
    right.store.load()
    right.health.succeed(right.health.begin(MEMBER, "m1"))
    await right.store.sync()

    fresh = Process(database, "fresh")
    fresh.store.load()
    assert fresh.health.may_ask(*GROQ)


async def test_what_a_wrong_clock_wrote_benches_for_a_day_at_most(database: Database) -> None:
    wrong, after = Process(database, "wrong"), Process(database, "after")
    wrong.clock.advance(86400 * 365)
    wrong.fail("quota")
    await wrong.store.sync()
    after.store.load()
    assert after.health.open_for_s(*GROQ) == 86400


async def test_newer_numbers_of_a_window_stay(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.health.succeed(one.health.begin(MEMBER, "m1"), windows=[Window("requests", 0, 30, 60)])
    await one.store.sync()
    two.clock.advance(5)
    two.health.succeed(two.health.begin(MEMBER, "m1"), windows=[Window("requests", 9, 30, 60)])
    two.store.load()
    assert two.health.ready_in_s(*GROQ) == 0


async def test_a_model_that_came_back_is_not_taken_for_gone_again(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.health.replace_model("groq", "m1", "m2")
    await one.store.sync()
    await two.store.sync()
    two.clock.advance(60)
    two.health.replace_model("groq", "m2", "m1")
    for _ in range(2):
        await two.store.sync()
        await one.store.sync()
    assert [each.health.current_model(MEMBER) for each in (one, two)] == ["m1", "m1"]


async def test_whoever_dies_while_probing_is_succeeded(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    for process in (one, two):
        process.fail("timeout")
        process.clock.advance(31)
    assert await one.health.may_probe(one.health.begin(MEMBER, "m1"))
    two.clock.advance(61)
    assert await two.health.may_probe(two.health.begin(MEMBER, "m1"))


async def test_with_another_key_everything_is_learned_anew(database: Database) -> None:
    before = Process(database, "before")
    before.fail("auth")
    await before.store.sync()
    mended = replace(MEMBER, settings=ProviderSettings("key-2", ("m1",)))
    after = Process(database, "after", member=mended)
    after.store.load()
    assert after.health.may_ask(*GROQ)


async def test_a_command_tries_at_once_what_a_ping_could_disprove(database: Database) -> None:
    shop = Process(database, "shop")
    shop.fail("network")
    await shop.store.sync()
    command = Process(database, "command", is_probing=False)
    command.store.load()
    assert command.health.may_ask(*GROQ)


async def test_what_was_not_written_is_written_at_the_end(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    one.fail("timeout")
    one.store.close()
    database.flush()
    two.store.load()
    assert not two.health.may_ask(*GROQ)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(KeyError("a slip"), "health_sharing_broken", id="a fault of our own"),
        pytest.param(DatabaseUnavailable("away"), "", id="the database is away"),
    ],
)
async def test_sharing_goes_on_after_a_fault(
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    said: str,
) -> None:
    monkeypatch.setattr(store, "SYNC_S", 0.0)
    one, synced = Process(sqlite_database, "one"), asyncio.Event()
    sync, calls = one.store.sync, 0

    async def break_once() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise fault
        await sync()
        synced.set()

    monkeypatch.setattr(one.store, "sync", break_once)
    running = asyncio.create_task(one.store.run())
    await synced.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "".join(caplog.messages) == said
