"""The decimal mark a file proved enters, the name of a column that carries it leaves, and back.

Rejected rows alone no longer prove it, and a price refused beside the others would go in as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalog.money import Mark
from core.texts import LANGUAGES, text

MARKS: tuple[Mark, ...] = (".", ",")


def reason_column(mark: Mark | None, language: str) -> str:
    """The name of the column of reasons in the file of rejected rows."""
    key = "reason_marked" if mark else "reason"
    return text(f"catalog.rejects.{key}", language, mark=mark or "")


def carried_mark(header: Sequence[str]) -> Mark | None:
    """The decimal mark of the file these rows come from; None of a file of the owner's own."""
    marks = {reason_column(mark, language): mark for mark in MARKS for language in LANGUAGES}
    return next((marks[name] for name in header if name in marks), None)
