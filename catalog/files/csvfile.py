"""The text of a CSV file enters, its records with their line numbers leave."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from catalog.files.rows import BadRow
from catalog.files.table import (
    HEADER_WITHIN_ROWS,
    MARKED,
    Cells,
    CountKnown,
    Record,
    Table,
    find_header,
    unprotected,
)
from core.errors import ImportRejected
from core.texts import text

MAX_QUOTE_FAULTS = 200
DELIMITERS = (",", ";", "\t", "|")


def read_csv(content: str, count_known: CountKnown, language: str) -> Table:
    """Take a CSV file apart.

    Args:
        content: separated by comma, semicolon, tab or bar.
        count_known: chooses the separator and the row of the header.
        language: of the error's message.
    Raises:
        ImportRejected: it is empty.
    """
    lines = list(io.StringIO(content, newline=""))
    first, declared = _skip_preamble(lines)
    if first == len(lines):
        raise ImportRejected(text("catalog.file.empty", language))
    marks = (declared,) if declared else DELIMITERS
    found = {mark: _header(lines, first, mark, count_known) for mark in marks}
    delimiter = max(found, key=lambda mark: _fitness(found[mark][1], count_known))
    below, header = found[delimiter]
    return Table(header, _Records(lines, below, delimiter, header, language), delimiter)


def _fitness(header: Cells, count_known: CountKnown) -> tuple[int, int, int]:
    """How well a separator takes a header apart; where nothing is known it should leave few."""
    left = sum(cell.count(mark) for cell in header for mark in DELIMITERS)
    return count_known(header), -left, len(header)


def _skip_preamble(lines: Sequence[str]) -> tuple[int, str | None]:
    """The index of the first line with text, and the separator Excel's `sep=;` line declares."""
    declared = None
    for index, line in enumerate(lines):
        if match := re.fullmatch(r'"?sep=(.)"?', line.rstrip("\r\n"), re.IGNORECASE):
            declared = match[1]
        elif line.strip(' \t\r\n;,|"'):
            return index, declared
    return len(lines), declared


def _header(
    lines: Sequence[str], first: int, delimiter: str, count_known: CountKnown
) -> tuple[int, Cells]:
    """The index of the first line below the header, and the column names."""
    reader = csv.reader(islice(lines, first, None), delimiter=delimiter)
    rows: list[Cells] = []
    ends: list[int] = []
    for cells in islice(reader, HEADER_WITHIN_ROWS):
        rows.append(tuple(" ".join(cell.split()) for cell in cells))
        ends.append(first + reader.line_num)
    below, header = find_header(rows, count_known)
    return ends[below - 1], header


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of some lines, read anew each time they are gone through."""

    lines: Sequence[str]
    first: int
    delimiter: str
    header: Cells
    language: str

    def __iter__(self) -> Iterator[Record]:
        """A line with broken quotes is a record with a fault, and the next one begins anew."""
        start, faults = self.first, 0
        while start < len(self.lines):
            reader = csv.reader(
                islice(self.lines, start, None), delimiter=self.delimiter, strict=True
            )
            read = 0
            try:
                for cells in reader:
                    if any(cells) and (record := self._record(start + read + 1, cells)):
                        yield record
                    read = reader.line_num
                return
            except csv.Error:
                start += read + 1
                faults += 1
                if faults > MAX_QUOTE_FAULTS:
                    raise ImportRejected(
                        text("catalog.file.too_many_quotes", self.language, line=start)
                    ) from None
                yield self._torn(start)

    def _record(self, line: int, cells: list[str]) -> Record | None:
        read = tuple([unprotected(cell) if cell[:1] in MARKED else cell for cell in cells])
        width = len(self.header)
        if len(read) > width and any(cell.strip() for cell in read[width:]):
            return Record(line, read, BadRow("too_many_cells", cells=len(read), columns=width))
        # The header again: the top of a printed page.
        is_record = any(map(str.strip, read)) and read != self.header
        return Record(line, read) if is_record else None

    def _torn(self, line: int) -> Record:
        cells = next(csv.reader([self.lines[line - 1]], delimiter=self.delimiter), [])
        return Record(line, tuple(cells), BadRow("quotes"))
