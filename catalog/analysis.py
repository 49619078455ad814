"""Text enters, index words leave: folded, split where letters and numbers are glued, and stemmed.

Products and queries go through the same functions, so that both sides always agree.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

from snowballstemmer import stemmer

MAX_TERM_CHARS = 60
SHORT_WORD_CHARS = 5

_WORD = re.compile(r"[^\W_]+(?:(?<=[0-9])[.,][0-9]+[^\W_]*)*|[\"”″]")
_NUMBER_UNIT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)([a-z]+)")
_GLUED = re.compile(r"([a-zñ]{1,2}[0-9]+)([a-zñ]{3,})|([a-zñ]{3,})([0-9]+)([a-zñ]*)")

_UNITS = {
    word: unit
    for unit, words in {
        "gb": "gb gib giga gigas gigabyte gigabytes",
        "tb": "tb tera teras terabyte terabytes",
        "mb": "mb megas",
        "in": '" ” ″ in inch inches pulg pulgada pulgadas polegada polegadas',
        "cm": "cm centimetro centimetros",
        "mm": "mm milimetros",
        "ml": "ml mililitro mililitros",
        "l": "l lt lts litro litros liter liters",
        "g": "g gr grs gramo gramos gramas",
        "kg": "kg kgs kilo kilos kilogramo kilogramos quilo quilos",
        "w": "w watt watts vatio vatios",
        "mah": "mah",
        "mp": "mp mpx megapixel megapixeles",
        "hz": "hz hertz",
        "btu": "btu btus",
    }.items()
    for word in words.split()
}

_stem_lock = threading.Lock()
_spanish = stemmer("spanish")


def fold(text: str) -> str:
    """Lower case without accents; ñ stays, because "año" and "ano" are different words."""
    decomposed = unicodedata.normalize("NFKD", _composed(text).replace("ñ", "\0"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", plain).replace("\0", "ñ")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def without_tilde(word: str) -> str:
    """The word as it is typed on a keyboard that has no ñ."""
    return word.replace("ñ", "n")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Spanish stem of a folded word; numbers and very short words stay as they are.

    Of short words only the plural goes: the stemmer would make one word of casa and case, of
    cola and col, of tela and tele.
    """
    if len(word) < 4 or any(char.isdigit() for char in word):
        return word
    singular = re.sub(r"(?<=[^is])s$", "", re.sub(r"ces$", "z", word))
    if len(singular) <= SHORT_WORD_CHARS:
        return singular.removesuffix("e")
    # Folding took the accent that the stemmer knows these endings by.
    accented = re.sub(r"(c|s)ion(e?)$", r"\1ión", singular)
    with _stem_lock:
        stemmed: str = _spanish.stemWord(accented)
    return fold(stemmed)


@lru_cache(maxsize=8192)
def split_glued(word: str) -> tuple[str, ...]:
    """The parts of a word in which letters and numbers stand together.

    `s26ultra` → s26, ultra; `iphone17` → iphone, 17; `a17`, `128gb` and plain words → ().
    """
    match = _GLUED.fullmatch(word)
    return tuple(part for part in match.groups() if part) if match else ()


def words(text: str) -> list[str]:
    """The folded words of a text in order; a number and its unit are one word.

    `27 pulgadas`, `27"` and `27in` → 27in; `128 GB` and `128gb` → 128gb.
    """
    found: list[str] = []
    for word in _WORD.findall(fold(text)):
        unit = _UNITS.get(word)
        if unit and found and re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", found[-1]):
            found[-1] += unit
        elif word not in ('"', "”", "″"):
            found.append(_with_short_unit(word))
    return found


def _with_short_unit(word: str) -> str:
    match = _NUMBER_UNIT.fullmatch(word)
    return match[1] + _UNITS.get(match[2], match[2]) if match else word


def number_of(word: str) -> str | None:
    """The number of a word made of a number and a unit (`512gb` → 512), else None."""
    match = _NUMBER_UNIT.fullmatch(word)
    return match[1] if match and match[2] in _UNITS else None


def is_measure(word: str) -> bool:
    """Whether a word is a number with a unit, such as 128gb."""
    return number_of(word) is not None


def product_code(text: str) -> str:
    """A SKU as one word, whatever stands between its parts."""
    return re.sub(r"[^a-zñ0-9]+", "", fold(text))[:MAX_TERM_CHARS]
