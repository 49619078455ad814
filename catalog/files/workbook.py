"""The bytes of an Excel workbook enter, the records of the sheet with the products leave."""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from catalog.files.table import (
    FEWEST_KNOWN,
    HEADER_WITHIN_ROWS,
    Cells,
    CountKnown,
    Record,
    Table,
    find_header,
    number_text,
    storable,
    unprotected,
)
from core.errors import ImportRejected
from core.texts import text

MAX_SHEET_BYTES = 300 * 1024**2
MAX_TEXTS_BYTES = 100 * 1024**2
"""Unpacked; 100,000 products of eight columns take 37 MB."""
MAX_COLUMNS = 256
MAX_ROWS = 1_048_576
"""Excel's own limit."""

_SHARED_TEXTS = "xl/sharedStrings.xml"
_PARTS_OF_A_WORKBOOK = ("[Content_Types].xml", "xl/workbook.xml")


def read_workbook(raw: bytes, count_known: CountKnown, language: str) -> Table:
    """Take a workbook apart.

    Formulas count as the value they had when the workbook was saved. Of several sheets the one
    whose header names most fields is read, the first of them on a tie, and with it those of the
    same header; hidden ones are left out.

    Raises:
        ImportRejected: no workbook this reads, too large unpacked, or empty.
    """
    _check_parts(raw, language)
    import openpyxl  # slow to import

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of drawings and validations, which are left out
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            return _read_best(book.worksheets, count_known, language)
    except ImportRejected:
        raise
    except Exception as error:  # whatever a damaged part leads to
        raise ImportRejected(text("catalog.file.damaged_workbook", language)) from error


def _check_parts(raw: bytes, language: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
    except zipfile.BadZipFile:
        raise ImportRejected(text("catalog.file.damaged_workbook", language)) from None
    if not all(part in sizes for part in _PARTS_OF_A_WORKBOOK):
        raise ImportRejected(text("catalog.file.excel", language))
    # Reading stops at the size a part declares, so these are true limits.
    if sum(sizes.values()) > MAX_SHEET_BYTES or sizes.get(_SHARED_TEXTS, 0) > MAX_TEXTS_BYTES:
        limit_mb = MAX_SHEET_BYTES // 1024**2
        raise ImportRejected(text("catalog.file.too_large", language, limit_mb=limit_mb))


def _read_best(sheets: Sequence[Any], count_known: CountKnown, language: str) -> Table:
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    found = [(head, sheet) for sheet in shown if (head := _head(sheet, count_known))]
    if not found:
        raise ImportRejected(text("catalog.file.empty", language))
    best, _ = max(found, key=lambda one: count_known(one[0].names))
    read = [(head, sheet) for head, sheet in found if head.names == best.names]
    records = [record for head, sheet in read for record in _records(sheet, head)]
    others = [
        sheet.title
        for head, sheet in found
        if head.names != best.names and count_known(head.names) >= FEWEST_KNOWN
    ]
    return Table(
        best.names, records, sheets=tuple(sheet.title for _, sheet in read), unread=tuple(others)
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """A sheet's header, and the row it ends at, counted from 1."""

    names: Cells
    row: int


def _head(sheet: Any, count_known: CountKnown) -> _Head | None:
    """None when the sheet has no text."""
    filled = ((line, cells) for line, cells in _rows(sheet) if any(cells))
    first = list(islice(filled, HEADER_WITHIN_ROWS + 1))
    if not first:
        return None
    below, header = find_header([cells for _, cells in first], count_known)
    names = tuple(" ".join(name.split()) for name in header)
    width = max(index + 1 for index, name in enumerate(names) if name)
    return _Head(names[:width], first[below - 1][0])


def _records(sheet: Any, head: _Head) -> Iterator[Record]:
    width = len(head.names)
    for line, cells in _rows(sheet):
        kept = cells[:width]
        # The header again is the top of a printed page.
        if line > head.row and any(kept) and kept != head.names:
            yield Record(line, kept)


def _rows(sheet: Any) -> Iterator[tuple[int, Cells]]:
    sheet.reset_dimensions()  # what a file says about its size is often wrong
    # A limit of columns given to openpyxl would fill every row up to it.
    # A row may claim any number, and openpyxl fills the gap before it.
    rows = sheet.iter_rows(max_row=MAX_ROWS, values_only=True)
    for line, values in enumerate(rows, start=1):
        yield line, tuple(map(_cell_text, values[:MAX_COLUMNS]))


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return sys.intern(
            unprotected(storable(value).strip())
        )  # brands and categories come again and again
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    return str(value)  # a date or a time
