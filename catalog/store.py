"""Checked rows enter; what must change in the catalog leaves, and is changed in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from catalog.index import IndexedText, product_terms
from catalog.products import IDS_PER_QUERY, SAMPLE
from catalog.revision import bump_revision, revision
from catalog.rows import ProductRow
from catalog.synonyms import default_synonyms
from catalog.tables import Category, Posting, Product

T = TypeVar("T")
Terms = Mapping[str, float]

PRODUCTS_PER_BATCH = 500


class CatalogMoved(Exception):
    """The catalog is no longer the one a plan was made for."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored product that gets new values; `terms` None leaves its postings alone."""

    id: int
    row: ProductRow
    text_changed: bool
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to happen to a catalog of one revision."""

    revision: int
    source: str
    added: tuple[ProductRow, ...]
    updated: tuple[Changed, ...]
    unchanged: int
    removed: tuple[int, ...]
    samples: tuple[int, ...]
    """Sample products that make room for the shop's own."""
    added_terms: tuple[Terms, ...] = ()

    def with_terms(self) -> Plan:
        """The same with the index terms of every new text; the slow part of an import."""
        updated = (
            replace(change, terms=_terms(change.row)) if change.text_changed else change
            for change in self.updated
        )
        return replace(
            self,
            added_terms=tuple(_terms(row) for row in self.added),
            updated=tuple(updated),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.updated or self.removed or self.samples)


def _indexed(row: ProductRow) -> IndexedText:
    return IndexedText(row.external_id, row.sku, row.name, row.brand, row.category, row.description)


def _terms(row: ProductRow) -> Terms:
    return product_terms(_indexed(row), default_synonyms())


def make_plan(
    connection: Connection,
    rows: Sequence[ProductRow],
    given: frozenset[str],
    *,
    source: str,
    replace: bool = False,
) -> Plan:
    """Compare rows with what is stored; changes nothing.

    Args:
        rows: unique by external_id.
        given: fields the rows speak for; a stored product keeps the others.
        source: whose products are compared.
        replace: stored products of this source that no row names are removed.
    """
    stored = _stored(connection, source)
    added = tuple(row for row in rows if row.external_id not in stored)
    updated: list[Changed] = []
    for row in rows:
        if row.external_id not in stored:
            continue
        product_id, old = stored[row.external_id]
        new = row if replace else _merged(old, row, given)
        if new != old:
            updated.append(Changed(product_id, new, _indexed(new) != _indexed(old)))
    named = {row.external_id for row in rows}
    gone = (product_id for code, (product_id, _) in stored.items() if code not in named)
    makes_room = bool(rows) and source != SAMPLE
    return Plan(
        revision=revision(connection),
        source=source,
        added=added,
        updated=tuple(updated),
        unchanged=len(rows) - len(added) - len(updated),
        removed=tuple(gone) if replace else (),
        samples=tuple(_ids(connection, SAMPLE)) if makes_room else (),
    )


def _merged(old: ProductRow, new: ProductRow, given: frozenset[str]) -> ProductRow:
    kept = {name: value for name, value in asdict(old).items() if name not in given}
    return replace(new, **kept)


def _ids(connection: Connection, source: str) -> Sequence[int]:
    return connection.execute(select(Product.id).where(Product.source == source)).scalars().all()


def _stored(connection: Connection, source: str) -> dict[str, tuple[int, ProductRow]]:
    rows = connection.execute(
        select(
            Product.id,
            Product.external_id,
            Product.sku,
            Product.name,
            Product.brand,
            func.coalesce(Category.path, ""),
            Product.description,
            Product.price_minor,
            Product.currency,
            Product.stock,
            Product.image_url,
            Product.url,
            Product.active,
        )
        .join(Category, Product.category_id == Category.id, isouter=True)
        .where(Product.source == source)
    )
    found: dict[str, tuple[int, ProductRow]] = {}
    for row in rows:
        product_id, *values = tuple(row)
        found[values[0]] = product_id, ProductRow(*values)
    return found


