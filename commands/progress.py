"""How far a long command is enters, one line that renews itself leaves, where somebody watches."""

from __future__ import annotations

import sys

from core.log import showable
from core.texts import text

WIDTH = 30


class Bar:
    """A bar on a terminal's stderr; where stderr is no terminal it stays silent."""

    def __init__(self) -> None:
        self._is_seen = sys.stderr.isatty()
        self._shown = ""

    def show(self, stage: str, done: int, total: int) -> None:
        """Show a stage: its share when the whole is known, else the number done."""
        line = text(f"commands.progress.{stage}")
        if total:
            share = done / total
            full = round(WIDTH * share)
            line = f"{line} [{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%}"
        elif done:
            line = f"{line} {done}"
        self._write(line)

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        self._write("")

    def _write(self, line: str) -> None:
        if self._is_seen and line != self._shown:
            wiped = line.ljust(len(self._shown))
            sys.stderr.write(f"\r{showable(wiped, sys.stderr.encoding)}" + "\r" * (not line))
            sys.stderr.flush()
            self._shown = line
