"""A plan enters, its first changes leave in words an owner reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import select
from sqlalchemy.engine import Connection

from catalog.files.rows import ProductRow
from catalog.money import format_price
from catalog.store import Changed, Plan
from catalog.tables import Product

SHOWN = 10
"""Of each kind; the counts say how many more there are."""
SHOWN_CHARS = 60

_PRICE = ("price_minor", "currency")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a product, before and after, as shown to people."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The first products of each kind, with their code and name; new ones with their price."""

    added: tuple[str, ...] = ()
    updated: tuple[tuple[str, tuple[FieldChange, ...]], ...] = ()
    removed: tuple[str, ...] = ()


NO_CHANGES = Changes()


def changes_of(connection: Connection, plan: Plan) -> Changes:
    """The first changes of each kind."""
    gone = select(Product.sku, Product.name).where(Product.id.in_(plan.removed[:SHOWN]))
    return Changes(
        tuple(f"{row.sku} {row.name}: {_price(row)}" for row in plan.added[:SHOWN]),
        tuple(
            (f"{change.row.sku} {change.row.name}", tuple(_fields(change)))
            for change in plan.updated[:SHOWN]
        ),
        tuple(f"{sku} {name}" for sku, name in connection.execute(gone)) if plan.removed else (),
    )


def _fields(change: Changed) -> Iterator[FieldChange]:
    before, after = change.before, change.row
    if any(getattr(before, name) != getattr(after, name) for name in _PRICE):
        yield FieldChange("price", _price(before), _price(after))
    for name in (f.name for f in fields(ProductRow) if f.name not in _PRICE):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield FieldChange(name.removesuffix("_url"), _shown(old), _shown(new))


def _price(row: ProductRow) -> str:
    return format_price(row.price_minor, row.currency)


def _shown(value: object) -> str:
    """A value in one short line; what is unknown is shown as such."""
    if isinstance(value, bool):
        return "sí" if value else "no"
    line = " ".join(str(value).split()) if value is not None else ""
    return (line if len(line) <= SHOWN_CHARS else f"{line[:SHOWN_CHARS]}…") or "—"
