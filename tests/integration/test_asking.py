"""One question of a program, one reply; only a contact's talk is kept, already finished."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import queue
from bot.asking import CHANNEL, Asker
from bot.ledger import Ledger
from bot.messages import AttemptRow
from bot.outcome import Outcome
from bot.tables import Contact, Conversation, Message, Turn
from bot.talk import talk_before
from core.database import Database
from core.errors import AllProvidersFailed, ProviderError, provider_error
from tests.fakes import FakeAnswerer, FixedClock


@dataclass
class Bench:
    database: Database
    clock: FixedClock
    answerer: FakeAnswerer

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database)
        self.asker = Asker(
            self.database,
            self.clock,
            self.answerer,  # type: ignore[arg-type]
            self.ledger.flush,
            lambda: (),
            deadline_s=45,
        )

    async def ask(self, question: str, contact: str | None = None) -> Outcome:
        return await self.asker.ask(question, contact)

    def count(self, table: Any) -> int:
        query = select(func.count()).select_from(table)
        return int(self.database.read(lambda c: c.execute(query).scalar_one()))

    def talk(self) -> list[tuple[str, str]]:
        said = self.database.read(lambda c: talk_before(c, 1, 99, 99))
        return [(message.author, message.body) for message in said]

    def due(self) -> list[int]:
        channels = [CHANNEL, "whatsapp"]
        return self.database.read(
            lambda c: queue.due(c, now=self.clock.now(), channels=channels, limit=9)
        )


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Bench:
    return Bench(database, clock, FakeAnswerer())


async def test_without_a_contact_nothing_is_kept(bench: Bench) -> None:
    found = await bench.ask("hola")

    assert (found.status, found.body["reply"]) == (200, "re: hola")
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


async def test_the_turn_is_finished(bench: Bench) -> None:
    await bench.ask("hola", "ana")
    assert bench.database.read(lambda c: c.execute(select(Turn.state)).scalar_one()) == "finished"


async def test_a_contacts_questions_are_answered_one_after_another(bench: Bench) -> None:
    seen = []

    async def look() -> None:
        seen.append(bench.talk())
        await asyncio.sleep(0)

    bench.answerer.before_answer = look
    await asyncio.gather(bench.ask("hola", "ana"), bench.ask("¿y rojo?", "ana"))

    assert [len(talk) for talk in seen] == [0, 2]


async def test_a_contact_asked_for_by_another_process_meanwhile_loses_nothing(bench: Bench) -> None:
    other = Bench(bench.database, bench.clock, FakeAnswerer())

    async def ask_elsewhere() -> None:
        bench.answerer.before_answer = None
        await other.ask("¿y rojo?", "ana")

    bench.answerer.before_answer = ask_elsewhere
    await bench.ask("hola", "ana")

    assert sorted(body for _, body in bench.talk()) == [
        "hola",
        "re: hola",
        "re: ¿y rojo?",
        "¿y rojo?",
    ]


async def test_text_no_database_takes_is_cleaned(bench: Bench) -> None:
    found = await bench.ask("hola\x00 \ud83d", "ana\x00")
    assert found.status == 200
    assert bench.talk()[0][1].startswith("hola ")


async def test_where_a_person_answers_only_the_question_is_kept(bench: Bench) -> None:
    bench.answerer.kind = "silent"
    await bench.ask("hola", "ana")
    assert bench.talk() == [("customer", "hola")]


async def test_a_failure_names_the_attempts_of_this_turn(bench: Bench) -> None:
    def fail(turn_id: str) -> AllProvidersFailed:
        bench.ledger.record(AttemptRow(turn_id, "groq", "m", 1, "timeout", 5, bench.clock.now()))
        return AllProvidersFailed([timeout()])

    bench.ledger.record(AttemptRow("other", "groq", "m", 1, "timeout", 5, bench.clock.now()))
    bench.answerer.fail = fail
    found = await bench.ask("hola", "ana")

    assert (found.status, found.body["error"]) == (504, "timeout")
    assert [row["outcome"] for row in found.body["details"]["attempts"]] == ["timeout"]


async def test_a_failure_keeps_nothing(bench: Bench) -> None:
    bench.answerer.failures = [AllProvidersFailed([])]
    assert (await bench.ask("hola", "ana")).status == 503
    assert bench.count(Message) == 0


def timeout() -> ProviderError:
    return provider_error("slow", provider="groq", error_class="timeout")
