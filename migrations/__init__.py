"""A database of any age enters, one with the tables of this code leaves (Alembic)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import OperationalError

from core.database import make_engine
from core.errors import ConfigError
from core.texts import text as say

HEAD = "0007"
"""The newest revision; a test holds it against the files under versions/."""
ADVISORY_LOCK = 7_061_730
LOCK_TIMEOUT_S = 60
TABLE_TRIES = 12
TABLE_WAIT_S = 3
TABLE_PAUSE_S = 2.0
"""On PostgreSQL whoever waits for a table keeps all others from it: behind a backup under way a
change of the tables waits shortly and often, and messages are stored in between."""


def upgrade(url: URL, metadata: MetaData) -> bool:
    """Create or upgrade the tables; safe to call from several processes at once.

    Args:
        url: of the database, as `core.database.parse_url` gives it.
        metadata: the tables of this code.
    Returns:
        Whether anything was changed.
    Raises:
        ConfigError: the database was made by a newer version of the code.
    """
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            if _current(connection) == HEAD:
                return False
        with _alone(url):
            return _upgrade_in_the_end(engine, metadata)
    finally:
        engine.dispose()


def _upgrade_in_the_end(engine: Engine, metadata: MetaData) -> bool:
    for _ in range(TABLE_TRIES - 1):
        try:
            return _upgrade_once(engine, metadata)
        except OperationalError as error:
            if "lock timeout" not in str(error):
                raise
        time.sleep(TABLE_PAUSE_S)
    return _upgrade_once(engine, metadata)


def _upgrade_once(engine: Engine, metadata: MetaData) -> bool:
    with engine.begin() as connection:
        return _upgrade(connection, metadata)


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    """On SQLite a lock file; PostgreSQL is locked inside the transaction."""
    if url.get_backend_name() == "sqlite":
        with FileLock(Path(f"{url.database}.migrate.lock"), timeout=LOCK_TIMEOUT_S):
            yield
    else:
        yield


def _upgrade(connection: Connection, metadata: MetaData) -> bool:
    # Imported here: Alembic takes a quarter of a second that a start without changes need not pay.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout TO '{TABLE_WAIT_S}s'"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes.update(connection=connection, metadata=metadata)
    current = _current(connection)
    if current == HEAD:
        return False
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError(say("commands.database_newer", revision=current))
    command.upgrade(config, "head")
    return True


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None
