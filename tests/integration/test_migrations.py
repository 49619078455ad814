"""The migrations lead to exactly the tables of the code, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

import migrations
from bot.figures import newest_attempts
from core.database import Base, Database, make_engine, parse_url
from core.errors import ConfigError

ROOT = Path(migrations.__file__).parent


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return parse_url(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)
    server = parse_url(request.getfixturevalue("postgres_url"), tmp_path)
    engine = make_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS migrated"))
        connection.execute(text("CREATE DATABASE migrated"))
    engine.dispose()
    return server.set(database="migrated")


def test_upgrade_makes_the_tables_of_the_code(empty_url: URL) -> None:
    assert migrations.upgrade(empty_url, Base.metadata)
    database = Database(empty_url)
    try:
        assert database.read(_differences) == []
    finally:
        database.close()


def _differences(connection: Connection) -> list[object]:
    ours = {"include_name": lambda name, *_: not str(name).startswith("procrastinate")}
    context = MigrationContext.configure(connection, opts=ours)
    return list(compare_metadata(context, Base.metadata))


def test_a_second_upgrade_changes_nothing(empty_url: URL) -> None:
    migrations.upgrade(empty_url, Base.metadata)
    assert not migrations.upgrade(empty_url, Base.metadata)


def test_a_change_of_a_table_waits_for_a_backup_by_short_tries(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = parse_url(postgres_url, tmp_path)
    engine, tries = make_engine(url), 0
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS backed_up (id int)"))
    backup = engine.connect()
    backup.execute(text("SELECT count(*) FROM backed_up"))

    def change(connection: Connection, _metadata: object) -> bool:
        nonlocal tries
        tries += 1
        if tries == 3:
            backup.close()
        connection.execute(text("SET LOCAL lock_timeout TO '50ms'"))
        connection.execute(text("LOCK TABLE backed_up"))
        return True

    monkeypatch.setattr(migrations, "HEAD", "next")
    monkeypatch.setattr(migrations, "TABLE_PAUSE_S", 0.0)
    monkeypatch.setattr(migrations, "_upgrade", change)
    try:
        assert migrations.upgrade(url, Base.metadata)
    finally:
        backup.close()
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE backed_up"))
        engine.dispose()
    assert tries == 3


def test_a_database_newer_than_the_code_is_refused(empty_url: URL) -> None:
    migrations.upgrade(empty_url, Base.metadata)
    database = Database(empty_url)
    database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(ConfigError, match="9999"):
        migrations.upgrade(empty_url, Base.metadata)


def test_the_named_head_is_the_newest_file() -> None:
    assert ScriptDirectory(str(ROOT)).get_current_head() == migrations.HEAD


def test_an_older_database_keeps_what_is_in_it(empty_url: URL) -> None:
    _upgrade_to("0001", empty_url)
    database = Database(empty_url)
    database.write(
        lambda c: c.execute(
            text(
                "INSERT INTO attempt (provider, model, attempt, outcome, duration_ms, started_at)"
                " VALUES ('groq', 'm1', 1, 'answered', 5, '2026-03-02 15:00:00')"
            )
        )
    )
    database.close()

    assert migrations.upgrade(empty_url, Base.metadata)
    database = Database(empty_url)
    try:
        assert [row["provider"] for row in database.read(lambda c: newest_attempts(c, 9))] == [
            "groq"
        ]
        assert database.read(_differences) == []
    finally:
        database.close()


def _upgrade_to(revision: str, url: URL) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT).replace("%", "%%"))
    engine = make_engine(url)
    with engine.begin() as connection:
        config.attributes.update(connection=connection, metadata=Base.metadata)
        command.upgrade(config, revision)
    engine.dispose()


def test_the_package_still_makes_the_tables_revision_0006_was_written_for() -> None:
    """When it does not: a revision that runs the package's files after this one."""
    files = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    assert max(file.name for file in files) == "03.04.00_50_post_add_retry_failed_job_procedure.sql"