def apply_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Carry a plan out in the caller's transaction.

    Raises:
        CatalogMoved: somebody changed the catalog since the plan was made; roll back.
    """
    if plan.is_empty:
        return
    if bump_revision(connection) != plan.revision + 1:
        raise CatalogMoved
    _delete(connection, (*plan.samples, *plan.removed))
    categories = _ensure_categories(
        connection, {*(r.category for r in plan.added), *(c.row.category for c in plan.updated)}
    )
    for rows in _batches(list(zip(plan.added, plan.added_terms, strict=True))):
        _insert(connection, rows, plan.source, categories, now)
    for changes in _batches(plan.updated):
        _update(connection, changes, categories, now)
    _drop_unused_categories(connection)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), PRODUCTS_PER_BATCH):
        yield items[start : start + PRODUCTS_PER_BATCH]


def _delete(connection: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), IDS_PER_QUERY):
        chunk = ids[start : start + IDS_PER_QUERY]
        connection.execute(delete(Product).where(Product.id.in_(chunk)))


def _values(row: ProductRow, categories: Mapping[str, int], now: datetime) -> dict[str, Any]:
    values = asdict(row)
    values["category_id"] = categories.get(values.pop("category"))
    return values | {"updated_at": now}


def _insert(
    connection: Connection,
    rows: Sequence[tuple[ProductRow, Terms]],
    source: str,
    categories: Mapping[str, int],
    now: datetime,
) -> None:
    ids = connection.execute(
        insert(Product).returning(Product.id, sort_by_parameter_order=True),
        [_values(row, categories, now) | {"source": source, "created_at": now} for row, _ in rows],
    ).scalars()
    _insert_postings(connection, zip(ids, (terms for _, terms in rows), strict=True))


def _update(
    connection: Connection,
    changes: Sequence[Changed],
    categories: Mapping[str, int],
    now: datetime,
) -> None:
    values = [_values(change.row, categories, now) | {"at_id": change.id} for change in changes]
    connection.execute(update(Product).where(Product.id == bindparam("at_id")), values)
    renewed = [(c.id, c.terms) for c in changes if c.terms is not None]
    connection.execute(delete(Posting).where(Posting.product_id.in_([id_ for id_, _ in renewed])))
    _insert_postings(connection, renewed)


def _insert_postings(connection: Connection, terms: Iterable[tuple[int, Terms]]) -> None:
    postings = [
        {"term": term, "product_id": product_id, "weight": weight}
        for product_id, weights in terms
        for term, weight in weights.items()
    ]
    if postings:
        connection.execute(insert(Posting), postings)


def _ensure_categories(connection: Connection, paths: set[str]) -> dict[str, int]:
    """Path → id of every category, those of `paths` and the levels above them added."""
    known = {path: id_ for id_, path in connection.execute(select(Category.id, Category.path))}
    wanted = {above for path in paths if path for above in _levels(path)} - known.keys()
    for path in sorted(wanted, key=lambda path: (path.count(" > "), path)):
        above, _, name = path.rpartition(" > ")
        added = insert(Category).values(path=path, name=name, parent_id=known.get(above))
        known[path] = connection.execute(added.returning(Category.id)).scalar_one()
    return known


def _levels(path: str) -> Iterator[str]:
    names = path.split(" > ")
    for depth in range(1, len(names) + 1):
        yield " > ".join(names[:depth])


def _drop_unused_categories(connection: Connection) -> None:
    rows = connection.execute(select(Category.id, Category.path)).all()
    used = set(connection.execute(select(Product.category_id).distinct()).scalars())
    kept = {above for id_, path in rows if id_ in used for above in _levels(path)}
    empty = [(path, id_) for id_, path in rows if path not in kept]
    # The deepest first: a level points to the one above it.
    for _, id_ in sorted(empty, key=lambda one: -one[0].count(" > ")):
        connection.execute(delete(Category).where(Category.id == id_))
