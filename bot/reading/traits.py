"""A word or a text enters; the colours, sizes and numbers in it leave. The words: `traits.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.reading.language import words
from catalog.words.chatter import LINK_WORDS

COLORS = (
    "black", "white", "grey", "silver", "gold", "blue", "red",
    "green", "yellow", "orange", "pink", "purple", "brown", "beige",
)  # fmt: skip
"""The colours told apart; `traits.toml` has their words, `core/texts` their names."""
_SIZE_NUMBER = re.compile(r"\d{1,2}")
_MOST = 999
_IN = frozenset({"en", "in", "em"})
_LETTERS = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")


@dataclass(frozen=True, slots=True)
class _Words:
    colors: Mapping[str, str]
    colors_or_things: Mapping[str, str]
    sizes: frozenset[str]
    before_size: frozenset[str]
    asking_colors: frozenset[str]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    units: frozenset[str]
    packages: frozenset[str]


def is_trait(word: str) -> bool:
    """Whether a word only tells a variant: a colour, a size, or the words "color" and "talla"."""
    known = _words()
    named = word in known.colors or word in known.sizes
    return named or word in known.before_size or word in known.asking_colors


def is_color(word: str) -> bool:
    """Whether a word may name a colour."""
    return word in _words().colors or word in _words().colors_or_things


def asks_for_colors(said: Iterable[str]) -> bool:
    """Whether words ask which colours there are."""
    return bool(_words().asking_colors & set(said))


def asks_for_sizes(said: Iterable[str]) -> bool:
    """Whether words ask which sizes there are."""
    return bool(_words().before_size & set(said))


def is_size(word: str, *, behind: str) -> bool:
    """Whether a word is a size of clothes; a lone letter is one behind "talla", "en", a colour."""
    known = _words()
    is_named = behind in known.before_size or behind in _IN or behind in known.colors
    is_named = is_named or behind in known.colors_or_things
    return word in known.sizes and (len(word) > 1 or is_named)


def is_unit(word: str) -> bool:
    """Whether a number before this word measures instead of counting articles."""
    return word in _words().units


def is_package(word: str) -> bool:
    """Whether a word only says how articles are counted: "dos cajas", "3 unidades"."""
    return word in _words().packages


def number(word: str) -> int | None:
    """The count a word names, 1 to 999: "3", "dos", "docena"."""
    if word.isdigit():
        return int(word) if 0 < int(word) <= _MOST else None
    return _words().numbers.get(word)


def ordinal(word: str) -> int | None:
    """The place in a list a word names: 2 for "segundo", -1 for "último"."""
    return _words().ordinals.get(word)


def colors(text: str) -> tuple[str, ...]:
    """The colours a text names, each one of COLORS."""
    known = _words()
    said = words(text)
    found = [
        known.colors.get(word)
        or (known.colors_or_things.get(word) if _is_colored(before) else None)
        for before, word in pairwise(["", *said])
    ]
    return tuple(dict.fromkeys(color for color in found if color))


def _is_colored(before: str) -> bool:
    return bool(before) and (before in _IN or before not in LINK_WORDS)


def sizes(text: str) -> tuple[str, ...]:
    """The sizes a text names: letters by themselves, letters and numbers behind "talla" and the
    like, and what lies between "36 a 42" or "S a XL" there."""
    known = _words()
    found: list[str] = []
    is_named = False
    for before, word in pairwise(["", *words(text)]):
        if word in known.before_size:
            is_named = True
        elif is_size(word, behind=before) or (is_named and _may_be_size(word)):
            found += _between(found[-1], word) if before in _TO and found else [word]
        else:
            is_named = is_named and word in _LISTS
    return tuple(dict.fromkeys(found))


def _may_be_size(word: str) -> bool:
    return word in _words().sizes or bool(_SIZE_NUMBER.fullmatch(word))


_TO = frozenset({"a", "al", "hasta", "to", "ao", "ate"})
_LISTS = _TO | {"y", "e", "o", "and", "or", "ou", "de", "la", "from", "disponibles", "us"}


def _between(first: str, last: str) -> list[str]:
    if first.isdigit() and last.isdigit():
        return [str(size) for size in range(int(first), int(last) + 1)]
    if first in _LETTERS and last in _LETTERS:
        return list(_LETTERS[_LETTERS.index(first) : _LETTERS.index(last) + 1])
    return [last]


@lru_cache(maxsize=1)
def _words() -> _Words:
    path = Path(__file__).with_name("traits.toml")
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return _Words(
        colors=_by_word(data["colors"]),
        colors_or_things=_by_word(data["colors_or_things"]),
        sizes=frozenset(data["sizes"]["words"].split()),
        before_size=frozenset(data["sizes"]["before"].split()),
        asking_colors=frozenset(data["asking"]["colors"].split()),
        numbers={word: int(value) for word, value in _by_word(data["numbers"]).items()},
        ordinals={word: int(value) for word, value in _by_word(data["ordinals"]).items()},
        units=frozenset(data["units"]["words"].split()),
        packages=frozenset(data["packages"]["words"].split()),
    )


def _by_word(table: Mapping[str, str]) -> dict[str, str]:
    return {word: name for name, line in table.items() for word in line.split()}
