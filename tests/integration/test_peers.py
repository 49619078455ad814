"""What a dead worker held is freed once, and never what a living one holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import inbox, peers
from bot.messages import InboundMessage
from bot.tables import Conversation
from core.database import Database
from tests.fakes import FixedClock


@pytest.fixture
def since(database: Database, clock: FixedClock) -> datetime:
    """When "dead", which holds a conversation, and "other", which holds one too, last beat."""
    now = clock.now()
    for number, worker in enumerate(("dead", "other")):
        message = InboundMessage("whatsapp", f"SM{number}", f"whatsapp:+57{number}", "shop", "hola")

        def work(c: object, message: InboundMessage = message, worker: str = worker) -> None:
            at = inbox.accept(c, message, now=now, wait_s=0, max_wait_s=6)  # type: ignore[arg-type]
            inbox.claim(
                c,  # type: ignore[arg-type]
                at.conversation_id,
                owner=worker,
                now=now,
                lease_s=20,
                channels=["whatsapp"],
            )
            peers.beat(c, worker, now, now)  # type: ignore[arg-type]

        database.write(work)
    return now


def holders(database: Database) -> list[str | None]:
    query = select(Conversation.lease_owner).order_by(Conversation.id)
    return list(database.read(lambda c: c.execute(query).scalars().all()))


def test_its_conversations_are_freed_by_one_worker_only(
    database: Database, since: datetime
) -> None:
    assert database.write(lambda c: peers.take_over(c, "dead", since)) == [1]
    assert database.write(lambda c: peers.take_over(c, "dead", since)) == []
    assert holders(database) == [None, "other"]


def test_who_beats_again_keeps_what_it_holds(database: Database, since: datetime) -> None:
    later = since + timedelta(seconds=2)
    database.write(lambda c: peers.beat(c, "dead", since, later))
    assert database.write(lambda c: peers.take_over(c, "dead", since)) == []
    assert holders(database) == ["dead", "other"]


def test_a_message_to_a_held_conversation_names_the_holder(
    database: Database, since: datetime
) -> None:
    more = InboundMessage("whatsapp", "SM9", "whatsapp:+571", "shop", "de 16 GB")
    accepted = database.write(lambda c: inbox.accept(c, more, now=since, wait_s=0, max_wait_s=6))
    assert (accepted.seq, accepted.holder) == (2, "other")


@pytest.mark.parametrize(
    ("channel", "waits"),
    [
        pytest.param("whatsapp", True, id="until the lease ends"),
        pytest.param("web", False, id="not ours"),
    ],
)
def test_a_claim_in_vain_knows_when_to_come_again(
    database: Database, since: datetime, channel: str, waits: bool
) -> None:
    found = database.read(lambda c: inbox.next_chance(c, 1, [channel]))
    assert found == (since + timedelta(seconds=20) if waits else None)
