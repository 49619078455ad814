"""Product rows enter, the views the rest of the house works with leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.engine import Connection

from catalog.tables import Category, Product

SAMPLE = "sample"
"""The source of the products that show an empty shop how it looks."""
IMPORT = "import"
"""The source of products from the shop's own files."""
IDS_PER_QUERY = 500
"""SQLite takes a limited number of parameters in one statement."""


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as the rest of the house sees it. `stock` None means unknown."""

    id: int
    external_id: str
    sku: str
    name: str
    brand: str
    category: str
    description: str
    price_minor: int
    currency: str
    stock: int | None
    url: str = ""


def select_views() -> Select[*tuple[Any, ...]]:
    """The active products as rows that `view` takes."""
    return (
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
            Product.url,
        )
        .join(Category, Product.category_id == Category.id, isouter=True)
        .where(Product.active)
    )


def select_rows() -> Select[*tuple[Any, ...]]:
    """Every product, active or not: its id, then the values of a `ProductRow` in order."""
    return select(
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
    ).join(Category, Product.category_id == Category.id, isouter=True)


def view(row: Row[*tuple[Any, ...]]) -> ProductView:
    """One row of `select_views`."""
    return ProductView(*row)


# Built once: building it costs more than running it.
_VIEWS_BY_ID = select_views().where(Product.id.in_(bindparam("ids", expanding=True)))


def views_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ProductView]:
    """The active products among these ids."""
    found: dict[int, ProductView] = {}
    for start in range(0, len(ids), IDS_PER_QUERY):
        chunk = ids[start : start + IDS_PER_QUERY]
        rows = connection.execute(_VIEWS_BY_ID, {"ids": chunk})
        found |= {product.id: product for product in map(view, rows)}
    return found


def find_by_sku(connection: Connection, sku: str) -> ProductView | None:
    """The active product with this SKU (else with this id of the shop's file), or None."""
    wanted = sku.strip()
    rows = connection.execute(
        select_views()
        .where((Product.sku == wanted) | (Product.external_id == wanted))
        .order_by(Product.id)
    ).all()
    views = [view(row) for row in rows]
    return next((v for v in views if v.sku == wanted), views[0] if views else None)


def count_products(connection: Connection) -> int:
    """How many active products the shop has."""
    return connection.execute(select(func.count()).where(Product.active)).scalar_one()


def main_currency(connection: Connection) -> str | None:
    """The currency most products are priced in; None without products."""
    counted = select(Product.currency).group_by(Product.currency)
    return connection.execute(counted.order_by(func.count().desc(), Product.currency)).scalar()


def has_own_products(connection: Connection) -> bool:
    """Whether the shop has brought in products of its own, active or not."""
    found = connection.execute(select(Product.id).where(Product.source != SAMPLE).limit(1))
    return found.first() is not None
