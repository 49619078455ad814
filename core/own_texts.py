"""A text the shop wrote itself enters as a new version; the version in force leaves.

Such a text (a prompt, the table of synonyms) replaces one that ships with the product. It lives in
the database, so that every process sees it, and no version is ever lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, Text, bindparam, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime
from core.statements import Statement


class OwnTextVersion(Base):
    """One version of one text; the highest is in force, an empty body means the shipped text."""

    __tablename__ = "own_text"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text in force; `version` counts from 1 for each name."""

    version: int
    body: str


_CURRENT = Statement(
    select(OwnTextVersion.version, OwnTextVersion.body)
    .where(OwnTextVersion.name == bindparam("name"))
    .order_by(OwnTextVersion.version.desc())
    .limit(1)
)


def current(connection: Connection, name: str) -> OwnText | None:
    """The shop's own text, or None while the shipped one is in force."""
    row = _CURRENT.row(connection, name=name)
    return OwnText(*row) if row and row.body else None


def save(connection: Connection, name: str, body: str, *, now: datetime) -> int:
    """Put a new version in force; an empty body goes back to the shipped text.

    Args:
        now: aware UTC.
    Returns:
        The new version's number.
    """
    newest = connection.execute(
        select(func.max(OwnTextVersion.version)).where(OwnTextVersion.name == name)
    ).scalar()
    version = (newest or 0) + 1
    values = {"name": name, "version": version, "body": body, "created_at": now}
    connection.execute(insert(OwnTextVersion).values(values))
    return version
