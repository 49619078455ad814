"""Whoever waits too long hears once that an answer is coming, and never behind the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import inbox
from bot.alarms import NoAlarms
from bot.delivery import Deliverer, SendRate
from bot.metrics import Metrics
from bot.patience import Patience
from bot.tables import Conversation, Turn
from bot.witness import Reporter, Witness
from core.database import Database
from core.errors import DeliveryUnavailable, DeliveryUnknown
from core.texts import text
from tests.fakes import FixedClock
from tests.working_shop import Shop

MOMENT = text("customer.moment", "es")


@pytest.fixture
def shop(database: Database, clock: FixedClock) -> Shop:
    return Shop(database, clock)


def forgotten(shop: Shop, per_s: float = 0, witness: Witness | None = None) -> Patience:
    """What a worker without a free slot still does."""
    channels = {"whatsapp": shop.channel}
    deliverer = Deliverer(shop.database, shop.clock, channels, SendRate(shop.clock, 0))
    language_of = shop.answerer.language_of
    return Patience(
        "w0",
        shop.database,
        shop.clock,
        channels,
        deliverer,
        language_of,
        per_s=per_s,
        witness=witness,
    )


async def look(patience: Patience) -> list[int]:
    """One look, and what it woke."""
    woken: list[int] = []

    def wake(conversation_id: int, _due_at: datetime, *_: object) -> None:
        woken.append(conversation_id)

    await patience.look(["whatsapp"], wake)
    await patience.settled()
    return woken


def change(shop: Shop, **values: Any) -> None:
    shop.database.write(lambda c: c.execute(update(Conversation).values(**values)))


async def test_whoever_waits_too_long_is_told_once(shop: Shop) -> None:
    shop.receive("¿tienen laptops?")
    metrics = Metrics()
    witness = Reporter(metrics, NoAlarms())
    patience = forgotten(shop, witness=witness)
    for seconds in (19, 2, 2, 60):
        shop.clock.advance(seconds)
        await look(patience)
        await look(forgotten(shop, witness=witness))  # another worker
    assert shop.sent == [MOMENT]
    events = metrics.registry.get_sample_value
    assert events("mostrador_turn_events_total", {"event": "moment"}) == 1
    await shop.work()
    assert shop.sent == [MOMENT, "re: ¿tienen laptops?"]
    assert shop.unanswered == 0


async def test_the_place_in_the_queue_is_kept(shop: Shop) -> None:
    shop.receive()
    due_at = shop.scalar(select(Conversation.due_at))
    shop.clock.advance(21)
    assert await look(forgotten(shop)) == [1]
    told = shop.scalar(select(Conversation.due_at))
    assert (told, shop.scalar(select(Conversation.failures))) == (due_at, 0)


async def test_the_next_stretch_of_waiting_has_its_own(shop: Shop) -> None:
    for body in ("uno", "dos"):
        shop.receive(body)
        shop.clock.advance(21)
        await look(forgotten(shop))
        await shop.work()
    assert shop.sent == [MOMENT, "re: uno", MOMENT, "re: dos"]


QUIET: dict[str, Callable[[Shop], None]] = {
    "opted out": lambda shop: change(shop, opted_out_at=shop.clock.now()),
    "a person answers": lambda shop: change(shop, mode="person"),
    "somebody works on it": lambda shop: claim(shop),
    "waited through an outage": lambda shop: shop.clock.advance(600),
    "asks to be left alone": lambda shop: shop.receive("STOP"),
}


def claim(shop: Shop) -> None:
    now = shop.clock.now()
    shop.database.write(
        lambda c: inbox.claim(c, 1, owner="w1", now=now, lease_s=60, channels=["whatsapp"])
    )


@pytest.mark.parametrize("case", QUIET)
async def test_silence_is_kept_where_the_sentence_would_be_wrong(case: str, shop: Shop) -> None:
    shop.receive()
    QUIET[case](shop)
    shop.clock.advance(21)
    await look(forgotten(shop))
    assert shop.sent == []


async def test_a_reply_that_waits_for_the_channel_needs_no_patience(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnavailable("busy")] * 3
    shop.receive()
    await shop.work()
    shop.clock.advance(30)
    await look(forgotten(shop))
    assert shop.sent == []


async def test_nothing_is_said_while_the_channel_fails(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnavailable("down")]
    patience = forgotten(shop)
    for customer in ("whatsapp:+57301", "whatsapp:+57302"):
        shop.receive(customer=customer)
        shop.clock.advance(21)
        await look(patience)
    assert (shop.sent, shop.channel.failures) == ([], [])
    await shop.work()
    assert shop.sent == ["re: hola", "re: hola"]


def answer_once_announced(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer takes until "un momento" was said."""
    monkeypatch.setattr("bot.patience.AT_LEAST_S", 0)

    async def slow() -> None:
        while not shop.channel.sent:
            await asyncio.sleep(0.01)

    shop.answerer.before_answer = slow


