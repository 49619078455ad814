"""The shop's own synonyms enter, the table in force and the mark of its index leave.

The shop writes one group a line, parted by commas: `tenis, zapatillas, pisos`. A line whose words
are known joins the others to what they mean; one with unknown words makes a group of its own. A
line `- cola` makes a shipped word stand for itself alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from catalog.words.analysis import words
from catalog.words.synonyms import Stems, Synonyms, default_synonyms, phrase
from core import own_texts
from core.errors import ImportRejected
from core.texts import text

NAME = "synonyms"
MAX_CHARS = 100_000
MAX_WORDS = 4
_RULES = (
    "words/analysis.py",
    "words/chatter.py",
    "index/segment.py",
    "index/terms.py",
    "words/synonyms.py",
    "words/synonyms.txt",
)
"""What terms are made by: a change of any of these asks for new ones."""


def synonyms_in_force(connection: Connection) -> Synonyms:
    """The shipped table with the shop's own lines."""
    return with_own_lines(default_synonyms(), own_table(connection))


def own_table(connection: Connection) -> str:
    """The shop's own lines; "" when it has none."""
    own = own_texts.current(connection, NAME)
    return own.body if own else ""


def save_own_table(
    connection: Connection, table: str, *, now: datetime, language: str = "es"
) -> None:
    """Put the shop's lines in force; the catalog must then be indexed anew.

    Args:
        table: the lines; "" goes back to the shipped table alone.
        now: aware UTC.
        language: of the error.
    Raises:
        ImportRejected: a line cannot be read; nothing changed.
    """
    if len(table) > MAX_CHARS:
        raise ImportRejected(text("catalog.synonyms.too_long", language, limit=MAX_CHARS))
    for number, line in _lines(table):
        entries = _entries(line)
        fault = _fault(line, entries)
        if fault:
            raise ImportRejected(text(f"catalog.synonyms.{fault}", language, line=number))
    own_texts.save(connection, NAME, table.strip(), now=now)


def _fault(line: str, entries: list[Stems]) -> str | None:
    if any(not 1 <= len(entry) <= MAX_WORDS for entry in entries):
        return "entry"
    if line.startswith("-"):
        return None if len(entries) == 1 else "removal"
    return None if len(entries) > 1 else "alone"


def with_own_lines(shipped: Synonyms, table: str) -> Synonyms:
    """The table with the shop's lines; lines that say nothing are passed over."""
    groups = dict(shipped.groups)
    wider = dict(shipped.wider)
    spellings = set(shipped.spellings)
    for _, line in _lines(table):
        entries = _entries(line)
        if line.startswith("-"):
            groups.pop(entries[0], None)
            continue
        known = next((groups[entry] for entry in entries if entry in groups), None)
        names = known or ("=" + "_".join(entries[0]),)
        for name in names:
            wider.setdefault(name, ())
        for entry in entries:
            groups[entry] = tuple(dict.fromkeys((*groups.get(entry, ()), *names)))
        spellings.update(word for entry in line.split(",") for word in words(entry))
    return replace(shipped, groups=groups, wider=wider, spellings=frozenset(spellings))


def index_mark(table: str) -> str:
    """What the terms of a catalog depend on, as a short mark: our rules and the shop's lines."""
    folder = Path(__file__).parent.parent
    rules = (line for name in _RULES for line in (folder / name).read_text("utf-8").splitlines())
    # Lines, not bytes: the same code has other line ends on Windows.
    return hashlib.sha256("\n".join((*rules, table)).encode()).hexdigest()[:16]


def _lines(table: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(table.splitlines(), 1):
        if (stripped := line.strip()) and not stripped.startswith("#"):
            yield number, stripped


def _entries(line: str) -> list[Stems]:
    said = (words(entry) for entry in line.removeprefix("-").split(","))
    return [phrase(found) if found else () for found in said]
