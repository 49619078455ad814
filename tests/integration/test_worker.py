"""A waiting message becomes one delivered reply, whatever fails on the way."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, insert, select, update

from bot import receipts
from bot.channels.base import OutgoingPart, SentMessage
from bot.messages import StatusUpdate
from bot.tables import Conversation, Message, OutboxItem, Turn
from catalog.tables import Product
from core.database import Database
from core.errors import DatabaseUnavailable, DeliveryRejected, DeliveryUnavailable, DeliveryUnknown
from tests.fakes import FixedClock
from tests.working_shop import Shop


@pytest.fixture
def shop(database: Database, clock: FixedClock) -> Shop:
    return Shop(database, clock)


async def test_a_message_gets_one_reply_from_the_address_it_was_sent_to(shop: Shop) -> None:
    shop.receive("¿tienen laptops?")
    await shop.work()
    part = shop.channel.sent[0]
    assert (part.customer_address, part.shop_address) == ("whatsapp:+57300", "whatsapp:+1415")
    assert shop.sent == ["re: ¿tienen laptops?"]
    assert shop.unanswered == 0


async def test_several_waiting_messages_share_one_reply(shop: Shop) -> None:
    shop.receive("hola")
    shop.receive("tienen laptops")
    await shop.work()
    assert shop.answerer.asked == [["hola", "tienen laptops"]]
    assert shop.sent == ["re: hola tienen laptops"]


async def test_a_long_reply_goes_out_in_parts_in_order(shop: Shop) -> None:
    shop.receive("a|b|c")
    await shop.work()
    assert shop.sent == ["re: a", "b", "c"]


async def test_a_message_that_arrives_while_answering_starts_the_answer_afresh(
    shop: Shop,
) -> None:
    async def another() -> None:
        if shop.count == 1:
            shop.receive("de 16 GB")

    shop.answerer.before_answer = another
    shop.receive("tienen laptops")
    await shop.work()
    assert shop.sent == ["re: tienen laptops de 16 GB"]
    first, second = shop.answerer.turn_ids
    assert first == second  # so that what the dropped call cost is this conversation's too


async def test_messages_that_never_stop_are_answered_all_the_same(shop: Shop) -> None:
    async def another() -> None:
        if shop.count < 8:
            shop.receive("más")

    shop.answerer.before_answer = another
    shop.receive("hola")
    await shop.work()
    assert shop.unanswered == 0
    assert len(shop.sent) >= 2


async def test_silence_is_kept_while_a_person_answers(shop: Shop) -> None:
    shop.answerer.kind = "silent"
    shop.receive()
    await shop.work()
    assert (shop.sent, shop.unanswered) == ([], 0)


async def test_a_saved_reply_is_sent_after_a_crash_without_asking_again(shop: Shop) -> None:
    shop.channel.failures = [KeyError("crash while sending")]
    shop.receive()
    await shop.work()
    shop.database.write(lambda c: c.execute(update(OutboxItem).values(state="queued")))
    shop.clock.advance(60)
    await shop.work()
    assert len(shop.answerer.asked) == 1
    assert shop.sent == ["re: hola"]


async def test_an_unclear_send_that_arrived_is_not_sent_again(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    await shop.work()
    assert shop.unanswered == 1
    shop.channel.found = SentMessage("SMlost", "sent")
    shop.clock.advance(16)
    await shop.work()
    assert (shop.sent, shop.unanswered) == ([], 0)
    assert shop.scalar(select(OutboxItem.message_sid)) == "SMlost"


async def test_an_unclear_send_is_looked_up_twice_then_sent(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    await shop.work()
    shop.clock.advance(16)
    await shop.work()
    assert (shop.channel.lookups, shop.sent) == (1, [])
    shop.clock.advance(6)
    await shop.work()
    assert (shop.channel.lookups, shop.sent) == (2, [])
    shop.clock.advance(3)
    await shop.work()
    assert (shop.channel.lookups, shop.sent) == (2, ["re: hola"])


async def test_sends_that_stay_unclear_grow_rarer_and_end(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")] * 50
    shop.receive()
    for _ in range(200):
        await shop.work()
        if not shop.unanswered:
            break
        shop.clock.advance(600)
    assert shop.unanswered == 0
    assert shop.scalar(select(OutboxItem.state)) == "failed"
    assert 50 - len(shop.channel.failures) <= 12


async def test_a_callback_that_comes_after_the_look_ups_keeps_it_from_being_sent_again(
    shop: Shop,
) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    for seconds in (0, 16, 6):
        shop.clock.advance(seconds)
        await shop.work()
    shop.tell("delivered", sid="SMlate", outbox_id=shop.scalar(select(OutboxItem.id)))
    shop.clock.advance(60)
    await shop.work()
    assert (shop.sent, shop.unanswered) == ([], 0)


async def test_a_reply_that_could_not_be_delivered_is_sent_again(shop: Shop) -> None:
    shop.receive()
    await shop.work()
    for word in ("undelivered", "failed"):
        shop.tell(word, can_retry=True)
    shop.clock.advance(3)
    await shop.work()
    assert shop.sent == ["re: hola"] * 2
    assert len(shop.answerer.asked) == 1
    assert shop.unanswered == 0


async def test_a_reply_reported_as_not_delivered_while_it_is_sent_is_sent_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = shop.channel.send

    async def tell_before_answering(item: OutgoingPart) -> SentMessage:
        sent = await send(item)
        monkeypatch.undo()
        shop.tell("queued", outbox_id=item.outbox_id)
        shop.tell("undelivered", can_retry=True)
        return sent

    monkeypatch.setattr(shop.channel, "send", tell_before_answering)
    shop.receive()
    await shop.work()
    assert shop.unanswered == 1
    shop.clock.advance(3)
    await shop.work()
    assert (shop.sent, shop.unanswered) == (["re: hola"] * 2, 0)


async def test_an_undelivered_reply_is_not_sent_behind_a_newer_one(shop: Shop) -> None:
    shop.receive("uno")
    await shop.work()
    shop.receive("dos")
    await shop.work()
    shop.tell("failed", can_retry=True)
    shop.clock.advance(60)
    await shop.work()
    assert shop.sent == ["re: uno", "re: dos"]


async def test_a_failure_that_will_not_pass_is_recorded_and_told(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.receive()
    await shop.work()
    shop.tell("undelivered", error_code=63016)
    assert shop.scalar(select(OutboxItem.state)) == "failed"
    assert "message_undelivered" in caplog.text


async def test_one_word_on_two_parts_settles_only_its_own(shop: Shop) -> None:
    shop.receive("a|b")
    await shop.work()
    other = shop.scalar(select(OutboxItem.id).where(OutboxItem.part == 1))
    shop.tell("read", outbox_id=other)
    states = shop.database.read(
        lambda c: c.execute(select(OutboxItem.status).order_by(OutboxItem.part)).scalars().all()
    )
    assert states == ["read", "queued"]


async def test_a_wake_up_for_a_message_already_read_changes_nothing(shop: Shop) -> None:
    async def late_wake_up() -> None:
        shop.worker.wake(1, shop.clock.now(), 1)
        await asyncio.sleep(0.05)

    shop.answerer.before_answer = late_wake_up
    shop.receive()
    await shop.work()
    assert len(shop.answerer.asked) == 1


async def test_a_database_that_fails_for_a_moment_does_not_keep_the_conversation(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.handling.UNAVAILABLE_S", 0)
    shop.answerer.failures = [DatabaseUnavailable("busy")]
    shop.receive()
    await shop.work()
    shop.clock.advance(2)
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_a_buried_turn_speaks_the_customers_language(shop: Shop) -> None:
    shop.answerer.failures = [ValueError("ours")] * 3
    shop.receive()
    shop.database.write(lambda c: c.execute(update(Conversation).values(language="en")))
    for _ in range(3):
        await shop.work()
        shop.clock.advance(11)
    assert shop.scalar(select(Conversation.language)) == "en"


async def test_nothing_is_looked_up_before_the_send_has_surely_ended(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    await shop.work()
    shop.clock.advance(14)
    await shop.work()
    assert shop.channel.lookups == 0


async def test_a_status_callback_settles_an_unclear_send(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnknown("answer lost")]
    shop.receive()
    await shop.work()
    shop.tell("sent", sid="SMcalled", outbox_id=shop.scalar(select(OutboxItem.id)))
    await shop.work()
    assert (shop.sent, shop.unanswered, shop.channel.lookups) == ([], 0, 0)


async def test_a_send_that_was_refused_for_now_is_tried_again_later(shop: Shop) -> None:
    shop.channel.failures = [DeliveryUnavailable("busy", code=20429)]
    shop.receive()
    await shop.work()
    assert shop.sent == []
    shop.clock.advance(3)
    await shop.work()
    assert shop.sent == ["re: hola"]


async def test_a_send_refused_for_good_ends_the_turn(shop: Shop) -> None:
    shop.channel.failures = [DeliveryRejected("not a WhatsApp number", code=63003)]
    shop.receive()
    await shop.work()
    assert (shop.sent, shop.unanswered) == ([], 0)
    assert shop.scalar(select(OutboxItem.error_code)) == 63003


async def test_a_turn_that_fails_three_times_is_buried_with_one_honest_sentence(
    shop: Shop,
) -> None:
    shop.answerer.failures = [ValueError("ours")] * 3
    shop.receive()
    for _ in range(3):
        await shop.work()
        shop.clock.advance(11)
    assert len(shop.sent) == 1
    assert "problema" in shop.sent[0].lower()
    assert shop.unanswered == 0
    assert shop.scalar(select(Turn.kind)) == "buried"


async def test_after_a_burial_the_next_message_is_answered(shop: Shop) -> None:
    shop.answerer.failures = [ValueError("ours")] * 3
    shop.receive()
    for _ in range(3):
        await shop.work()
        shop.clock.advance(11)
    shop.receive("¿siguen ahí?")
    await shop.work()
    assert shop.sent[-1] == "re: ¿siguen ahí?"


def add_product(shop: Shop, price_minor: int) -> None:
    now = shop.clock.now()
    shop.database.write(
        lambda c: c.execute(
            insert(Product).values(
                id=7,
                source="import",
                external_id="a",
                sku="a",
                name="Laptop",
                price_minor=price_minor,
                currency="COP",
                created_at=now,
                updated_at=now,
            )
        )
    )


async def test_a_price_that_changed_before_sending_means_a_new_answer(shop: Shop) -> None:
    add_product(shop, 100)
    shop.answerer.prices = {"7": 90}

    async def second_time_right() -> None:
        if len(shop.answerer.asked) == 2:
            shop.answerer.prices = {"7": 100}

    shop.answerer.before_answer = second_time_right
    shop.receive()
    await shop.work()
    assert (len(shop.answerer.asked), shop.sent) == (2, ["re: hola"])
    assert shop.scalar(select(func.count()).where(OutboxItem.state == "withdrawn")) == 1


async def test_a_person_who_takes_over_before_sending_withdraws_the_reply(shop: Shop) -> None:
    async def take_over() -> None:
        shop.database.write(lambda c: c.execute(update(Conversation).values(mode="person")))
        shop.answerer.kind = "answer" if len(shop.answerer.asked) == 1 else "silent"

    shop.answerer.before_answer = take_over
    shop.receive()
    await shop.work()
    assert (shop.sent, shop.unanswered) == ([], 0)


async def test_a_stop_gives_back_what_it_cannot_finish_and_tells_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.STOP_GRACE_S", 0.05)
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    shop.answerer.before_answer = hang
    shop.receive()
    work = asyncio.create_task(shop.work())
    await begun.wait()
    shop.worker.stop()
    while not shop.told:
        await asyncio.sleep(0.01)
    assert shop.scalar(select(Conversation.lease_owner)) is None
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert (shop.sent, shop.unanswered, shop.told) == ([], 1, [1])


def test_statuses_move_forward_only(shop: Shop) -> None:
    asyncio.run(_deliver_one(shop))

    for word in ("delivered", "sent", "read", "delivered", "queued"):
        shop.tell(word)
    assert shop.scalar(select(OutboxItem.status)) == "read"
    assert shop.scalar(select(Message.status).where(Message.direction == "outbound")) == "read"


async def _deliver_one(shop: Shop) -> None:
    shop.receive()
    await shop.work()


async def test_a_message_is_as_far_as_the_part_furthest_behind(shop: Shop) -> None:
    shop.receive("a|b")
    await shop.work()
    seen = []
    for sid, word in (("SMout1", "read"), ("SMout2", "sent"), ("SMout2", "delivered")):
        shop.tell(word, sid=sid)
        seen.append(shop.scalar(select(Message.status).where(Message.direction == "outbound")))
    assert seen == ["queued", "sent", "delivered"]


def test_a_status_of_an_unknown_message_changes_nothing(shop: Shop) -> None:
    settled = shop.database.write(
        lambda c: receipts.record_status(
            c, StatusUpdate("SMunknown", "read", "nobody"), shop.clock.now()
        )
    )
    assert settled is None
