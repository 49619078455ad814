"""The stored catalog enters, one revision of it in memory leaves: all of it, or what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from catalog.index.memory import Columns, Frequencies, LoadedCatalog, major_prices
from catalog.index.segment import Counts, Segment, SegmentBuilder
from catalog.revision import State
from catalog.tables import Product, ProductTerms

ROWS_PER_FETCH = 2000
MAX_CHANGED_SHARE = 0.05
MIN_CHANGED_ROWS = 500
"""Past both, reading everything anew is cheaper than carrying the changes along."""


class _Row(NamedTuple):
    id: int
    price_minor: int
    currency: str
    stock: int | None
    active: bool
    terms: str | None


def _rows() -> Select[*tuple[Any, ...]]:
    return select(
        Product.id,
        Product.price_minor,
        Product.currency,
        Product.stock,
        Product.active,
        ProductTerms.terms,
    ).join(ProductTerms, ProductTerms.product_id == Product.id, isouter=True)


@dataclass(frozen=True)
class _Part:
    """Some products, in the order of their slots."""

    segment: Segment
    columns: Columns

    @cached_property
    def counts(self) -> tuple[Counts, Counts]:
        """Those of the segment, over the terms there were when it was built."""
        return self.segment.counts()


class Loader:
    """Reads one catalog; remembers what a later look can build on. Not for several threads.

    Every look gives a value of its own; those given before stay as they are.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._currencies: list[str] = []
        self._whole: _Part | None = None
        self._changed: dict[int, _Row] = {}
        self._dead: set[int] = set()
        self._loaded: LoadedCatalog | None = None
        self._times_read = 0

    @property
    def words_mark(self) -> tuple[int, int]:
        """As long as it stays the same, no words came in."""
        return self._times_read, len(self._numbers)

    def look(self, connection: Connection, state: State) -> LoadedCatalog:
        """The catalog as it stands in this transaction.

        Args:
            state: as read in the same transaction.
        """
        before = self._loaded
        if before is None or before.index_mark != state.index_mark or self._whole is None:
            return self._read_all(connection, state)
        changed = connection.execute(_rows().where(Product.revision > before.revision)).all()
        if len(changed) + len(self._changed) + len(self._dead) > self._most_changes():
            return self._read_all(connection, state)
        self._take(_Row(*row) for row in changed)
        if state.removed > before.revision:
            self._drop_removed(connection)
        return self._publish(state)

    def _most_changes(self) -> float:
        whole = len(self._whole.columns.ids) if self._whole else 0
        return max(MIN_CHANGED_ROWS, MAX_CHANGED_SHARE * whole)

    def _read_all(self, connection: Connection, state: State) -> LoadedCatalog:
        # Should reading fail half-way, the next look must not build on what is left of this one.
        self._loaded = self._whole = None
        self._numbers, self._currencies = {}, []
        self._changed, self._dead = {}, set()
        self._times_read += 1
        wanted = _rows().where(Product.active).order_by(Product.id)
        rows = connection.execute(wanted.execution_options(yield_per=ROWS_PER_FETCH))
        self._whole = self._part(0, (_Row(*row) for row in rows))
        return self._publish(state)

    def _take(self, rows: Iterable[_Row]) -> None:
        for row in rows:
            self._forget(row.id)
            if row.active:
                self._changed[row.id] = row

    def _forget(self, product_id: int) -> None:
        self._changed.pop(product_id, None)
        if self._whole is not None:
            ids = self._whole.columns.ids
            slot = int(np.searchsorted(ids, product_id))
            if slot < len(ids) and ids[slot] == product_id:
                self._dead.add(slot)

    def _drop_removed(self, connection: Connection) -> None:
        stored = set(connection.execute(select(Product.id).where(Product.active)).scalars())
        known = {*self._changed}
        if self._whole is not None:
            known.update(self._whole.columns.ids.tolist())
        for product_id in known - stored:
            self._forget(product_id)

    def _part(self, first_slot: int, rows: Iterable[_Row]) -> _Part:
        builder = SegmentBuilder(first_slot, self._numbers)
        ids: list[int] = []
        minor: list[int] = []
        currencies: list[int] = []
        sold_out: list[bool] = []
        for row in rows:
            builder.add(row.terms or "")
            ids.append(row.id)
            minor.append(row.price_minor)
            currencies.append(self._currency(row.currency))
            sold_out.append(row.stock == 0)
        kinds = np.array(currencies, dtype=np.int16)
        prices = major_prices(np.array(minor, dtype=np.int64), kinds, tuple(self._currencies))
        columns = Columns(np.array(ids, dtype=np.int64), prices, kinds, np.array(sold_out, bool))
        return _Part(builder.build(), columns)

    def _currency(self, name: str) -> int:
        if name not in self._currencies:
            self._currencies.append(name)
        return self._currencies.index(name)

    def _publish(self, state: State) -> LoadedCatalog:
        parts = [self._whole] if self._whole is not None else []
        if self._changed:
            in_order = [self._changed[product_id] for product_id in sorted(self._changed)]
            parts.append(self._part(self._size_of(parts), in_order))
        columns = _joined([part.columns for part in parts])
        alive = np.ones(len(columns.ids), dtype=np.bool_)
        alive[list(self._dead)] = False
        self._loaded = LoadedCatalog(
            revision=state.revision,
            index_mark=state.index_mark,
            segments=tuple(part.segment for part in parts),
            columns=columns,
            currency_names=tuple(self._currencies),
            alive=alive,
            frequencies=self._frequencies(parts),
        )
        return self._loaded

    def _size_of(self, parts: Sequence[_Part]) -> int:
        return sum(len(part.columns.ids) for part in parts)

    def _frequencies(self, parts: Sequence[_Part]) -> Frequencies:
        everywhere: Counts = np.zeros(len(self._numbers), dtype=np.int64)
        named = everywhere.copy()
        for part in parts:
            _add(everywhere, part.counts[0])
            _add(named, part.counts[1])
        if self._dead:
            gone_everywhere, gone_named = parts[0].segment.counts_of(self._dead)
            _add(everywhere, -gone_everywhere)
            _add(named, -gone_named)
        return Frequencies(self._numbers, everywhere, named)


def _add(total: Counts, part: Counts) -> None:
    total[: len(part)] += part


def _joined(columns: Sequence[Columns]) -> Columns:
    if len(columns) == 1:
        return columns[0]
    return Columns(
        np.concatenate([one.ids for one in columns]),
        np.concatenate([one.prices for one in columns]),
        np.concatenate([one.currencies for one in columns]),
        np.concatenate([one.sold_out for one in columns]),
    )
