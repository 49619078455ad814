"""A file's bytes enter, its records with their line numbers leave, whatever program wrote it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from core.errors import ImportRejected
from core.texts import text

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_QUOTE_FAULTS = 200
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the file; `line` is where it starts, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file taken apart.

    Args:
        header: the column names as written, trimmed.
        records: those below the header, empty ones left out.
        torn: lines whose quotes could not be read.
    """

    header: tuple[str, ...]
    records: list[Record]
    torn: list[int]


def read_table(raw: bytes, count_known: Callable[[tuple[str, ...]], int], language: str) -> Table:
    """Take a CSV file apart.

    Args:
        raw: UTF-8 with or without BOM, UTF-16 with BOM, or Windows-1252; separated by comma,
            semicolon, tab or bar.
        count_known: how many names of a header are known columns; chooses the separator.
        language: of the error's message.
    Raises:
        ImportRejected: empty, too large, or no text.
    """
    if len(raw) > MAX_FILE_BYTES:
        raise _rejected("too_large", language, limit_mb=MAX_FILE_BYTES // 1024**2)
    content = _decode(raw, language)
    lines = list(io.StringIO(content, newline=""))
    first, declared = _skip_preamble(lines)
    if first == len(lines):
        raise _rejected("empty", language)
    delimiter = declared or max(
        DELIMITERS, key=lambda mark: count_known(_header(lines[first:], mark))
    )
    return _split(lines, first, delimiter, language)


def _rejected(key: str, language: str, **fields: object) -> ImportRejected:
    return ImportRejected(text(f"catalog.file.{key}", language, **fields))


def _decode(raw: bytes, language: str) -> str:
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _rejected("excel", language)
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            content = raw.decode("utf-16")
        else:
            content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("cp1252", errors="replace")
    if re.search(r"[\x00-\x08\x0e-\x1f]", content):
        raise _rejected("not_text", language)
    return content


def _skip_preamble(lines: list[str]) -> tuple[int, str | None]:
    """The index of the header's line, and the separator Excel's `sep=;` line declares."""
    declared = None
    for index, line in enumerate(lines):
        if match := re.fullmatch(r'"?sep=(.)"?', line.rstrip("\r\n"), re.IGNORECASE):
            declared = match[1]
        elif line.strip(" \t\r\n;,|\ufeff"):
            return index, declared
    return len(lines), declared


def _header(lines: list[str], delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader(lines, delimiter=delimiter), [])
    return tuple(" ".join(cell.split()) for cell in cells)


def _split(lines: list[str], first: int, delimiter: str, language: str) -> Table:
    """Take the lines apart; a line with broken quotes is left out and the next one begins anew."""
    records: list[Record] = []
    torn: list[int] = []
    start = first
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True)
        read = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    records.append(Record(start + read + 1, tuple(cells)))
                read = reader.line_num
            break
        except csv.Error:
            start += read + 1
            torn.append(start)
            if len(torn) > MAX_QUOTE_FAULTS:
                raise _rejected("too_many_quotes", language, line=start) from None
    header = _header(lines[first:], delimiter)
    return Table(header, [record for record in records if record.line > first + 1], torn)
