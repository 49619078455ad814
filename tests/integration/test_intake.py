"""What the webhook hands over is stored once, and wakes the worker when there is work."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.intake import Intake
from bot.messages import InboundMessage, StatusUpdate
from core.database import Database
from tests.fakes import FixedClock


class Bench:
    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.clock = clock
        self.woken: list[tuple[int, datetime, int]] = []
        self.intake = Intake(
            database,
            clock,
            lambda *told: self.woken.append(told[:3]),
            coalesce_wait_s=1.5,
            coalesce_max_s=6,
        )

    def receive(self, body: str, sid: str = "SM1") -> bool:
        return self.intake.accept(
            InboundMessage("whatsapp", sid, "whatsapp:+57300", "whatsapp:+1415", body)
        )


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Bench:
    return Bench(database, clock)


def test_a_question_wakes_the_worker_at_once(bench: Bench) -> None:
    assert bench.receive("¿tienen laptops?")
    assert bench.woken == [(1, bench.clock.now(), 1)]


def test_a_fragment_wakes_it_when_the_wait_is_over(bench: Bench) -> None:
    bench.receive("hola")
    assert bench.woken == [(1, bench.clock.now() + timedelta(seconds=1.5), 1)]


def test_the_same_message_again_is_accepted_once_and_wakes_nobody(bench: Bench) -> None:
    bench.receive("¿tienen laptops?")
    assert not bench.receive("¿tienen laptops?")
    assert len(bench.woken) == 1


def test_a_status_of_a_message_we_do_not_know_wakes_nobody(bench: Bench) -> None:
    bench.intake.record_status(StatusUpdate("SMunknown", "delivered"))
    assert bench.woken == []
