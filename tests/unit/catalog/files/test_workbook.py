"""Workbooks as people keep them, and as nobody should."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest

from catalog.files.checking import check_content
from catalog.files.columns import KnownColumns
from catalog.files.reader import read_table
from catalog.files.table import Table
from core.errors import ImportRejected

HEADER = ["Código", "Producto", "Precio"]


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sheet(*rows: list[object]) -> bytes:
    def fill(book: Any) -> None:
        for row in rows:
            book.active.append(row)

    return workbook(fill)


def read(raw: bytes) -> Table:
    return read_table(raw, KnownColumns({}), "es")


def cells(raw: bytes) -> list[tuple[str, ...]]:
    return [record.cells for record in read(raw).records]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(1.0, "1", id="a whole number that is kept as a float"),
        pytest.param(7701234567890.0, "7701234567890", id="a barcode"),
        pytest.param(1.23456789012345e17, "1.23456789012345E+17", id="digits that are lost"),
        pytest.param(45.9, "45.9", id="cents"),
        pytest.param(1.299, "1.3", id="three decimals are not thousands"),
        pytest.param(0.1 + 0.2, "0.3", id="what a formula left"),
        pytest.param(True, "sí", id="a tick"),
        pytest.param(None, "", id="nothing"),
        pytest.param("  Mesa ", "Mesa", id="a text"),
        pytest.param("#N/A", "", id="a formula that failed"),
        pytest.param(date(2026, 3, 5), "2026-03-05 00:00:00", id="a date"),
    ],
)
def test_a_cell_becomes_the_text_it_means(value: object, text: str) -> None:
    assert cells(sheet(HEADER, ["A1", value, 5])) == [("A1", text, "5")]


def test_titles_above_the_header_are_passed_over_and_lines_are_those_of_the_sheet() -> None:
    raw = sheet(["Lista de precios"], [], ["Marzo de 2026", None, "pág. 1"], HEADER, ["A1", "M", 5])
    table = read(raw)
    assert table.header == ("Código", "Producto", "Precio")
    assert [record.line for record in table.records] == [5]


def test_a_header_of_two_rows_with_merged_cells_is_one() -> None:
    def fill(book: Any) -> None:
        own = book.active
        own.append(["Código", "Producto", "Precio", None, "Stock"])
        own.append([None, None, "Venta", "Costo", None])
        own.append(["A1", "Mesa", 100, 60, 3])
        own.merge_cells("C1:D1")
        own.merge_cells("A1:A2")

    table = read(workbook(fill))
    assert table.header == ("Código", "Producto", "Precio Venta", "Precio Costo", "Stock")
    assert [record.cells for record in table.records] == [("A1", "Mesa", "100", "60", "3")]


def test_of_several_sheets_the_one_with_products_is_read_and_named() -> None:
    def fill(book: Any) -> None:
        book.active.append(["Instrucciones: llena la otra hoja"])
        products = book.create_sheet("Catálogo")
        products.append(HEADER)
        products.append(["A1", "Mesa", 5])
        hidden = book.create_sheet("Vieja")
        hidden.append([*HEADER, "Stock"])
        hidden.append(["Z9", "Silla", 1, 1])
        hidden.sheet_state = "hidden"

    table = read(workbook(fill))
    assert (table.sheets, table.unread) == (("Catálogo",), ())
    assert [record.cells for record in table.records] == [("A1", "Mesa", "5")]


def test_sheets_of_the_same_header_are_read_together_and_others_are_named() -> None:
    def fill(book: Any) -> None:
        for title, header, row in (
            ("Mesas", HEADER, ["A1", "Mesa", 5]),
            ("Sillas", HEADER, ["B1", "Silla", 6]),
            ("Mayoristas", ["Código", "Producto", "Teléfono"], ["A1", "Mesa", 4]),
        ):
            own = book.create_sheet(title)
            own.append(header)
            own.append(row)

    table = read(workbook(fill))
    assert (table.sheets, table.unread) == (("Mesas", "Sillas"), ("Mayoristas",))
    assert [record.cells for record in table.records] == [("A1", "Mesa", "5"), ("B1", "Silla", "6")]


def test_a_formula_counts_as_the_value_it_was_saved_with() -> None:
    raw = sheet(HEADER, ["A1", "Mesa", 5])
    saved = rewritten(raw, "xl/worksheets/sheet1.xml", b"<v>5</v>", b"<f>2+3</f><v>5</v>")
    assert cells(saved) == [("A1", "Mesa", "5")]


def rewritten(raw: bytes, part: str, old: bytes, new: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new) if name == part else content)
    return made.getvalue()


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is() -> None:
    raw = sheet(HEADER, ["A1", "Mesa", 5])
    lying = rewritten(raw, "xl/worksheets/sheet1.xml", b'ref="A1:C2"', b'ref="A1:XFD1048576"')
    assert cells(lying) == [("A1", "Mesa", "5")]


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            archive.writestr(name, "<x/>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            for _ in range(160):
                part.write(b" " * 1024**2)
    return made.getvalue()


def zipped(**parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        pytest.param(bomb(), "pasa de", id="a bomb"),
        pytest.param(sheet(HEADER)[:-40], "dañado", id="cut off"),
        pytest.param(zipped(mimetype="application/vnd.oasis"), "otro programa", id="OpenDocument"),
        pytest.param(
            zipped(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x"}), "dañado", id="torn"
        ),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "contraseña", id="old or locked"),
        pytest.param(sheet(), "vacío", id="no cell at all"),
    ],
)
def test_what_is_no_good_workbook_is_refused_in_words(raw: bytes, named: str) -> None:
    with pytest.raises(ImportRejected, match=named):
        read(raw)


def test_a_row_numbered_beyond_every_sheet_costs_nothing() -> None:
    """A gap of a thousand million rows is not filled."""
    book = openpyxl.Workbook()
    for row in (("sku", "name", "price"), ("A", "Mouse", 10), ("B", "Teclado", 20)):
        book.active.append(row)
    file, changed = io.BytesIO(), io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(rb'([ABC"])3"', rb'\g<1>999999999"', part)
            new.writestr(name, part)
    checked = check_content(changed.getvalue(), default_currency="COP")
    assert [row.external_id for row in checked.rows] == ["A"]
