"""A reply's parts: queued in order, sent only while everything they rest on holds, settled once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot import inbox, outbox, receipts
from bot.inbox import Claim
from bot.messages import InboundMessage, Reply, StatusUpdate, TalkMessage
from bot.outbox import Part
from bot.tables import Conversation, Message, OutboxItem, Turn
from bot.turn import Draft, SavedTurn, drop_saved, finish_turn, save_reply
from catalog.tables import Product
from core.database import Database
from core.errors import LeaseLost
from tests.fakes import FixedClock

PRICE = 89990000


class Bench:
    """A conversation whose reply of two parts was saved."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.epoch = 0

    def save(self, **reply: Any) -> None:
        def work(c: Any) -> Claim:
            now = self.clock.now()
            message = InboundMessage("whatsapp", "SM1", "whatsapp:+57300", "whatsapp:+1415", "hola")
            accepted = inbox.accept(c, message, now=now, wait_s=0, max_wait_s=0)
            claim = inbox.claim(
                c,
                accepted.conversation_id,
                owner="w1",
                now=now,
                lease_s=20,
                channels=["whatsapp"],
            )
            assert claim is not None
            said = [TalkMessage(accepted.seq, "customer", "hola", "text", now)]
            answer = Reply("uno dos", "groq", "m", **reply)
            save_reply(c, Draft(claim, said, "t1", now), answer, ["uno", "dos"], now)
            return claim

        self.claim = self.database.write(work)
        self.epoch = self.claim.epoch

    @property
    def parts(self) -> list[Part]:
        return self.database.read(lambda c: outbox.open_parts(c, "t1"))

    def begin(self, part: Part, epoch: int | None = None) -> str | None:
        held = self.epoch if epoch is None else epoch
        return self.database.write(lambda c: outbox.begin_send(c, part, held, self.clock.now()))

    def do(self, step: Any, *args: Any, **given: Any) -> None:
        self.database.write(lambda c: step(c, *args, **given))

    def change(self, table: Any, **values: Any) -> None:
        self.database.write(lambda c: c.execute(update(table).values(**values)))

    def column(self, column: Any, order: Any) -> list[Any]:
        query = select(column).order_by(order)
        return list(self.database.read(lambda c: c.execute(query).scalars().all()))

    @property
    def states(self) -> list[str]:
        return self.column(OutboxItem.state, OutboxItem.part)

    @property
    def reply_status(self) -> str:
        return str(self.column(Message.status, Message.direction)[-1])


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Bench:
    made = Bench(database, clock)
    made.save()
    return made


def test_a_reply_waits_in_parts_in_their_order(bench: Bench) -> None:
    assert [(part.part, part.body, part.state) for part in bench.parts] == [
        (0, "uno", "queued"),
        (1, "dos", "queued"),
    ]


def test_before_it_is_sent_a_part_says_sending(bench: Bench) -> None:
    assert bench.begin(bench.parts[0]) is None

    first = bench.parts[0]
    assert (first.state, first.tries, first.sending_at) == ("sending", 1, bench.clock.now())


def test_a_part_that_is_under_way_is_not_begun_again(bench: Bench) -> None:
    part = bench.parts[0]
    bench.begin(part)
    assert bench.begin(part) == "settled"


def test_whoever_lost_the_conversation_sends_nothing(bench: Bench) -> None:
    with pytest.raises(LeaseLost):
        bench.begin(bench.parts[0], epoch=bench.epoch - 1)
    assert bench.states == ["queued", "queued"]


@pytest.mark.parametrize(
    ("values", "reason"), [({"mode": "person"}, "person"), ({"opted_out_at": "now"}, "opted_out")]
)
def test_what_changed_meanwhile_withdraws_the_reply(
    bench: Bench, values: dict[str, str], reason: str
) -> None:
    now = bench.clock.now()
    bench.change(Conversation, **{k: now if v == "now" else v for k, v in values.items()})

    assert bench.begin(bench.parts[0]) == reason
    assert bench.states == ["withdrawn", "withdrawn"]
    assert bench.column(Turn.state, Turn.id) == ["withdrawn"]
    assert bench.reply_status == "withdrawn"


def test_the_confirmation_of_a_stop_is_sent_all_the_same(
    database: Database, clock: FixedClock
) -> None:
    bench = Bench(database, clock)
    bench.save(kind="opt_out")
    assert bench.begin(bench.parts[0]) is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({}, None, id="as it was"),
        pytest.param({"price_minor": PRICE + 1}, "price", id="dearer"),
        pytest.param({"active": False}, "price", id="no longer sold"),
    ],
)
def test_a_price_must_still_stand(
    database: Database, clock: FixedClock, values: dict[str, Any], reason: str | None
) -> None:
    bench = Bench(database, clock)
    product = database.write(lambda c: c.execute(_a_product(clock)).scalar_one())
    bench.save(prices={str(product): PRICE})
    if values:
        bench.change(Product, **values)

    assert bench.begin(bench.parts[0]) == reason


