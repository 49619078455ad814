"""A change of the catalog enters, the state that tells caches they are old leaves."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import Connection

from catalog.tables import CatalogRevision
from core.database import insert_into
from core.statements import Statement

_STATE = Statement(
    select(CatalogRevision.revision, CatalogRevision.index_mark, CatalogRevision.removed).where(
        CatalogRevision.id == 1
    )
)


class CatalogMoved(Exception):
    """The catalog is no longer the one that a change was made for."""


class State(NamedTuple):
    """How far a catalog is.

    Args:
        revision: raised by every change of products or facts; 0 for a new database.
        index_mark: of the rules and synonyms by which the stored terms were made; "" for none.
        removed: the revision that last removed a product.
    """

    revision: int
    index_mark: str
    removed: int


def state(connection: Connection) -> State:
    """The state as this transaction sees it."""
    found = _STATE.row(connection)
    return State(*found) if found else State(0, "", 0)


def revision(connection: Connection) -> int:
    """The number that every change of products or facts raises; 0 for a new database."""
    return state(connection).revision


def bump_revision(
    connection: Connection,
    *,
    expected: int | None = None,
    index_mark: str | None = None,
    removes: bool = False,
) -> int:
    """Raise the revision in the caller's transaction and return the new number.

    On PostgreSQL this makes whoever else changes the catalog wait until the transaction ends,
    however long a large catalog takes.

    Args:
        expected: the revision that what is to be stored was made for.
        index_mark: of the terms, where they are all made anew.
        removes: products are removed along with it.
    Raises:
        CatalogMoved: it is no longer the expected one; roll back.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout TO 0")
    first: dict[str, Any] = {"revision": 1, "index_mark": index_mark or "", "removed": int(removes)}
    next_revision = CatalogRevision.revision + 1
    changed: dict[str, Any] = {"revision": next_revision}
    if index_mark is not None:
        changed["index_mark"] = index_mark
    if removes:
        changed["removed"] = next_revision
    raised = (
        insert_into(connection, CatalogRevision)
        .values(id=1, **first)
        .on_conflict_do_update(index_elements=[CatalogRevision.id], set_=changed)
        .returning(CatalogRevision.revision)
    )
    number = int(connection.execute(raised).scalar_one())
    if expected is not None and number != expected + 1:
        raise CatalogMoved
    return number
