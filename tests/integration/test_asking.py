"""One question of a program, one reply; only a contact's talk is kept, already finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import inbox
from bot.asking import CHANNEL, Answered, Asker
from bot.tables import Contact, Conversation, Message, Turn
from bot.talk import talk_before
from core.database import Database
from core.errors import AllProvidersFailed
from tests.fakes import FakeAnswerer, FixedClock


@dataclass
class Bench:
    database: Database
    clock: FixedClock
    answerer: FakeAnswerer

    async def ask(self, question: str, contact: str | None = None) -> Answered:
        asker = Asker(self.database, self.clock, self.answerer, deadline_s=45)  # type: ignore[arg-type]
        return await asker.ask(question, contact)

    def count(self, table: Any) -> int:
        query = select(func.count()).select_from(table)
        return int(self.database.read(lambda c: c.execute(query).scalar_one()))

    def talk(self) -> list[tuple[str, str]]:
        said = self.database.read(lambda c: talk_before(c, 1, 99, 99))
        return [(message.author, message.body) for message in said]

    def due(self) -> list[int]:
        channels = [CHANNEL, "whatsapp"]
        return self.database.read(
            lambda c: inbox.due(c, now=self.clock.now(), channels=channels, limit=9)
        )


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Bench:
    return Bench(database, clock, FakeAnswerer())


async def test_without_a_contact_nothing_is_kept(bench: Bench) -> None:
    answered = await bench.ask("hola")

    assert answered.reply.text == "re: hola"
    assert [bench.count(table) for table in (Contact, Conversation, Message, Turn)] == [0] * 4


async def test_a_contacts_question_and_reply_are_kept_together(bench: Bench) -> None:
    await bench.ask("hola", "ana")
    await bench.ask("¿y rojo?", "ana")

    assert bench.talk() == [
        ("customer", "hola"),
        ("bot", "re: hola"),
        ("customer", "¿y rojo?"),
        ("bot", "re: ¿y rojo?"),
    ]


async def test_only_the_question_itself_is_answered(bench: Bench) -> None:
    await bench.ask("hola", "ana")
    await bench.ask("¿y rojo?", "ana")
    assert bench.answerer.asked == [["hola"], ["¿y rojo?"]]


async def test_each_contact_has_a_talk_of_its_own(bench: Bench) -> None:
    await bench.ask("hola", "ana")
    await bench.ask("hola", "luis")
    assert (bench.count(Conversation), bench.count(Contact)) == (2, 2)


async def test_no_worker_ever_sees_it_waiting(bench: Bench) -> None:
    await bench.ask("hola", "ana")
    assert bench.due() == []

    row = bench.database.read(
        lambda c: c.execute(
            select(Conversation.tail, Conversation.done, Conversation.lease_owner)
        ).one()
    )
    assert (row.tail, row.done, row.lease_owner) == (1, 1, None)


async def test_the_turn_is_the_one_the_ledger_names(bench: Bench) -> None:
    answered = await bench.ask("hola", "ana")

    turn = bench.database.read(lambda c: c.execute(select(Turn.id, Turn.state)).one())
    assert (turn.id, turn.state) == (answered.turn_id, "finished")


async def test_where_a_person_answers_only_the_question_is_kept(bench: Bench) -> None:
    bench.answerer.kind = "silent"
    await bench.ask("hola", "ana")
    assert bench.talk() == [("customer", "hola")]


async def test_a_failure_keeps_nothing(bench: Bench) -> None:
    bench.answerer.failures = [AllProvidersFailed([])]
    with pytest.raises(AllProvidersFailed):
        await bench.ask("hola", "ana")
    assert bench.count(Message) == 0
