"""The stored products enter, a CSV file that `catalog import` takes back unchanged leaves."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from catalog.money import plain_price
from catalog.tables import Category, Product

COLUMNS = (
    "id",
    "sku",
    "name",
    "brand",
    "category",
    "description",
    "price",
    "currency",
    "stock",
    "image",
    "url",
    "active",
)


def export_file(connection: Connection, path: Path) -> int:
    """Write every product, active or not, as UTF-8 with BOM, and return how many.

    The BOM lets spreadsheets read the accents; without it the next import would store what the
    spreadsheet made of them.

    Raises:
        OSError: the file cannot be written.
    """
    rows = connection.execute(
        select(
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
        .order_by(Product.id)
    )
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            count += 1
            *texts, price_minor, currency, stock, image, url, active = row
            price = plain_price(price_minor, currency)
            shown = "" if stock is None else stock
            writer.writerow([*texts, price, currency, shown, image, url, "sí" if active else "no"])
    return count
