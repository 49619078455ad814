"""A shop's file enters, its checked rows leave, and the rejected ones each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from catalog.files.carried import carried_mark
from catalog.files.columns import KnownColumns
from catalog.files.progress import Progress, untold
from catalog.files.reader import read_table
from catalog.files.rows import BadRow, ProductRow, RowRules, check_row, code_of
from catalog.files.table import Cells, Record, Table, TypedNumber
from catalog.money import Mark, common_decimal_mark, is_currency, named_currency
from core.errors import ImportRejected
from core.texts import text

TELL_EVERY_ROWS = 1000

_COLUMN_OF = {
    "id": "external_id",
    "image": "image_url",
    "subcategory": "category",
    "status": "active",
}
_ALWAYS_GIVEN = frozenset(("external_id", "price_minor", "currency"))
_GIVEN_ANYHOW = frozenset(("barcode", "price", "sale_price"))


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken in.

    Args:
        line: in the file, counted from 1.
        reason: why, for the owner.
        code: what the row calls its product; "" when that cannot be read either.
        may_be_any: without a code to go by it may be any product, rather than a mere title.
        cells: as they stand in the file.
    """

    line: int
    reason: str
    code: str = ""
    may_be_any: bool = False
    cells: Cells = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file read and checked.

    Args:
        rows: the good ones, in the file's order.
        given: the fields of ProductRow the file has a column for; others keep what is stored.
        rejected: the bad ones, by line.
        columns: field → the column it was read from.
        table: what the file was read into, without its records.
        decimal_mark: the mark its prices prove to stand before decimals, if they do.
    """

    rows: tuple[ProductRow, ...]
    given: frozenset[str]
    rejected: tuple[Rejection, ...]
    columns: Mapping[str, str]
    table: Table
    decimal_mark: Mark | None = None


def read_path(path: Path, language: str = "es") -> bytes:
    """A file's bytes.

    Raises:
        ImportRejected: it is not there, or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise ImportRejected(text("catalog.file.missing", language, file=path.name)) from None


def check_content(
    raw: bytes,
    *,
    default_currency: str,
    today: date | None = None,
    mapping: Mapping[str, str] | None = None,
    language: str = "es",
    progress: Progress = untold,
) -> CheckedFile:
    """Read and check a file without touching the database.

    Args:
        raw: CSV, an Excel workbook or JSON.
        default_currency: of prices that name no currency (ISO 4217).
        today: the day sale prices must be set for; None takes them all.
        mapping: column → field, for columns whose names say nothing (see `parse_mapping`).
        language: of reasons and errors.
    Raises:
        ImportRejected: the file cannot be read as a whole.
    """
    if not is_currency(default_currency):
        raise ImportRejected(
            text("catalog.file.default_currency", language, currency=default_currency)
        )
    known = KnownColumns(mapping or {})
    progress("reading", 0, 0)
    table = read_table(raw, known, language)
    del raw  # as large as the table
    positions = known.locate(table.header, language)
    rules = replace(_rules(table, positions, default_currency), today=today)
    checked = _Checked(table, positions, rules, language)
    for done, record in enumerate(table.records, start=1):
        checked.take(record)
        if done % TELL_EVERY_ROWS == 0:
            progress("reading", done, 0)
    if not (checked.rows or checked.rejected):
        raise ImportRejected(text("catalog.file.no_rows", language))
    return CheckedFile(
        tuple(checked.rows),
        _given(positions),
        tuple(sorted(checked.rejected, key=lambda rejection: rejection.line)),
        {name: table.header[position] for name, position in positions.items()},
        replace(table, records=()),
        rules.decimal_mark,
    )


def _rules(table: Table, positions: Mapping[str, int], default_currency: str) -> RowRules:
    price_at = [positions[name] for name in ("price", "sale_price") if name in positions]
    mark = carried_mark(table.header) or common_decimal_mark(_cells_at(table, price_at))
    # "Precio (USD)": what the column says of itself goes before the shop's own currency.
    named = named_currency(re.sub(r"[()\[\]]", " ", table.header[price_at[0]]))
    return RowRules(named or default_currency, mark)


def _cells_at(table: Table, positions: list[int]) -> Iterator[str]:
    """What somebody wrote there: a program's own numbers tell nothing of how the shop writes."""
    for record in table.records:
        for position in positions:
            if position < len(record.cells):
                cell = record.cells[position]
                if not isinstance(cell, TypedNumber):
                    yield cell


@dataclass(slots=True)
class _Checked:
    """What has been found so far."""

    table: Table
    positions: Mapping[str, int]
    rules: RowRules
    language: str
    rows: list[ProductRow] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    first_lines: dict[str, int] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        cells = {
            name: record.cells[position] if position < len(record.cells) else ""
            for name, position in self.positions.items()
        }
        try:
            if record.fault is not None:
                raise record.fault
            row = check_row(cells, self.rules)
            if first := self.first_lines.get(row.external_id):
                raise BadRow("duplicate", value=row.external_id, line=first)
        except BadRow as bad:
            code = "" if record.fault else code_of(cells)
            is_title = not record.fault and sum(map(bool, map(str.strip, record.cells))) == 1
            self.rejected.append(
                Rejection(
                    record.line,
                    bad.reason(self.language),
                    code,
                    may_be_any=not code and not is_title,
                    cells=record.cells,
                )
            )
        else:
            self.first_lines[row.external_id] = record.line
            self.rows.append(row)


def _given(positions: Mapping[str, int]) -> frozenset[str]:
    given: set[Any] = {_COLUMN_OF.get(name, name) for name in positions} - _GIVEN_ANYHOW
    return frozenset(f.name for f in fields(ProductRow) if f.name in given | _ALWAYS_GIVEN)
