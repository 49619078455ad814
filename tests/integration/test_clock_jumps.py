"""A clock that is set delays nothing by as much, and sends nothing twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot import clock_jumps
from bot.clock_jumps import JumpWatch
from bot.tables import Conversation, OutboxItem
from core.database import Database
from core.errors import DeliveryUnavailable, DeliveryUnknown
from tests.fakes import FixedClock
from tests.working_shop import Shop

HOUR_S = 3600.0


@pytest.fixture
def shop(database: Database, clock: FixedClock) -> Shop:
    return Shop(database, clock)


@pytest.mark.parametrize("seconds", [-HOUR_S, -3, 3, HOUR_S])
def test_a_jump_is_seen_once(seconds: float, clock: FixedClock) -> None:
    watch = JumpWatch(clock)
    clock.advance(5)
    clock.instant += timedelta(seconds=seconds)
    assert (watch.jump_s(), watch.jump_s()) == (seconds, 0)


@pytest.mark.parametrize("drift_s", [-1.5, 1.5])
def test_small_corrections_are_none(drift_s: float, clock: FixedClock) -> None:
    watch = JumpWatch(clock)
    for _ in range(3):
        clock.instant += timedelta(seconds=drift_s)
        assert watch.jump_s() == 0


def set_back(shop: Shop, seconds: float) -> None:
    shop.clock.instant -= timedelta(seconds=seconds)


def mend(shop: Shop, *, has_jumped: bool = True) -> int:
    now = shop.clock.now()
    return shop.database.write(lambda c: clock_jumps.mend(c, now, has_jumped=has_jumped))


async def test_what_waits_only_because_the_clock_was_set_back_is_due_at_once(shop: Shop) -> None:
    shop.receive(wait_s=1.5)
    set_back(shop, HOUR_S)
    assert mend(shop) == 1
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_a_postponed_send_is_not_postponed_by_the_jump(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnavailable("busy")]
    shop.receive()
    await shop.work()
    set_back(shop, HOUR_S)
    mend(shop)
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_an_unclear_send_is_looked_up_where_it_can_be_found(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    await shop.work()
    set_back(shop, HOUR_S)
    mend(shop)
    await shop.work()
    assert (shop.channel.lookups, shop.sent) == (0, [])  # it may still be on its way
    shop.clock.advance(clock_jumps.SEND_ENDS_S + 1)
    await shop.work()
    assert shop.channel.lookups == 1
    assert shop.scalar(select(OutboxItem.sending_at)) < shop.clock.now() - timedelta(hours=2)


@pytest.mark.parametrize(("seconds", "mended"), [(5, 0), (HOUR_S, 1)])
def test_a_start_mends_only_what_surely_comes_from_the_future(
    seconds: float, mended: int, shop: Shop
) -> None:
    shop.receive(wait_s=1.5)
    set_back(shop, seconds)
    assert mend(shop, has_jumped=False) == mended


async def test_a_running_worker_mends_by_itself(shop: Shop) -> None:
    async def jump() -> None:
        shop.answerer.before_answer = None
        set_back(shop, HOUR_S)
        while shop.scalar(select(func.max(Conversation.due_at))) > shop.clock.now():
            await asyncio.sleep(0.01)

    shop.answerer.before_answer = jump
    shop.receive()
    shop.receive("luego", customer="whatsapp:+57301", wait_s=1.5)
    await shop.work()
    assert sorted(shop.sent) == ["re: hola", "re: luego"]


async def test_a_start_leaves_a_retry_its_pause(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnavailable("busy", retry_after_s=900)]
    shop.receive()
    await shop.work()
    planned = shop.scalar(select(OutboxItem.next_at))
    mend(shop, has_jumped=False)
    assert shop.scalar(select(OutboxItem.next_at)) == planned
