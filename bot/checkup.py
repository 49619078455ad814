"""The database enters; figures a person looks at when something seems wrong leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from bot import queue
from bot.readiness import PROOF_JOB
from bot.schedule import slot_of, win
from bot.tables import Message, OutboxItem, Turn

LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Troubles:
    """What did not go well.

    Args:
        waiting: conversations nobody has answered yet.
        oldest_s: how long the first of them has been due.
        buried: turns given up within a day.
        undelivered: parts of replies of a day that never reached their customer.
    """

    waiting: int
    oldest_s: float
    buried: int
    undelivered: int


def troubles(connection: Connection, now: datetime) -> Troubles:
    """Counted now."""
    backlog = queue.age(connection, now)
    buried = select(func.count()).where(Turn.kind == "buried", Turn.saved_at > now - LATELY)
    failed = select(func.count()).where(
        OutboxItem.state == "failed", OutboxItem.created_at > now - LATELY
    )
    return Troubles(
        backlog.waiting,
        backlog.oldest_s,
        connection.execute(buried).scalar_one(),
        connection.execute(failed).scalar_one(),
    )


def damage(connection: Connection) -> str:
    """What SQLite finds wrong with its own file; "" when all is well."""
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
    return "" if found == "ok" else str(found)


def version(connection: Connection) -> str:
    """Of the database."""
    is_sqlite = connection.dialect.name == "sqlite"
    asked = "SELECT sqlite_version()" if is_sqlite else "SHOW server_version"
    return str(connection.execute(text(asked)).scalar())[:40]


def size_mb(connection: Connection) -> float:
    """Of the database as a whole."""
    asked = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if connection.dialect.name == "sqlite"
        else "SELECT pg_database_size(current_database())"
    )
    return int(connection.execute(text(asked)).scalar() or 0) / 1024**2


def connections(connection: Connection) -> tuple[int, int]:
    """Those PostgreSQL has open, of all shops, and how many it allows."""
    used = connection.execute(text("SELECT count(*) FROM pg_stat_activity")).scalar_one()
    allowed = connection.execute(text("SHOW max_connections")).scalar_one()
    return int(used), int(allowed)


def has_wake_ups(connection: Connection) -> bool:
    """Whether PostgreSQL has the tables workers are woken by."""
    asked = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
    return bool(connection.execute(asked).scalar())


def prove(connection: Connection, now: datetime, owner: str) -> None:
    """Store something small."""
    win(connection, PROOF_JOB, slot_of(now, 1.0), owner)


def newest_at(connection: Connection) -> datetime | None:
    """When the newest message was stored: no clock that goes right shows an earlier time."""
    return connection.execute(
        select(Message.created_at).order_by(Message.id.desc()).limit(1)
    ).scalar()
