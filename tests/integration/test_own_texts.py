"""The shop's own texts: versions, and the way back to what ships."""

from __future__ import annotations

from datetime import UTC, datetime

from core.database import Database
from core.own_texts import OwnText, current, save

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_without_a_text_of_its_own_the_shipped_one_is_in_force(database: Database) -> None:
    assert database.read(lambda c: current(c, "prompt.es")) is None


def test_the_newest_version_is_in_force(database: Database) -> None:
    for body in ("uno", "dos"):
        database.write(lambda c, body=body: save(c, "prompt.es", body, now=NOW))
    database.write(lambda c: save(c, "prompt.en", "one", now=NOW))
    assert database.read(lambda c: current(c, "prompt.es")) == OwnText(2, "dos")


def test_an_empty_text_goes_back_and_versions_count_on(database: Database) -> None:
    for body in ("uno", ""):
        database.write(lambda c, body=body: save(c, "synonyms", body, now=NOW))
    assert database.read(lambda c: current(c, "synonyms")) is None
    assert database.write(lambda c: save(c, "synonyms", "tres", now=NOW)) == 3
