"""A setting saved while the shop runs is kept, and who changed what can be read later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from bot.saved_settings import follow_settings, save_setting, saved_settings
from bot.tables import AuditEntry
from core.database import Database
from core.errors import ConfigError, DatabaseUnavailable
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


async def test_a_running_worker_hears_of_every_change_once(
    database: Database, clock: FixedClock
) -> None:
    heard: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
    following = asyncio.create_task(follow_settings(database, {}, heard.put, 0))

    save(database, clock, "openai")
    assert await heard.get() == {"AI_PROVIDER": "openai"}
    save(database, clock, None)
    assert await heard.get() == {}
    following.cancel()


async def test_a_change_that_cannot_be_used_is_told_and_the_next_one_counts(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def apply(saved: Mapping[str, str]) -> None:
        await heard.put(saved["AI_PROVIDER"])
        if saved["AI_PROVIDER"] == "nobody":
            raise ConfigError("AI_PROVIDER: nobody knows it")

    following = asyncio.create_task(follow_settings(database, {}, apply, 0))
    save(database, clock, "nobody")
    assert await heard.get() == "nobody"
    save(database, clock, "groq")
    assert await heard.get() == "groq"
    following.cancel()

    told = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert len(told) == 1 and "settings_not_refreshed" in told[0].getMessage()


async def test_a_database_that_is_away_is_no_line_of_its_own(
    sqlite_database: Database,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
    failures, read = [DatabaseUnavailable("away")] * 3, sqlite_database.read_async

    async def read_async(work: Any) -> Any:
        if failures:
            raise failures.pop()
        return await read(work)

    monkeypatch.setattr(sqlite_database, "read_async", read_async)
    save(sqlite_database, clock, "openai")
    following = asyncio.create_task(follow_settings(sqlite_database, {}, heard.put, 0))
    assert await heard.get() == {"AI_PROVIDER": "openai"}
    following.cancel()
    assert (failures, caplog.messages) == ([], [])
