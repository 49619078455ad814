"""A change of the catalog enters, the number that tells caches they are old leaves."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from catalog.tables import CatalogRevision


def revision(connection: Connection) -> int:
    """The number that every change of products or facts raises; 0 for a new database."""
    found = connection.execute(select(CatalogRevision.revision).where(CatalogRevision.id == 1))
    return found.scalar() or 0


def bump_revision(connection: Connection) -> int:
    """Raise the revision in the caller's transaction and return the new number.

    On PostgreSQL this makes whoever else changes the catalog wait until the transaction ends.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(CatalogRevision).values(id=1, revision=1)
    raised = statement.on_conflict_do_update(
        index_elements=[CatalogRevision.id],
        set_={"revision": CatalogRevision.revision + 1},
    ).returning(CatalogRevision.revision)
    return int(connection.execute(raised).scalar_one())
