"""The stored products enter, a file that `catalog import` takes back unchanged leaves."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.engine import Connection

from catalog.files.table import protected
from catalog.money import major_from_minor, plain_price
from catalog.products import select_rows
from catalog.tables import Product

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

Value = str | int | float | bool | None
"""A price is a number in major units; a stock of None is unknown."""


def export_file(connection: Connection, path: Path) -> int:
    """Write every product, active or not, and return how many.

    The file is a workbook or JSON when its name ends so, else CSV.

    Raises:
        OSError: the file cannot be written.
    """
    count = 0

    def counted() -> Iterator[list[Value]]:
        nonlocal count
        for row in _products(connection):
            count += 1
            yield row

    write = {".xlsx": _write_workbook, ".json": _write_json}.get(path.suffix.lower(), _write_csv)
    write(path, counted())
    return count


def _products(connection: Connection) -> Iterator[list[Value]]:
    """The values of COLUMNS, product by product."""
    rows = connection.execute(select_rows().order_by(Product.id))
    return (list(row)[1:] for row in rows)


_PRICE_AT, _CURRENCY_AT = COLUMNS.index("price"), COLUMNS.index("currency")


def _cells(row: list[Value], *, as_text: bool) -> list[Value]:
    """What a spreadsheet shows; no text becomes a formula there."""
    price_minor, currency = int(row[_PRICE_AT] or 0), str(row[_CURRENCY_AT])
    told = plain_price if as_text else major_from_minor
    cells = [protected(value) if isinstance(value, str) else value for value in row]
    cells[_PRICE_AT] = told(price_minor, currency)
    cells[-1] = "sí" if row[-1] else "no"
    return cells


def _write_csv(path: Path, rows: Iterable[list[Value]]) -> None:
    """As UTF-8 with BOM, without which spreadsheets garble the accents, and import stores that."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(_cells(row, as_text=True))


def _write_workbook(path: Path, rows: Iterable[list[Value]]) -> None:
    import openpyxl  # slow to import

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Productos")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(_cells(row, as_text=False))
    book.save(path)


def _write_json(path: Path, rows: Iterable[list[Value]]) -> None:
    """One product on each line, so that versions of the file can be compared."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for number, row in enumerate(rows):
            product = dict(zip(COLUMNS, row, strict=True))
            currency = str(product["currency"])
            product["price"] = major_from_minor(int(product["price"] or 0), currency)
            line = json.dumps(product, ensure_ascii=False)
            file.write(f"{',' if number else ''}\n{line}")
        file.write("\n]\n")