async def test_a_slow_answer_is_announced_and_follows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_once_announced(shop, monkeypatch)
    shop.receive()
    shop.clock.advance(21)
    await shop.work()
    assert shop.sent == [MOMENT, "re: hola"]


async def test_a_quick_answer_comes_without_announcement(shop: Shop) -> None:
    shop.receive()
    shop.clock.advance(21)
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_the_answer_waits_until_an_unclear_announcement_is_settled(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    shop.clock.advance(21)
    await look(forgotten(shop))
    await shop.work()
    assert (shop.sent, shop.answerer.asked) == ([], [])
    for seconds in (16, 6, 6):
        shop.clock.advance(seconds)
        await shop.work()
    assert shop.channel.lookups == 2
    assert shop.sent == ["re: hola"]
    assert shop.scalar(select(Turn.state).where(Turn.kind == "moment")) == "withdrawn"


async def test_an_announcement_is_no_reply_to_the_ai(shop: Shop) -> None:
    shop.receive()
    shop.clock.advance(21)
    await look(forgotten(shop))
    await shop.work()
    covered = shop.database.read(
        lambda c: c.execute(select(Turn.kind, Turn.from_seq, Turn.to_seq).order_by(Turn.to_seq))
    ).all()
    assert covered == [("moment", 1, 0), ("answer", 1, 1)]


async def test_an_announcement_that_was_not_delivered_is_not_repeated(shop: Shop) -> None:
    shop.receive()
    shop.clock.advance(21)
    await look(forgotten(shop))
    shop.tell("failed", can_retry=True)
    shop.clock.advance(30)
    await shop.work()
    assert shop.sent == [MOMENT, "re: hola"]


async def test_whoever_was_passed_over_is_told_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = forgotten(shop)
    for customer in ("whatsapp:+57301", "whatsapp:+57302"):
        shop.receive(customer=customer)
    shop.clock.advance(21)
    with monkeypatch.context() as patch:
        patch.setattr(SendRate, "is_free", lambda *_: False)
        await look(patience)
    assert shop.sent == []
    await look(patience)
    assert shop.sent == [MOMENT, MOMENT]


async def test_a_stop_tells_nobody_who_still_waits_for_the_pace(shop: Shop) -> None:
    patience = forgotten(shop, per_s=0.01)
    for customer in ("whatsapp:+57301", "whatsapp:+57302", "whatsapp:+57303"):
        shop.receive(customer=customer)
    shop.clock.advance(21)
    await patience.look(["whatsapp"], lambda *_: None)
    while not shop.sent:
        await asyncio.sleep(0)
    await patience.close()
    assert shop.sent == [MOMENT]


async def test_who_leaves_the_line_leaves_no_gap(clock: FixedClock) -> None:
    rate = SendRate(clock, per_s=0.1)
    line = [asyncio.create_task(rate.turn("a")) for _ in range(3)]
    await asyncio.sleep(0)
    assert (rate.is_free("a"), rate.busy()) == (False, ["a"])
    for task in line:
        task.cancel()
    await asyncio.gather(*line, return_exceptions=True)
    clock.advance(10)
    assert rate.take("a")


async def test_an_answer_is_not_begun_while_it_is_announced(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_once_announced(shop, monkeypatch)
    begun: list[bool] = []
    monkeypatch.setattr("bot.turn._may_begin", lambda *_: begun.append(True))
    shop.receive()
    shop.clock.advance(21)
    await shop.work()
    assert (shop.sent, begun) == ([MOMENT, "re: hola"], [])
