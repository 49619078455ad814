"""A text enters as people and models write it, the same in one plain spelling leaves.

Full-width and keycap digits become ASCII, invisible characters and WhatsApp's emphasis marks go, so
that no spelling hides a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

PRODUCTS_KEPT = 1024
"""Of so many products the last used keep what the rules have worked out of their texts."""

_EMPHASIS = str.maketrans(dict.fromkeys("*_`~", "") | dict.fromkeys("’‘´‛′", "'") | {"−": "-"})


class _Characters(dict[int, str]):
    """A table for `str.translate` that works out each character once."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, code: int) -> str:
        self[code] = self._work_out(chr(code))
        return self[code]


def _plain_character(character: str) -> str:
    if character.isascii() or character.isalpha():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    return "\n" if character in "\u2028\u2029\x85" else character


def _fold_character(character: str) -> str:
    if character.isspace():
        return character if character == "\n" else " "
    lower = unicodedata.normalize("NFD", character)[0].lower()
    return lower if len(lower) == 1 else character


_LETTER_ZEROS = re.compile(r"(?<=\d[.,'])[oO]{3}(?![A-Za-z])")
_SPACED_DIGITS = re.compile(r"(?<![\w.,])\d(?: (?:[.,] )?\d(?!\d)){4,}")
_PLAIN = _Characters(_plain_character)
_FOLDED = _Characters(_fold_character)


@lru_cache(maxsize=PRODUCTS_KEPT)
def plain(text: str) -> str:
    """The text with every digit ASCII and without invisible characters and emphasis marks."""
    composed = unicodedata.normalize("NFKC", text.translate(_EMPHASIS)).translate(_PLAIN)
    composed = _SPACED_DIGITS.sub(lambda match: match[0].replace(" ", ""), composed)
    return _LETTER_ZEROS.sub("000", composed)


@lru_cache(maxsize=PRODUCTS_KEPT)
def fold(text: str) -> str:
    """Lower case without accents, as long as the text itself; other blanks become spaces."""
    return text.translate(_FOLDED)
