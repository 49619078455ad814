"""Rejected rows enter, a file beside the owner's leaves: to mend in a spreadsheet and import."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from catalog.files.carried import reason_column
from catalog.files.checking import CheckedFile
from catalog.files.table import protected
from core.texts import text


def rejects_path(path: Path) -> Path:
    """`productos.xlsx` → `productos.rechazadas.csv`."""
    return path.with_name(f"{path.stem}.rechazadas.csv")


def write_rejects(path: Path, checked: CheckedFile, language: str = "es") -> None:
    """Write the rejected rows as they stood in the file, each with its line and the reason.

    Raises:
        OSError: the file cannot be written.
    """
    header = checked.table.header
    width = max(len(header), *(len(bad.cells) for bad in checked.rejected))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=checked.table.delimiter)
        line = text("catalog.rejects.line", language)
        reason = reason_column(checked.decimal_mark, language)
        writer.writerow([*_padded(header, width), line, reason])
        for bad in checked.rejected:
            cells = [protected(cell) for cell in _padded(bad.cells, width)]
            writer.writerow([*cells, bad.line, bad.reason])


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
