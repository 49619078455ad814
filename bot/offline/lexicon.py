"""The words of `facts.toml` enter, the sets of them a question is held against leave."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from bot.reading.language import words


@lru_cache(maxsize=1)
def lexicon() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Table → name → its words."""
    path = Path(__file__).with_name("facts.toml")
    data: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        table: {name: frozenset(line.split()) for name, line in lines.items()}
        for table, lines in data.items()
    }


def with_pairs(text: str) -> set[str]:
    """The words of a text, and neighbours as one: "mercado pago", "contra entrega"."""
    said = words(text)
    return {*said, *(first + second for first, second in pairwise(said))}
