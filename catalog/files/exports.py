"""A table enters; of a known shop system's export, one row per thing that can be bought leaves.

Such exports write a product with variants over several rows, and a row knows only what sets it
apart. Here each becomes whole; any other table leaves as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from catalog.files.handles import SHOPIFY, TIENDANUBE
from catalog.files.layout import PRODUCT, Export, Layout, Row
from catalog.files.table import Record, Table
from catalog.files.woocommerce import WOOCOMMERCE

EXPORTS = (SHOPIFY, TIENDANUBE, WOOCOMMERCE)


def as_products(table: Table) -> Table:
    """The same table, or the one with the columns of PRODUCT."""
    for export in EXPORTS:
        if layout := export.layout(table.header):
            products = _Products(table.records, export, layout)
            return replace(table, header=PRODUCT, records=products, system=export.system)
    return table


@dataclass(frozen=True, slots=True)
class _Products:
    """Made anew each time they are gone through."""

    records: Iterable[Record]
    export: Export
    layout: Layout

    def __iter__(self) -> Iterator[Record]:
        rows = _Rows(self.records, self.layout)
        for line, product in self.export.products(rows):
            yield Record(line, tuple([product.get(name, "") for name in PRODUCT]))
        for record in rows.faulty:
            row = self.layout.row(record.line, record.cells)
            yield Record(record.line, tuple(map(row.__getitem__, PRODUCT)), record.fault)


@dataclass(slots=True)
class _Rows:
    """The rows that could be read; the others are set aside each time."""

    records: Iterable[Record]
    layout: Layout
    faulty: list[Record] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        self.faulty = []
        for record in self.records:
            if record.fault is None:
                yield self.layout.row(record.line, record.cells)
            else:
                self.faulty.append(record)
