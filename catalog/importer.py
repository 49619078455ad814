"""The shop's file enters, its products and a report of what changed and what was rejected leave.

A file is read and checked, and compared with what is stored, before the one transaction begins
that changes anything; index terms are computed before it too. When somebody else changed the
catalog in between, the comparison is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from catalog.files.changes import NO_CHANGES, Changes, changes_of
from catalog.files.checking import CheckedFile, Rejection, check_content, read_path
from catalog.files.progress import Progress, untold
from catalog.products import IMPORT
from catalog.revision import CatalogMoved
from catalog.store import Plan, apply_plan, make_plan
from core.database import Database
from core.errors import DatabaseUnavailable
from core.texts import text

MAX_TRIES = 5

Adjust = Callable[[Connection, Plan], Plan]
"""A plan → the one to carry out; may refuse it by raising ImportRejected."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with `dry_run` would do; sample products are not counted.

    Args:
        changes: examples of what changes, product by product.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: tuple[Rejection, ...] = ()
    changes: Changes = NO_CHANGES

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
    today: date | None = None,
    replace: bool = False,
    dry_run: bool = False,
    mapping: Mapping[str, str] | None = None,
    language: str = "es",
) -> ImportReport:
    """Bring a file of products in: CSV, an Excel workbook, JSON, or a shop system's export.

    Args:
        now: aware UTC; when the rows were changed.
        default_currency: of prices that name no currency (ISO 4217).
        today: the shop's day, on which sale prices must be set; None takes them all.
        replace: products of earlier imports that the file does not name are removed; nothing
            changes if any row is rejected.
        dry_run: only say what would happen.
        mapping: column → field, for columns whose names say nothing (see `parse_mapping`).
        language: of reasons and errors.
    Raises:
        ImportRejected: the file cannot be read as a whole; nothing changed.
    """
    checked = check_content(
        read_path(path, language),
        default_currency=default_currency,
        today=today,
        mapping=mapping,
        language=language,
    )
    return bring_in(database, checked, now=now, replace=replace, dry_run=dry_run, language=language)


def read_file(path: Path, *, default_currency: str) -> CheckedFile:
    """Read and check a file without touching the database.

    Raises:
        ImportRejected: the file cannot be read as a whole.
    """
    return check_content(read_path(path), default_currency=default_currency)


def bring_in(
    database: Database,
    checked: CheckedFile,
    *,
    now: datetime,
    replace: bool = False,
    dry_run: bool = False,
    adjust: Adjust | None = None,
    language: str = "es",
    progress: Progress = untold,
) -> ImportReport:
    """Bring checked rows in; see `import_file`.

    Args:
        adjust: has the last word on what is done; with it, `replace` goes on beside rejected rows.
    Raises:
        ImportRejected: `adjust` refuses.
        DatabaseUnavailable: the catalog does not stand still; nothing changed.
    """
    if replace and checked.rejected and adjust is None:
        return _report(checked)
    for _ in range(MAX_TRIES):
        plan, changes = database.read(lambda c: _planned(c, checked, replace, adjust))
        if not dry_run:
            try:
                _carry_out(database, plan, now, progress)
            except CatalogMoved:
                continue
        return _report(checked, plan, changes)
    raise DatabaseUnavailable(text("catalog.file.busy", language))


def _planned(
    connection: Connection, checked: CheckedFile, replace: bool, adjust: Adjust | None
) -> tuple[Plan, Changes]:
    plan = make_plan(connection, checked.rows, checked.given, source=IMPORT, replace=replace)
    if adjust is not None:
        plan = adjust(connection, plan)
    return plan, changes_of(connection, plan)


def _carry_out(database: Database, plan: Plan, now: datetime, progress: Progress) -> None:
    total = len(plan.added) + len(plan.updated)
    ready = plan.with_terms(lambda done: progress("indexing", done, total))
    progress("saving", 0, 0)
    database.write(partial(apply_plan, plan=ready, now=now))


def _report(
    checked: CheckedFile, plan: Plan | None = None, changes: Changes = NO_CHANGES
) -> ImportReport:
    return ImportReport(
        added=len(plan.added) if plan else 0,
        updated=len(plan.updated) if plan else 0,
        unchanged=plan.unchanged if plan else 0,
        removed=len(plan.removed) if plan else 0,
        rejected=checked.rejected,
        changes=changes,
    )
