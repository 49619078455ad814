"""Product rows enter, the views the rest of the house works with leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.engine import Connection

from catalog.tables import Category, Product
from core.statements import Statement

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


_TEXTS = (
    Product.id,
    Product.external_id,
    Product.sku,
    Product.name,
    Product.brand,
    func.coalesce(Category.path, ""),
    Product.description,
)
_PRICED = (*_TEXTS, Product.price_minor, Product.currency, Product.stock)


def select_views() -> Select[*tuple[Any, ...]]:
    """The active products as rows that `view` takes."""
    return _select(*_PRICED, Product.url).where(Product.active)


def select_rows() -> Select[*tuple[Any, ...]]:
    """Every product, active or not: its id, then the values of a `ProductRow` in order."""
    return _select(*_PRICED, Product.image_url, Product.url, Product.active)


def select_texts() -> Select[*tuple[Any, ...]]:
    """Every product, active or not: its id, then the values of an `IndexedText` in order."""
    return _select(*_TEXTS)


def _select(*columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*columns).join(Category, Product.category_id == Category.id, isouter=True)


def view(row: Sequence[Any]) -> ProductView:
    """One row of `select_views`."""
    return ProductView(*row)


def _views_by_id(dialect: str) -> Select[*tuple[Any, ...]]:
    """One parameter holds all ids, so that the SQL is the same however many there are."""
    wanted: ColumnElement[bool]
    if dialect == "sqlite":
        listed = func.json_each(bindparam("ids", type_=Text)).table_valued("value")
        wanted = Product.id.in_(select(listed.c.value))
    else:
        wanted = Product.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    return select_views().where(wanted).order_by(Product.id)


_VIEWS_BY_ID = Statement(_views_by_id)


def views_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ProductView]:
    """The active products among these ids, by ascending id."""
    wanted = list(ids)
    sent = json.dumps(wanted) if connection.dialect.name == "sqlite" else wanted
    return {row[0]: _kept(*row) for row in _VIEWS_BY_ID.rows(connection, ids=sent)}


_kept = lru_cache(maxsize=1024)(ProductView)
"""Turns that wait for an AI share what they show, as long as a product's row stays the same."""


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
