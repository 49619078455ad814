"""A message is accepted once; one worker at a time holds its conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import inbox, queue
from bot.inbox import Accepted, Claim
from bot.messages import InboundMessage
from bot.tables import Conversation
from bot.talk import waiting_messages
from core.database import Database
from core.errors import LeaseLost
from tests.fakes import FixedClock


def message(
    sid: str = "SM1", body: str = "hola", customer: str = "whatsapp:+573001"
) -> InboundMessage:
    return InboundMessage("whatsapp", sid, customer, "whatsapp:+1415", body)


def accept(database: Database, clock: FixedClock, *args: str, wait_s: float = 0) -> Accepted:
    return database.write(
        lambda c: inbox.accept(c, message(*args), now=clock.now(), wait_s=wait_s, max_wait_s=6)
    )


def claim(
    database: Database, clock: FixedClock, owner: str = "w1", lease_s: float = 20
) -> Claim | None:
    return database.write(
        lambda c: inbox.claim(
            c, 1, owner=owner, now=clock.now(), lease_s=lease_s, channels=["whatsapp"]
        )
    )


def column(database: Database, which: Any) -> Any:
    return database.read(lambda c: c.execute(select(which)).scalar_one())


def due(database: Database, clock: FixedClock) -> list[int]:
    return database.read(lambda c: queue.due(c, now=clock.now(), channels=["whatsapp"], limit=10))


def test_messages_of_a_talk_are_numbered_in_order(database: Database, clock: FixedClock) -> None:
    seqs = [accept(database, clock, f"SM{n}").seq for n in range(3)]
    assert seqs == [1, 2, 3]


def test_repeated_webhook_is_accepted_once(database: Database, clock: FixedClock) -> None:
    accept(database, clock, "SM1")
    with pytest.raises(inbox.Repeated):
        accept(database, clock, "SM1")
    assert accept(database, clock, "SM2").seq == 2


def test_a_contact_without_a_phone_is_a_contact(database: Database, clock: FixedClock) -> None:
    accept(database, clock, "SM1", "hola", "whatsapp:US.13491208655302741918")
    assert due(database, clock) == [1]


def test_fragments_wait_and_a_finished_sentence_does_not(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock, "SM1", wait_s=1.5)
    assert due(database, clock) == []
    accept(database, clock, "SM2", wait_s=0)
    assert due(database, clock) == [1]


def test_fragments_wait_at_most_the_limit_after_the_first(
    database: Database, clock: FixedClock
) -> None:
    first = clock.now()
    for number in range(8):
        accepted = accept(database, clock, f"SM{number}", wait_s=1.5)
        clock.advance(1)
    assert accepted.due_at <= first + timedelta(seconds=7)


def test_a_held_conversation_is_nobody_elses(database: Database, clock: FixedClock) -> None:
    accept(database, clock)
    assert claim(database, clock, "w1") is not None
    assert claim(database, clock, "w2") is None
    assert due(database, clock) == []


def test_an_expired_lease_is_taken_over_with_a_new_epoch(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock)
    first = claim(database, clock, "w1")
    clock.advance(21)
    second = claim(database, clock, "w2")
    assert first and second and second.epoch == first.epoch + 1


def test_whoever_lost_the_lease_cannot_finish(database: Database, clock: FixedClock) -> None:
    accept(database, clock)
    lost = claim(database, clock, "w1")
    clock.advance(21)
    claim(database, clock, "w2")
    assert lost is not None
    with pytest.raises(LeaseLost):
        database.write(
            lambda c: inbox.finish(c, lost.conversation_id, lost.epoch, done=1, now=clock.now())
        )


def test_renewing_keeps_only_what_is_still_ours(database: Database, clock: FixedClock) -> None:
    accept(database, clock)
    held = claim(database, clock, "w1")
    assert held is not None

    def renew(epoch: int, owner: str) -> set[int]:
        return database.write(
            lambda c: inbox.renew(c, [(1, epoch)], owner=owner, now=clock.now(), lease_s=20)
        )

    assert renew(held.epoch, "w1") == {1}
    until = column(database, Conversation.lease_until)
    clock.advance(5)
    assert renew(held.epoch, "w2") == set()
    assert renew(held.epoch - 1, "w1") == set()
    assert column(database, Conversation.lease_until) == until


def test_finishing_tells_when_the_next_messages_are_due(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock, "SM1")
    held = claim(database, clock)
    accepted = accept(database, clock, "SM2")
    assert held is not None
    again = database.write(lambda c: inbox.finish(c, 1, held.epoch, done=1, now=clock.now()))
    assert again == accepted.due_at
    assert [m.seq for m in database.read(lambda c: waiting_messages(c, 1, 1))] == [2]


def test_given_back_work_is_due_when_said(database: Database, clock: FixedClock) -> None:
    accept(database, clock)
    held = claim(database, clock)
    assert held is not None
    later = clock.now() + timedelta(seconds=30)
    database.write(lambda c: inbox.give_back(c, held, due_at=later))
    assert due(database, clock) == []
    clock.advance(30)
    assert due(database, clock) == [1]


def test_what_was_freed_is_held_by_nobody_though_its_epoch_stands(
    database: Database, clock: FixedClock
) -> None:
    """Whoever never heard that its last step was stored tries to give back what it finished."""
    accepted = accept(database, clock)
    held = claim(database, clock)
    assert held is not None
    database.write(lambda c: inbox.finish(c, 1, held.epoch, done=1, now=clock.now()))
    later = clock.now() + timedelta(seconds=30)
    assert not database.write(lambda c: inbox.give_back(c, held, due_at=later))
    database.write(lambda c: inbox.postpone(c, 1, held.epoch, later))
    assert column(database, Conversation.deaths) == 0
    assert column(database, Conversation.due_at) == accepted.due_at
    with pytest.raises(LeaseLost):
        database.write(lambda c: inbox.hold(c, 1, held.epoch))


def test_freeing_all_leases_makes_held_work_due_at_once(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock)
    claim(database, clock)
    assert database.write(inbox.free_all_leases) == 1
    assert due(database, clock) == [1]


def test_messages_of_a_channel_nobody_can_send_through_wait(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock)
    other = database.write(
        lambda c: inbox.claim(c, 1, owner="w", now=clock.now(), lease_s=20, channels=["web"])
    )
    assert other is None
    assert due(database, clock) == [1]


def test_who_is_due_and_writes_again_keeps_the_place(database: Database, clock: FixedClock) -> None:
    accept(database, clock, "SM1", "hola", "whatsapp:+571")
    clock.advance(1)
    accept(database, clock, "SM2", "hola", "whatsapp:+572")
    clock.advance(1)
    accept(database, clock, "SM3", "¿están?", "whatsapp:+571", wait_s=1.5)
    assert due(database, clock) == [1, 2]


def test_what_is_written_during_the_turn_waits_behind_the_others(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock, "SM1", "hola", "whatsapp:+571")
    held = claim(database, clock)
    clock.advance(1)
    accept(database, clock, "SM2", "hola", "whatsapp:+572")
    clock.advance(1)
    accept(database, clock, "SM3", "más", "whatsapp:+571")
    assert held is not None
    database.write(lambda c: inbox.finish(c, 1, held.epoch, done=1, now=clock.now()))
    assert due(database, clock) == [2, 1]


def test_a_claim_whose_holder_died_counts_as_a_failure(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock)
    counted = []
    for _ in range(3):
        held = claim(database, clock)
        assert held is not None
        counted.append(held.deaths)
        clock.advance(21)
    assert counted == [0, 1, 2]


def test_a_suspect_is_counted_only_once_it_is_worked_on(
    database: Database, clock: FixedClock
) -> None:
    accept(database, clock)
    for _ in range(inbox.SUSPECT_DEATHS + 2):
        held = claim(database, clock)
        clock.advance(21)
    assert held is not None and held.deaths == inbox.SUSPECT_DEATHS
    begun = claim(database, clock)
    assert begun is not None
    database.write(lambda c: inbox.work_on_suspect(c, begun))
    clock.advance(21)
    again = claim(database, clock)
    assert again is not None and again.deaths == inbox.SUSPECT_DEATHS + 1


def test_work_given_back_is_no_failure(database: Database, clock: FixedClock) -> None:
    accept(database, clock)
    held = claim(database, clock)
    assert held is not None
    database.write(lambda c: inbox.give_back(c, held, due_at=clock.now()))
    again = claim(database, clock)
    assert again is not None and again.deaths == 0
