"""What every kind of file is read into: a header, and records that know their line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catalog.files.rows import BadRow

Cells = tuple[str, ...]

HEADER_WITHIN_ROWS = 30
"""Titles, dates and addresses may stand above the header, but not more than this."""
FEWEST_KNOWN = 2
"""A row that names fewer fields than this is no header."""

MOST_EXACT = 1e15
"""From here on a spreadsheet has lost the last digits of a number."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# A spreadsheet takes these for the start of a formula.
MARKED = ("'", "#")
"""How a cell begins that `unprotected` may change."""
_RISKY = re.compile(r"'*[=+\-@\t\r]")
_PROTECTED = re.compile(r"'+[=+\-@\t\r]")
_FAILED_FORMULA = re.compile(r"#(?:N/[AD]|[¡¿]?[A-Z/0Ç]{3,12}[!?])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the file; `line` is where it starts, counted from 1.

    A record with a `fault` could not be read as it should; its cells are a guess, good enough to
    show them to the owner.
    """

    line: int
    cells: Cells
    fault: BadRow | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file taken apart.

    Args:
        header: the column names as written, trimmed.
        records: those below the header, empty ones left out; may be gone through repeatedly.
        delimiter: what the owner's spreadsheet separates cells with.
        sheets: the sheets of a workbook that were read.
        unread: others of it that look like products, with other columns.
        system: the shop system whose export it is.
    """

    header: Cells
    records: Iterable[Record]
    delimiter: str = ";"
    sheets: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    system: str = ""


CountKnown = Callable[[Cells], int]
"""How many fields of a product a row names, if it is a header."""


def find_header(rows: Sequence[Cells], count_known: CountKnown) -> tuple[int, Cells]:
    """Where the records begin, and the column names.

    Args:
        rows: the first rows; empty ones hold no text.
    Returns:
        The index of the first row below the header (0 when every row is empty), and the names.
        When no row looks like a header it is the first one that is not empty.
    """
    filled = [index for index, row in enumerate(rows[:HEADER_WITHIN_ROWS]) if any(row)]
    if not filled:
        return 0, ()
    best = max(filled, key=lambda index: (count_known(rows[index]), -index))
    known = count_known(rows[best])
    if known < FEWEST_KNOWN:
        return filled[0] + 1, rows[filled[0]]
    below = rows[best + 1] if best + 1 < len(rows) else ()
    joined = _joined(rows[best], below)
    if any(below) and count_known(joined) >= known:
        return best + 2, joined  # merged cells: the names go on in the row below
    above = rows[best - 1] if best else ()
    joined = _joined(above, rows[best])
    return best + 1, joined if any(above) and count_known(joined) > known else rows[best]


def _joined(above: Cells, below: Cells) -> Cells:
    """Two rows of a header as one; a merged cell stands above every cell it spans."""
    names: list[str] = []
    spanning = ""
    for index in range(max(len(above), len(below))):
        over = above[index] if index < len(above) else ""
        under = below[index] if index < len(below) else ""
        spanning = over or spanning
        names.append(" ".join(part for part in (spanning if under else over, under) if part))
    return tuple(names)


def protected(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `unprotected` gives it back."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unprotected(cell: str) -> str:
    """A cell as it was meant: without the mark of `protected`; a failed formula is empty."""
    first = cell[:1]
    if first == "'" and _PROTECTED.match(cell):
        return cell[1:]
    return "" if first == "#" and _FAILED_FORMULA.fullmatch(cell.strip()) else cell


def storable(cell: str) -> str:
    """A text without characters that no database and no spreadsheet takes."""
    if cell.isprintable():
        return cell
    return _CONTROL.sub("", cell.encode("utf-8", "ignore").decode())


class TypedNumber(str):
    """The text of a cell that held a number rather than what somebody wrote."""

    __slots__ = ()


def number_text(value: int | float) -> TypedNumber:
    """A number of a program's own as text that can be read in one way only.

    Cents are enough for every price here, and three decimals would look like thousands.
    """
    if isinstance(value, int) or (value.is_integer() and abs(value) < MOST_EXACT):
        return TypedNumber(int(value))
    exact = abs(value) < MOST_EXACT
    return TypedNumber(repr(round(value, 2)) if exact else f"{value:.14E}")
