"""Figures read from a real database, and the page that names them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text

from bot.alarms import Alarms, Cause
from bot.health import Health
from bot.metrics import Metrics
from bot.metrics.quick import QuickHistograms
from bot.metrics.state import State
from bot.tables import Alarm
from bot.witness import Reporter
from core.database import Database
from core.errors import (
    ContactStopped,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
    DeliveryUnknown,
)
from tests.fakes import FixedClock

ROOT = Path(__file__).resolve().parents[2]


def test_the_documented_metrics_are_the_real_ones(
    sqlite_database: Database, clock: FixedClock
) -> None:
    metrics = Metrics()
    metrics.watch(Health(clock))
    metrics.registry.register(State(sqlite_database, clock))
    real = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if not family.name.startswith("process_")  # memory, files and time, only on Linux
    }
    table = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(mostrador_\w+)`", table, re.MULTILINE)) == real


def test_every_cause_an_owner_is_told_of_is_documented() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8").split("## Notices to the owner")[1]
    rows = re.findall(r"^\| (`.+?`) \|", page, re.MULTILINE)
    assert {word for row in rows for word in row.split(", ")} == {f"`{cause}`" for cause in Cause}


def test_queue_workers_and_alarms_are_read_as_they_stand(
    sqlite_database: Database, clock: FixedClock
) -> None:
    registry = CollectorRegistry()
    registry.register(State(sqlite_database, clock))
    Alarms(sqlite_database, clock).raise_(Cause.DISK_LOW, free_mb=1)
    sqlite_database.flush()
    value = registry.get_sample_value
    assert value("mostrador_database_up") == 1
    assert value("mostrador_queue_conversations") == 0
    assert value("mostrador_workers_alive") == 0
    assert value("mostrador_alarms_standing", {"cause": "disk_low"}) == 1


def test_a_database_that_cannot_be_read_hides_no_other_figure(
    sqlite_database: Database, clock: FixedClock
) -> None:
    registry = CollectorRegistry()
    registry.register(State(sqlite_database, clock))
    sqlite_database.write(lambda c: c.execute(text("DROP TABLE conversation")))
    assert registry.get_sample_value("mostrador_database_up") == 0


def test_what_did_not_happen_yet_reads_zero() -> None:
    value = Metrics().registry.get_sample_value
    assert value("mostrador_sends_total", {"result": "failed"}) == 0
    assert value("mostrador_webhook_seconds_count", {"outcome": "accepted"}) == 0


@pytest.mark.parametrize(
    ("error", "is_final", "result", "standing"),
    [
        (DeliveryUnavailable("x"), False, "postponed", set()),
        (DeliveryUnknown("x"), False, "unclear", set()),
        (DeliveryRejected("x", code=63024), True, "failed", {"message_undelivered"}),
        (ContactStopped("x", code=21610), True, "failed", set()),
        (
            DeliveryUnavailable("x", mend="TWILIO_AUTH_TOKEN"),
            False,
            "postponed",
            {"twilio_account"},
        ),
    ],
)
def test_a_send_that_failed_is_counted_and_told(
    sqlite_database: Database,
    clock: FixedClock,
    error: DeliveryError,
    is_final: bool,
    result: str,
    standing: set[str],
) -> None:
    metrics = Metrics()
    Reporter(metrics, Alarms(sqlite_database, clock)).not_sent(error, is_final=is_final)
    sqlite_database.flush()
    causes = sqlite_database.read(lambda c: set(c.execute(select(Alarm.cause)).scalars()))
    assert metrics.registry.get_sample_value("mostrador_sends_total", {"result": result}) == 1
    assert causes == standing


def test_a_measurement_falls_into_its_bucket_and_all_above() -> None:
    registry = CollectorRegistry()
    made = QuickHistograms(registry, "x_seconds", "X.", (0.1, 1), "step", ("a", "b"))
    for seconds in (0.05, 0.1, 0.5, 7):
        made.by["a"].observe(seconds)
    value = registry.get_sample_value
    found = [value("x_seconds_bucket", {"step": "a", "le": le}) for le in ("0.1", "1.0", "+Inf")]
    assert found == [2, 3, 4]
    assert value("x_seconds_count", {"step": "a"}) == 4
    assert value("x_seconds_sum", {"step": "a"}) == pytest.approx(7.65)
    assert value("x_seconds_count", {"step": "b"}) == 0
