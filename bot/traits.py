"""A word or a text enters; the colours, sizes and numbers in it leave. The words: `traits.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language import words

_SIZE_NUMBER = re.compile(r"\d{1,2}")
_MOST = 999
_IN = frozenset({"en", "in", "em"})


@dataclass(frozen=True, slots=True)
class _Words:
    colors: Mapping[str, str]
    sizes: frozenset[str]
    before_size: frozenset[str]
    numbers: Mapping[str, int]
    units: frozenset[str]


def is_trait(word: str) -> bool:
    """Whether a word only tells a variant: a colour, a size, or the word "talla" itself."""
    known = _words()
    return word in known.colors or word in known.sizes or word in known.before_size


def is_size(word: str, *, behind: str) -> bool:
    """Whether a word is a size of clothes; a lone letter is one behind "talla" or "en"."""
    known = _words()
    is_named = behind in known.before_size or behind in _IN
    return word in known.sizes and (len(word) > 1 or is_named)


def is_unit(word: str) -> bool:
    """Whether a number before this word measures instead of counting articles."""
    return word in _words().units


def number(word: str) -> int | None:
    """The count a word names, 1 to 999: "3", "dos", "docena"."""
    if word.isdigit():
        return int(word) if 0 < int(word) <= _MOST else None
    return _words().numbers.get(word)


def colors(text: str) -> dict[str, str]:
    """The colours a text names → the word it names each by."""
    known = _words().colors
    return {known[word]: word for word in reversed(words(text)) if word in known}


def sizes(text: str) -> tuple[str, ...]:
    """The sizes a text names: letters by themselves, numbers behind "talla" and the like."""
    known = _words()
    said = words(text)
    return tuple(
        dict.fromkeys(
            word
            for before, word in zip(["", *said], said, strict=False)
            if is_size(word, behind=before)
            or (before in known.before_size and _SIZE_NUMBER.fullmatch(word))
        )
    )


@lru_cache(maxsize=1)
def _words() -> _Words:
    path = Path(__file__).with_name("traits.toml")
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return _Words(
        colors={word: name for name, line in data["colors"].items() for word in line.split()},
        sizes=frozenset(data["sizes"]["words"].split()),
        before_size=frozenset(data["sizes"]["before"].split()),
        numbers={
            word: int(value) for value, line in data["numbers"].items() for word in line.split()
        },
        units=frozenset(data["units"]["words"].split()),
    )