@pytest.mark.parametrize(
    ("was_said", "stock", "reason"),
    [
        pytest.param(True, 3, None, id="still there"),
        pytest.param(True, None, None, id="unknown"),
        pytest.param(True, 0, "price", id="sold out meanwhile"),
        pytest.param(False, 0, None, id="said to be sold out"),
    ],
)
def test_what_was_there_must_not_be_sold_out(
    database: Database, clock: FixedClock, was_said: bool, stock: int | None, reason: str | None
) -> None:
    bench = Bench(database, clock)
    product = str(database.write(lambda c: c.execute(_a_product(clock)).scalar_one()))
    accepted = {"kind": "accepted", "available": [product] if was_said else []}
    bench.save(prices={product: PRICE}, truth=(accepted,))
    bench.change(Product, stock=stock)

    assert bench.begin(bench.parts[0]) == reason


def _a_product(clock: FixedClock) -> Any:
    return (
        insert(Product)
        .values(
            external_id="1",
            sku="A15",
            name="Samsung A15",
            price_minor=PRICE,
            currency="COP",
            source="own",
            active=True,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        .returning(Product.id)
    )


def test_a_reply_that_began_is_finished_whatever_its_prices_do(
    database: Database, clock: FixedClock
) -> None:
    bench = Bench(database, clock)
    product = database.write(lambda c: c.execute(_a_product(clock)).scalar_one())
    bench.save(prices={str(product): PRICE})
    first, second = bench.parts
    bench.begin(first)
    bench.do(outbox.record_accepted, first.id, "SMout1", "queued")
    bench.change(Product, price_minor=1)

    assert bench.begin(second) is None


def test_an_accepted_part_is_settled(bench: Bench) -> None:
    first = bench.parts[0]
    bench.begin(first)
    bench.do(outbox.record_accepted, first.id, "SMout1", "queued")

    assert bench.states == ["accepted", "queued"]
    assert [part.part for part in bench.parts] == [1]
    assert bench.database.read(lambda c: outbox.known_sids(c, 1)) == {"SMout1"}


def test_what_was_sent_before_a_withdrawal_stays_in_the_talk(bench: Bench) -> None:
    first = bench.parts[0]
    bench.begin(first)
    bench.do(outbox.record_accepted, first.id, "SMout1", "sent")
    bench.do(outbox.withdraw, "t1")

    assert bench.states == ["accepted", "withdrawn"]
    assert bench.reply_status != "withdrawn"


@pytest.mark.parametrize(("again", "state"), [(True, "unclear"), (False, "queued")])
def test_an_unclear_part_is_looked_up_again_or_sent_again(
    bench: Bench, again: bool, state: str
) -> None:
    first, at = bench.parts[0], bench.clock.now() + timedelta(seconds=15)
    bench.begin(first)
    bench.do(outbox.record_unclear, first.id, at)
    assert (bench.parts[0].state, bench.parts[0].next_at) == ("unclear", at)

    bench.do(outbox.record_not_found, first.id, next_at=at, again=again)
    assert (bench.parts[0].state, bench.parts[0].lookups) == (state, 1)


@pytest.mark.parametrize("step", ["record_unclear", "record_retry", "record_failed"])
def test_a_settled_part_is_not_unsettled_by_a_late_word(bench: Bench, step: str) -> None:
    first, at = bench.parts[0], bench.clock.now()
    bench.begin(first)
    bench.do(outbox.record_accepted, first.id, "SMout1", "delivered")
    late: dict[str, dict[str, Any]] = {
        "record_unclear": {"next_at": at},
        "record_retry": {"next_at": at, "code": 20429},
        "record_failed": {"code": 63016},
    }
    bench.do(getattr(outbox, step), first.id, **late[step])

    assert bench.states[0] == "accepted"


def test_a_refusal_for_now_puts_it_back_with_its_code(bench: Bench) -> None:
    first, at = bench.parts[0], bench.clock.now() + timedelta(seconds=2)
    bench.begin(first)
    bench.do(outbox.record_retry, first.id, next_at=at, code=20429)

    assert (bench.parts[0].state, bench.parts[0].next_at) == ("queued", at)
    assert bench.column(OutboxItem.error_code, OutboxItem.part) == [20429, None]


def test_a_refusal_for_good_fails_the_message(bench: Bench) -> None:
    first = bench.parts[0]
    bench.begin(first)
    bench.do(outbox.record_failed, first.id, 21211)

    assert (bench.states, bench.reply_status) == (["failed", "queued"], "failed")


PASSING, FINAL = 63012, 63024


def undelivered(part: Part, code: int) -> StatusUpdate:
    return StatusUpdate("SMout1", "undelivered", part.id, code, can_retry=code == PASSING)


@pytest.mark.parametrize(("code", "state"), [(PASSING, "queued"), (FINAL, "failed")])
def test_a_failure_told_before_the_send_came_back_is_acted_on(
    bench: Bench, code: int, state: str
) -> None:
    first, now = bench.parts[0], bench.clock.now()
    bench.begin(first)
    bench.do(receipts.record_status, undelivered(first, code), now)

    said = bench.database.write(lambda c: outbox.record_accepted(c, first.id, "SMout1", "queued"))
    assert said == "undelivered"
    bench.do(receipts.record_early, first.id, now, bool)
    assert bench.states[0] == state


@pytest.mark.parametrize(("code", "state"), [(PASSING, "queued"), (FINAL, "failed")])
def test_a_failure_told_before_that_send_was_told_of_is_acted_on(
    bench: Bench, code: int, state: str
) -> None:
    first, now = bench.parts[0], bench.clock.now()
    bench.begin(first)
    for said in (undelivered(first, code), StatusUpdate("SMout1", "queued", first.id)):
        bench.do(receipts.record_status, said, now)
    assert bench.states[0] == state


def test_a_turn_goes_on_while_a_part_that_was_sent_comes_back(bench: Bench) -> None:
    (first, second), now = bench.parts, bench.clock.now()
    bench.begin(first)
    bench.do(outbox.record_accepted, first.id, "SMout1", "sent")
    bench.begin(second)
    bench.do(receipts.record_status, undelivered(first, PASSING), now)

    again_at = bench.database.write(
        lambda c: finish_turn(c, bench.claim, SavedTurn("t1", 1), now, last=second)
    )
    assert again_at == bench.parts[0].next_at
    assert bench.column(Conversation.done, Conversation.id) == [0]
    assert bench.column(Turn.state, Turn.id) == ["saved"]


@pytest.mark.parametrize(
    ("kind", "is_sent", "said", "state"),
    [
        pytest.param("answer", False, None, "withdrawn", id="nothing was said yet"),
        pytest.param("answer", True, SavedTurn("t1", 1), "failed", id="a part was sent"),
        pytest.param("buried", False, SavedTurn("t1", 1), "queued", id="the sentence waits"),
    ],
)
def test_a_burial_withdraws_a_reply_but_never_its_own_sentence(
    bench: Bench, kind: str, is_sent: bool, said: SavedTurn | None, state: str
) -> None:
    bench.change(Turn, kind=kind)
    first = bench.parts[0]
    bench.begin(first)
    if is_sent:
        bench.do(outbox.record_accepted, first.id, "SMout1", "queued")

    assert bench.database.write(lambda c: drop_saved(c, bench.claim)) == said
    assert bench.states[1] == state


def test_a_part_told_as_failed_is_sent_again_whatever_is_said_late_of_that_send(
    bench: Bench,
) -> None:
    first, now = bench.parts[0], bench.clock.now()
    bench.begin(first)
    for said in (StatusUpdate("SMout1", "queued", first.id), undelivered(first, PASSING)):
        bench.do(receipts.record_status, said, now)
    bench.do(outbox.record_accepted, first.id, "SMout1", "queued")
    bench.do(receipts.record_status, StatusUpdate("SMout1", "sent", first.id), now)
    assert bench.states[0] == "queued"

    bench.begin(bench.parts[0])
    bench.do(outbox.record_accepted, first.id, "SMout2", "queued")
    assert bench.states[0] == "accepted"


def test_a_part_is_never_sent_again_behind_a_later_one(bench: Bench) -> None:
    (first, second), now = bench.parts, bench.clock.now()
    for part, sid in ((first, "SMout1"), (second, "SMout2")):
        bench.begin(part)
        bench.do(outbox.record_accepted, part.id, sid, "sent")
    codes: list[int | None] = []
    bench.do(receipts.record_status, undelivered(first, PASSING), now, codes.append)
    assert (bench.states, codes) == (["failed", "accepted"], [PASSING])


def test_what_a_finished_turn_gets_back_waits_since_then(bench: Bench) -> None:
    (first, second), now = bench.parts, bench.clock.now()
    bench.do(outbox.record_failed, first.id, 21211)
    bench.begin(second)
    bench.do(outbox.record_accepted, second.id, "SMout1", "sent")
    bench.do(finish_turn, bench.claim, SavedTurn("t1", 1), now, last=second)
    assert bench.column(Conversation.waiting_since, Conversation.id) == [None]
    bench.do(receipts.record_status, undelivered(second, PASSING), now)
    assert bench.column(Conversation.waiting_since, Conversation.id) == [now]
