"""Whatever a turn does to its worker, its message is answered or buried, and no other suffers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot import inbox
from bot.channels.base import OutgoingPart, SentMessage
from bot.handling import BURIED_DEATHS, BURY_AGAIN_S, DROPPED_FAILURES
from bot.inbox import SUSPECT_DEATHS
from bot.tables import Conversation, OutboxItem, Turn
from bot.turn import TurnRunner
from core.database import Database
from core.errors import DatabaseUnavailable, DeliveryUnavailable
from core.points import Point
from tests.fakes import FixedClock
from tests.working_shop import Shop


@pytest.fixture
def shop(database: Database, clock: FixedClock) -> Shop:
    return Shop(database, clock)


def die_with_it(shop: Shop, times: int) -> None:
    """Workers begin with what waits, and are gone."""

    def begin(connection: Connection) -> None:
        now = shop.clock.now()
        held = inbox.claim(connection, 1, owner="dead", now=now, lease_s=20, channels=["whatsapp"])
        if held and held.deaths >= SUSPECT_DEATHS:
            inbox.work_on_suspect(connection, held)

    for _ in range(times):
        shop.database.write(begin)
        shop.clock.advance(21)


async def test_a_turn_that_hangs_is_given_up_and_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.handling.HANG_MARGIN_S", 0.3)
    monkeypatch.setattr(TurnRunner, "longest_s", 0)

    async def hang() -> None:
        shop.answerer.before_answer = None
        await asyncio.Event().wait()

    shop.answerer.before_answer = hang
    shop.receive()
    await shop.work()
    assert shop.scalar(select(Conversation.failures)) == 1
    monkeypatch.undo()
    shop.clock.advance(3)
    await shop.work()
    assert shop.sent == ["re: hola"]


@pytest.mark.parametrize("deaths", [1, SUSPECT_DEATHS, BURIED_DEATHS - 1])
async def test_a_message_whose_workers_died_is_answered_all_the_same(
    deaths: int, shop: Shop
) -> None:
    shop.receive()
    die_with_it(shop, deaths)
    await shop.work()
    assert shop.sent == ["re: hola"]
    assert shop.scalar(select(Conversation.failures)) == 0


@pytest.mark.parametrize("deaths", [SUSPECT_DEATHS - 1, BURIED_DEATHS - 1])
async def test_who_was_killed_with_others_is_not_buried_for_one_fault(
    deaths: int, shop: Shop
) -> None:
    async def fail_once() -> None:
        shop.answerer.before_answer = None
        raise RuntimeError("broken on purpose")

    shop.answerer.before_answer = fail_once
    shop.receive()
    die_with_it(shop, deaths)
    await shop.work()
    shop.clock.advance(3)
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_a_message_that_kills_every_worker_is_buried(shop: Shop) -> None:
    shop.receive()
    die_with_it(shop, BURIED_DEATHS)
    await shop.work()
    assert shop.answerer.asked == []
    assert shop.scalar(select(Turn.kind)) == "buried"
    assert (len(shop.sent), shop.unanswered) == (1, 0)


@pytest.mark.parametrize(
    ("deaths", "sent"), [(BURIED_DEATHS, "re: hola"), (DROPPED_FAILURES, "Disculpa")]
)
async def test_a_saved_reply_is_sent_until_it_has_failed_often(
    deaths: int, sent: str, shop: Shop
) -> None:
    shop.channel.failures = [DeliveryUnavailable("busy")]
    shop.receive()
    await shop.work()
    shop.clock.advance(3)
    die_with_it(shop, deaths)
    await shop.work()
    assert [body.partition(",")[0] for body in shop.sent] == [sent]
    assert shop.unanswered == 0


async def test_what_kills_whoever_sends_it_is_due_later_while_it_is_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    due: list[datetime] = []
    send = shop.channel.send

    async def look(item: OutgoingPart) -> SentMessage:
        due.append(shop.scalar(select(Conversation.due_at)))
        return await send(item)

    monkeypatch.setattr(shop.channel, "send", look)
    shop.receive()
    die_with_it(shop, DROPPED_FAILURES)
    await shop.work()
    assert due == [shop.clock.now() + timedelta(seconds=BURY_AGAIN_S)]


async def test_suspects_are_worked_on_one_at_a_time_at_first(shop: Shop) -> None:
    at_once: list[int] = []
    busy = 0

    async def count() -> None:
        nonlocal busy
        busy += 1
        at_once.append(busy)
        await asyncio.sleep(0.02)
        busy -= 1

    shop.answerer.before_answer = count
    for number in range(3):
        shop.receive(customer=f"whatsapp:+5730{number}")
    shop.database.write(lambda c: c.execute(update(Conversation).values(deaths=SUSPECT_DEATHS)))
    await shop.work()
    assert at_once == [1]
    shop.clock.advance(6)
    await shop.work()
    shop.clock.advance(6)
    await shop.work()
    assert len(shop.sent) == 3


async def test_while_the_database_is_away_the_worker_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every read and write fails for a while, in the middle of a turn."""
    monkeypatch.setattr("bot.handling.UNAVAILABLE_S", 0.01)
    monkeypatch.setattr("bot.worker.RENEW_S", 0.01)
    monkeypatch.setattr("bot.worker.BEAT_S", 0.01)
    there = shop.database

    class Away:
        fails = 0

        def __getattr__(self, name: str) -> object:
            return getattr(there, name)

        async def write_async(self, work: object) -> object:
            if self.fails > 0:
                self.fails -= 1
                raise DatabaseUnavailable("away")
            return await there.write_async(work)  # type: ignore[arg-type]

    away = Away()

    async def leave() -> None:
        if len(shop.answerer.asked) == 1:
            away.fails = 30

    shop.database = away  # type: ignore[assignment]
    shop.answerer.before_answer = leave
    shop.receive()
    await shop.work()
    assert shop.sent == ["re: hola"]
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []


async def test_a_claim_that_is_called_off_half_way_is_given_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.STOP_GRACE_S", 0)
    write = shop.database.write_async

    async def stop_meanwhile(work: Any) -> Any:
        found = await write(work)
        if isinstance(found, inbox.Claim):
            shop.worker.stop()
            await asyncio.sleep(0.05)  # it stands, and who asked for it does not know yet
        return found

    monkeypatch.setattr(shop.database, "write_async", stop_meanwhile)
    shop.receive()
    with contextlib.suppress(TimeoutError):  # it stays due: nobody works on it any more
        await asyncio.wait_for(shop.work(), 0.5)
    assert shop.answerer.asked == []
    assert shop.scalar(select(Conversation.lease_owner)) is None
    assert shop.scalar(select(Conversation.failures)) == 0


async def test_a_worker_that_stood_still_leaves_a_begun_send_to_a_look_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_still(point: Point) -> None:
        if point is Point.SENDING and not shop.channel.lookups:
            shop.clock.advance(30)

    monkeypatch.setattr("bot.delivery.reached", stand_still)
    shop.receive()
    await shop.work()
    assert (shop.sent, shop.scalar(select(OutboxItem.state))) == ([], "sending")
    for seconds in (16, 6, 6):
        shop.clock.advance(seconds)
        await shop.work()
    assert (shop.channel.lookups, shop.sent) == (2, ["re: hola"])
