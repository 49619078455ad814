"""Results enter, lines on stdout leave, in characters the terminal can show."""

from __future__ import annotations

import json
import sys
from typing import Any

from core.log import showable
from core.redaction import redact


def say(line: str = "") -> None:
    """One line of a result, at once also where somebody reads it through a pipe."""
    print(showable(line, sys.stdout.encoding), flush=True)


def say_json(value: Any) -> None:
    """A result for programs; ASCII only, so that every terminal and pipe takes it."""
    print(json.dumps(value, ensure_ascii=True, indent=2, default=str))


def complain(line: str) -> None:
    """One line about what is wrong and how to mend it, on stderr; secrets are left out."""
    print(showable(redact(line), sys.stderr.encoding), file=sys.stderr)


def table(rows: list[tuple[str, ...]]) -> None:
    """Rows in columns as wide as they need."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
