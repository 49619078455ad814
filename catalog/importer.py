"""The shop's file enters, its products and a report of the rows that were rejected leave.

A file is read and checked, and compared with what is stored, before the one transaction begins
that changes anything; index terms are computed before it too. When somebody else changed the
catalog in between, the comparison is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from catalog.columns import count_known, locate
from catalog.csvfile import Table, read_table
from catalog.money import common_decimal_mark, is_currency
from catalog.products import IMPORT
from catalog.rows import BadRow, ProductRow, RowRules, check_row
from catalog.store import CatalogMoved, Plan, apply_plan, make_plan
from core.database import Database
from core.errors import ImportRejected
from core.texts import text

MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken in: its line in the file, counted from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file read and checked.

    Args:
        rows: the good ones, in the file's order.
        given: the fields of ProductRow the file has a column for; others keep what is stored.
        rejected: the bad ones, by line.
    """

    rows: tuple[ProductRow, ...]
    given: frozenset[str]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with `dry_run` would do; sample products are not counted."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: tuple[Rejection, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape of `catalog import --json`."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "rejected": [{"line": bad.line, "reason": bad.reason} for bad in self.rejected],
        }


def import_file(
    database: Database,
    path: Path,
    *,
    now: datetime,
    default_currency: str,
    replace: bool = False,
    dry_run: bool = False,
    mapping: Mapping[str, str] | None = None,
    language: str = "es",
) -> ImportReport:
    """Bring a CSV file of products in.

    Args:
        now: aware UTC; when the rows were changed.
        default_currency: of prices that name no currency (ISO 4217).
        replace: products of earlier imports that the file does not name are removed; nothing
            changes if any row is rejected.
        dry_run: only say what would happen.
        mapping: column → field, for columns whose names say nothing (see `parse_mapping`).
        language: of reasons and errors.
    Raises:
        ImportRejected: the file cannot be read as a whole; nothing changed.
    """
    checked = read_file(path, default_currency=default_currency, mapping=mapping, language=language)
    if replace and checked.rejected:
        return ImportReport(rejected=checked.rejected)
    for _ in range(MAX_TRIES):
        plan = database.read(
            lambda c: make_plan(c, checked.rows, checked.given, source=IMPORT, replace=replace)
        )
        if not dry_run:
            try:
                database.write(partial(apply_plan, plan=plan.with_terms(), now=now))
            except CatalogMoved:
                continue
        return _report(plan, checked)
    raise ImportRejected(text("catalog.file.busy", language))


def _report(plan: Plan, checked: CheckedFile) -> ImportReport:
    return ImportReport(
        added=len(plan.added),
        updated=len(plan.updated),
        unchanged=plan.unchanged,
        removed=len(plan.removed),
        rejected=checked.rejected,
    )


def read_file(
    path: Path,
    *,
    default_currency: str,
    mapping: Mapping[str, str] | None = None,
    language: str = "es",
) -> CheckedFile:
    """Read and check a file without touching the database.

    Raises:
        ImportRejected: the file cannot be read as a whole.
    """
    if not is_currency(default_currency):
        raise ImportRejected(
            text("catalog.file.default_currency", language, currency=default_currency)
        )
    try:
        raw = path.read_bytes()
    except OSError:
        raise ImportRejected(text("catalog.file.missing", language, file=path.name)) from None
    table = read_table(raw, count_known, language)
    positions = locate(table.header, mapping or {}, language)
    if not table.records and not table.torn:
        raise ImportRejected(text("catalog.file.no_rows", language))
    return _check(table, positions, default_currency, language)


def _check(
    table: Table, positions: Mapping[str, int], default_currency: str, language: str
) -> CheckedFile:
    price_at = positions["price"]
    prices = (r.cells[price_at] for r in table.records if price_at < len(r.cells))
    rules = RowRules(default_currency, common_decimal_mark(prices))
    rows: list[ProductRow] = []
    first_lines: dict[str, int] = {}
    rejected = [Rejection(line, BadRow("quotes").reason(language)) for line in table.torn]
    for record in table.records:
        try:
            row = check_row(_complete(record.cells, len(table.header), positions), rules)
            if row.external_id in first_lines:
                first = first_lines[row.external_id]
                raise BadRow("duplicate", value=row.external_id, line=first)
        except BadRow as bad:
            rejected.append(Rejection(record.line, bad.reason(language)))
        else:
            first_lines[row.external_id] = record.line
            rows.append(row)
    rejected.sort(key=lambda rejection: rejection.line)
    return CheckedFile(tuple(rows), _given(positions), tuple(rejected))


def _complete(cells: tuple[str, ...], columns: int, positions: Mapping[str, int]) -> dict[str, str]:
    """Field → cell; cells missing at a record's end are empty, as spreadsheets leave them out."""
    if any(cell.strip() for cell in cells[columns:]):
        raise BadRow("too_many_cells", cells=len(cells), columns=columns)
    return {
        field: cells[position] if position < len(cells) else ""
        for field, position in positions.items()
    }


def _given(positions: Mapping[str, int]) -> frozenset[str]:
    renamed = {"id": "external_id", "image": "image_url"}
    given = {renamed.get(field, field) for field in positions}
    always = {"external_id", "price_minor", "currency"}
    return frozenset(f.name for f in fields(ProductRow) if f.name in given | always)
