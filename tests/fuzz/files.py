"""Made-up files enter the imports in this process; what each may lead to is asserted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from catalog.exporter import export_file
from catalog.files.checking import CheckedFile, check_content
from catalog.importer import bring_in
from catalog.tables import Product
from commands.shop import read_facts
from core.database import Database
from core.errors import ConfigError, ImportRejected
from shop import facts
from tests.fuzz import inputs

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
GOOD = {"OK-1": "Mouse óptico", "OK-2": "Teclado"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
DELIMITERS = (",", ";", "\t", "|")


def check(raw: bytes) -> CheckedFile | None:
    """The file read and checked; None when it was refused as a whole."""
    try:
        return check_content(raw, default_currency="COP", today=date(2026, 3, 2))
    except ImportRejected as refused:
        assert str(refused)
        return None


def as_csv(header: list[str], rows: list[list[str]], delimiter: str, encoding: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([header, *rows])
    return file.getvalue().encode(encoding, "replace")


def as_workbook(header: list[str], rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (header, *rows):
        sheet.append([_cell(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(value: str) -> str:
    return openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", inputs.encodable(value))


def as_json(header: list[str], rows: list[list[str]]) -> bytes:
    products = [dict(zip(header, row, strict=False)) for row in rows]
    return json.dumps(products).encode()


def write(data: st.DataObject, header: list[str], rows: list[list[str]]) -> bytes:
    """A file of any kind with these rows."""
    match data.draw(st.integers(0, 4), "kind"):
        case 0:
            return as_workbook(header, rows)
        case 1:
            return as_json(header, rows)
        case _:
            delimiter = data.draw(st.sampled_from(DELIMITERS), "delimiter")
            return as_csv(
                header, rows, delimiter, data.draw(st.sampled_from(ENCODINGS), "encoding")
            )


def damaged(data: st.DataObject, raw: bytes) -> bytes:
    """The file cut short, or with other bytes at some places."""
    if not raw:
        return raw
    if data.draw(st.booleans(), "cut"):
        return raw[: data.draw(st.integers(0, len(raw)), "length")]
    changed = bytearray(raw)
    places = st.dictionaries(st.integers(0, len(raw) - 1), st.integers(0, 255), max_size=8)
    for place, value in data.draw(places, "bytes").items():
        changed[place] = value
    return bytes(changed)


def products(database: Database, folder: Path) -> Callable[[], None]:
    """Good rows go in whatever stands beside them, and an export of them comes back unchanged."""

    @given(st.data())
    def case(data: st.DataObject) -> None:
        header, rows = data.draw(inputs.product_rows(), "rows")
        good = [_good_row(header, sku, name) for sku, name in GOOD.items()]
        checked = check(write(data, header, [good[0], *rows, good[1]]))
        if checked is None:
            return  # the columns contradict each other, or the file is no text
        bring_in(database, checked, now=NOW)
        stored = database.read(lambda c: c.execute(_PRODUCTS).all())
        names = {row.external_id: row.name for row in stored}
        assert {name: names[name] for name in _expected(checked)} == _expected(checked)
        _comes_back(database, folder / data.draw(st.sampled_from(("a.csv", "a.json"))))

    return case


_PRODUCTS = Product.__table__.select()


def _expected(checked: CheckedFile) -> dict[str, str]:
    return {row.external_id: row.name for row in checked.rows}


def _good_row(header: list[str], sku: str, name: str) -> list[str]:
    return [{"sku": sku, "name": name, "price": "45000"}.get(column, "") for column in header]


def _comes_back(database: Database, path: Path) -> None:
    database.read(lambda c: export_file(c, path))
    again = check(path.read_bytes())
    assert again is not None and not again.rejected, again
    report = bring_in(database, again, now=NOW, dry_run=True)
    assert (report.added, report.updated, report.removed) == (0, 0, 0), report.changes


def any_file(_database: Database, _folder: Path) -> Callable[[], None]:
    """Whatever is called a catalog is read or refused with a sentence."""

    @given(st.data())
    def case(data: st.DataObject) -> None:
        header, rows = data.draw(inputs.any_rows(), "rows")
        match data.draw(st.integers(0, 3), "how"):
            case 0:
                check(write(data, header, rows))
            case 1:
                check(damaged(data, write(data, header, rows)))
            case 2:
                check(json.dumps(data.draw(inputs.anything(), "json")).encode())
            case 3:
                check(data.draw(inputs.JSON_BYTES | st.binary(max_size=200), "bytes"))

    return case


def shop_facts(database: Database, folder: Path) -> Callable[[], None]:
    """A facts file is refused with its faults, or stored and said in every language."""
    path = folder / "facts.json"
    content = inputs.facts().map(lambda value: json.dumps(value).encode()) | inputs.JSON_BYTES

    @given(st.data())
    def case(data: st.DataObject) -> None:
        path.write_bytes(data.draw(content, "file"))
        try:
            given_facts = read_facts(path)
        except ConfigError as refused:
            assert str(refused)
            return
        database.write(lambda c: facts.import_facts(c, given_facts, NOW))
        _is_said(database.read(facts.load))

    return case


def _is_said(known: facts.ShopFacts) -> None:
    facts.is_open(known, NOW)
    facts.next_opening(known, NOW)
    said: list[Any] = [*facts.phones(known)]
    for language in ("es", "en", "pt"):
        said += facts.overview(known, language, "COP")
        said += [facts.describe(known, topic, language) for topic in facts.TOPICS]
    "".join(said).encode()
