"""A prepared statement stores and reads what Core would, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.tables import Attempt, AuditEntry, Contact, OutboxItem
from core.database import Database
from core.errors import DatabaseUnavailable
from core.statements import Statement, one_of

NOW = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=UTC)

ADD = Statement(insert(AuditEntry).returning(AuditEntry.id), "at", "actor", "action", "detail")
GET = Statement(
    select(AuditEntry.id, AuditEntry.at, AuditEntry.detail).where(
        one_of(AuditEntry.actor, ("ana", "eva"))
    )
)


def add(database: Database, **values: Any) -> Any:
    given = {"at": NOW, "actor": "ana", "action": "x", "detail": {}}
    return database.write(lambda c: ADD.row(c, **given | values))


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(NOW, id="with microseconds"),
        pytest.param(NOW.replace(microsecond=0), id="a whole second"),
        pytest.param(NOW.astimezone(timezone(timedelta(hours=-5))), id="of another zone"),
    ],
)
def test_an_instant_comes_back_aware_and_exact(database: Database, at: datetime) -> None:
    add(database, at=at)
    found = database.read(GET.row).at
    assert (found, found.tzinfo) == (at, UTC)


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="naive"):
        add(database, at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("detail", [{}, {"ñ": [1, None, "€"]}, {"a": {"b": 1.5}}])
def test_json_comes_back_as_it_was(database: Database, detail: dict[str, Any]) -> None:
    add(database, detail=detail)
    assert database.read(GET.row).detail == detail


def test_rows_are_what_core_reads(database: Database) -> None:
    for actor in ("ana", "juan", "eva"):
        add(database, actor=actor, detail={"who": actor})
    query = select(AuditEntry.id, AuditEntry.at, AuditEntry.detail).where(
        AuditEntry.actor != "juan"
    )
    assert database.read(GET.rows) == database.read(lambda c: c.execute(query).all())


def test_no_row_is_none(database: Database) -> None:
    assert database.read(GET.row) is None


def test_one_of_no_words_is_nobody(database: Database) -> None:
    add(database)
    assert (
        database.read(Statement(select(AuditEntry.id).where(one_of(AuditEntry.actor, ()))).rows)
        == []
    )


def test_what_is_not_given_takes_the_columns_default(database: Database) -> None:
    made = Statement(insert(Contact).returning(Contact.name), "created_at")
    assert database.write(lambda c: made.row(c, created_at=NOW)).name == ""


def test_a_value_may_be_none(database: Database) -> None:
    keys = ("provider", "attempt", "outcome", "duration_ms", "status", "started_at")
    made = Statement(insert(Attempt).returning(Attempt.status), *keys)
    given = {"provider": "x", "attempt": 1, "outcome": "x", "duration_ms": 1, "started_at": NOW}
    assert database.write(lambda c: made.row(c, **given, status=None)).status is None


def test_a_forgotten_value_is_an_error_not_a_null(database: Database) -> None:
    made = Statement(update(Contact).values(name=bindparam("called")))
    with pytest.raises((KeyError, DatabaseUnavailable, DBAPIError)):
        database.write(made.run)


def test_a_broken_rule_is_cores_own_error_and_hides_what_was_given(database: Database) -> None:
    made = Statement(insert(Contact), "id", "name", "created_at")

    def twice(connection: Any) -> None:
        for _ in range(2):
            made.run(connection, id=7, name="secreto", created_at=NOW)

    with pytest.raises(IntegrityError) as caught:
        database.write(twice)
    assert "secreto" not in str(caught.value)


def test_it_stands_or_falls_with_the_unit_it_runs_in(database: Database) -> None:
    def broken(connection: Any) -> None:
        ADD.row(connection, at=NOW, actor="ana", action="x", detail={})
        raise ValueError("broken on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        database.write(broken)
    assert database.read(GET.rows) == []


def test_it_sees_what_core_wrote_before_it_in_the_same_unit(database: Database) -> None:
    def work(connection: Any) -> int:
        ADD.row(connection, at=NOW, actor="ana", action="x", detail={})
        connection.execute(delete(AuditEntry))
        return len(GET.rows(connection))

    assert database.write(work) == 0


def test_a_read_cannot_write_through_it(database: Database) -> None:
    made = Statement(update(OutboxItem).values(body="x"))
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        database.read(made.run)
