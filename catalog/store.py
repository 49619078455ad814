"""Checked rows enter; what must change in the catalog leaves, and is changed in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from catalog.files.rows import ProductRow
from catalog.index.segment import terms_to_text
from catalog.index.terms import IndexedText, product_terms
from catalog.products import IDS_PER_QUERY, SAMPLE, select_rows
from catalog.revision import bump_revision, revision
from catalog.tables import Category, Product, ProductTerms
from catalog.words.own_synonyms import own_table, with_own_lines
from catalog.words.synonyms import Synonyms, default_synonyms

T = TypeVar("T")

PRODUCTS_PER_BATCH = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored product that gets new values; `terms` None leaves its index terms alone."""

    id: int
    row: ProductRow
    before: ProductRow
    terms: str | None = None

    @property
    def is_text_changed(self) -> bool:
        """Whether something that is searched has changed."""
        return _indexed(self.row) != _indexed(self.before)


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
    own_synonyms: str = ""
    added_terms: tuple[str, ...] = ()

    def with_terms(self, progress: Callable[[int], None] = lambda _done: None) -> Plan:
        """The same with the index terms of every new text; the slow part of an import.

        Args:
            progress: is told the number of products done, now and then.
        """
        synonyms = with_own_lines(default_synonyms(), self.own_synonyms)
        added: list[str] = []
        for row in self.added:
            added.append(_terms(row, synonyms))
            if len(added) % PRODUCTS_PER_BATCH == 0:
                progress(len(added))
        updated = tuple(
            replace(change, terms=_terms(change.row, synonyms))
            if change.is_text_changed
            else change
            for change in self.updated
        )
        progress(len(added) + len(updated))
        return replace(self, added_terms=tuple(added), updated=updated)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.updated or self.removed or self.samples)


def _indexed(row: ProductRow) -> IndexedText:
    return IndexedText(row.external_id, row.sku, row.name, row.brand, row.category, row.description)


def _terms(row: ProductRow, synonyms: Synonyms) -> str:
    return terms_to_text(product_terms(_indexed(row), synonyms))


def make_plan(
    connection: Connection,
    rows: Sequence[ProductRow],
    given: frozenset[str],
    *,
    source: str,
    replace: bool = False,
) -> Plan:
    """Compare rows with what is stored; changes nothing.

    A row is the stored product with its external_id; where only the sku was or is known, the one
    with its sku.

    Args:
        rows: unique by external_id.
        given: fields the rows speak for; a stored product keeps the others.
        source: whose products are compared.
        replace: stored products of this source that no row names are removed.
    """
    added: list[ProductRow] = []
    updated: list[Changed] = []
    named: set[int] = set()
    for batch in _batches(rows):
        stored = _stored(connection, source, batch)
        for row in batch:
            if row.external_id not in stored:
                added.append(row)
                continue
            product_id, old = stored[row.external_id]
            named.add(product_id)
            new = _merged(old, row, given)
            if new != old:
                updated.append(Changed(product_id, new, old))
    makes_room = bool(rows) and source != SAMPLE
    return Plan(
        revision=revision(connection),
        source=source,
        added=tuple(added),
        updated=tuple(updated),
        unchanged=len(rows) - len(added) - len(updated),
        removed=_others(connection, source, named) if replace else (),
        samples=tuple(_ids(connection, SAMPLE)) if makes_room else (),
        own_synonyms=own_table(connection),
    )


def _others(connection: Connection, source: str, named: set[int]) -> tuple[int, ...]:
    """Stored products that no row names."""
    return tuple(product_id for product_id in _ids(connection, source) if product_id not in named)


def _merged(old: ProductRow, new: ProductRow, given: frozenset[str]) -> ProductRow:
    if new.external_id == new.sku:  # nothing but the sku names it here
        new = replace(new, external_id=old.external_id)
    kept = {name: value for name, value in asdict(old).items() if name not in given}
    return replace(new, **kept)


def _ids(connection: Connection, source: str) -> Sequence[int]:
    return connection.execute(select(Product.id).where(Product.source == source)).scalars().all()


_STORED = select_rows().where(Product.source == bindparam("source"))
_BY_CODE = _STORED.where(Product.external_id.in_(bindparam("codes", expanding=True)))
_BY_SKU = _STORED.where(Product.sku.in_(bindparam("codes", expanding=True)))

