"""How long work tells how far it is: a stage, how much is done, of how much."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes the stage ("reading", "indexing", "saving"), what is done, and the whole (0: unknown)."""


def untold(_stage: str, _done: int, _total: int) -> None:
    """For work nobody watches."""
