"""A setting saved while the shop runs is kept, and who changed what can be read later."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.saved_settings import save_setting, saved_settings
from bot.tables import AuditEntry
from core.database import Database
from tests.fakes import FixedClock


def save(database: Database, clock: FixedClock, value: str | None, by: str = "cli") -> None:
    database.write(lambda c: save_setting(c, "AI_PROVIDER", value, by=by, now=clock.now()))


def audit(database: Database) -> list[tuple[str, dict[str, Any]]]:
    query = select(AuditEntry.actor, AuditEntry.detail).order_by(AuditEntry.id)
    rows = database.read(lambda c: c.execute(query).all())
    return [(row.actor, row.detail) for row in rows]


def test_nothing_is_saved_at_first(database: Database) -> None:
    assert database.read(saved_settings) == {}


def test_the_last_value_counts(database: Database, clock: FixedClock) -> None:
    save(database, clock, "groq")
    save(database, clock, "openai")
    assert database.read(saved_settings) == {"AI_PROVIDER": "openai"}


def test_none_goes_back_to_the_environment(database: Database, clock: FixedClock) -> None:
    save(database, clock, "groq")
    save(database, clock, None)
    assert database.read(saved_settings) == {}


def test_every_change_is_told_with_who_made_it(database: Database, clock: FixedClock) -> None:
    save(database, clock, "groq", by="ana")
    save(database, clock, None)
    assert audit(database) == [
        ("ana", {"key": "AI_PROVIDER", "value": "groq"}),
        ("cli", {"key": "AI_PROVIDER", "value": None}),
    ]