Stored = tuple[int, ProductRow]


def _stored(connection: Connection, source: str, rows: Sequence[ProductRow]) -> dict[str, Stored]:
    """external_id of a row → id and values of the stored product it is."""
    codes = [row.external_id for row in rows]
    found = {old.external_id: (id_, old) for id_, old in _read(connection, _BY_CODE, source, codes)}
    others = {row.sku: row for row in rows if row.sku and row.external_id not in found}
    alike: dict[str, list[Stored]] = {}
    for id_, old in _read(connection, _BY_SKU, source, list(others)):
        alike.setdefault(old.sku, []).append((id_, old))
    for sku, several in alike.items():
        row, (_, old) = others[sku], several[0]
        is_known_by_sku = sku in (row.external_id, old.external_id)
        if len(several) == 1 and is_known_by_sku and old.external_id not in found:
            found[row.external_id] = several[0]
    return found


def _read(
    connection: Connection, statement: Select[*tuple[Any, ...]], source: str, codes: Sequence[str]
) -> Iterator[Stored]:
    if codes:
        for row in connection.execute(statement, {"source": source, "codes": codes}):
            product_id, *values = tuple(row)
            yield product_id, ProductRow(*values)


def apply_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Carry a plan out in the caller's transaction.

    Raises:
        CatalogMoved: somebody changed the catalog since the plan was made; roll back.
    """
    if plan.is_empty:
        return
    removed = (*plan.samples, *plan.removed)
    number = bump_revision(connection, expected=plan.revision, removes=bool(removed))
    _delete(connection, removed)
    categories = _ensure_categories(
        connection, {*(r.category for r in plan.added), *(c.row.category for c in plan.updated)}
    )
    common = {"updated_at": now, "revision": number}
    for rows in _batches(list(zip(plan.added, plan.added_terms, strict=True))):
        new = common | {"source": plan.source, "created_at": now}
        _insert(connection, rows, categories, new)
    for changes in _batches(plan.updated):
        _update(connection, changes, categories, common)
    if (
        plan.removed
        or plan.samples
        or any(c.row.category != c.before.category for c in plan.updated)
    ):
        _drop_unused_categories(connection)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), PRODUCTS_PER_BATCH):
        yield items[start : start + PRODUCTS_PER_BATCH]


def _delete(connection: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), IDS_PER_QUERY):
        chunk = ids[start : start + IDS_PER_QUERY]
        connection.execute(delete(Product).where(Product.id.in_(chunk)))


def _values(
    row: ProductRow, categories: Mapping[str, int], common: Mapping[str, Any]
) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in ProductRow.__slots__}
    values["category_id"] = categories.get(values.pop("category"))
    return {**values, **common}


def _insert(
    connection: Connection,
    rows: Sequence[tuple[ProductRow, str]],
    categories: Mapping[str, int],
    common: Mapping[str, Any],
) -> None:
    # Asking for the ids in the order of the rows would make SQLite insert them one by one.
    stored = connection.execute(
        insert(Product).returning(Product.external_id, Product.id),
        [_values(row, categories, common) for row, _ in rows],
    )
    ids = {row.external_id: row.id for row in stored}
    _insert_terms(connection, ((ids[row.external_id], terms) for row, terms in rows))


def _update(
    connection: Connection,
    changes: Sequence[Changed],
    categories: Mapping[str, int],
    common: Mapping[str, Any],
) -> None:
    values = [_values(change.row, categories, common) | {"at_id": change.id} for change in changes]
    connection.execute(update(Product).where(Product.id == bindparam("at_id")), values)
    _replace_terms(connection, [(c.id, c.terms) for c in changes if c.terms is not None])


def _replace_terms(connection: Connection, terms: Sequence[tuple[int, str]]) -> None:
    ids = [product_id for product_id, _ in terms]
    connection.execute(delete(ProductTerms).where(ProductTerms.product_id.in_(ids)))
    _insert_terms(connection, terms)


def _insert_terms(connection: Connection, terms: Iterable[tuple[int, str]]) -> None:
    rows = [{"product_id": product_id, "terms": line} for product_id, line in terms]
    if rows:
        connection.execute(insert(ProductTerms), rows)


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
