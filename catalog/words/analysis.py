"""Text enters, index words leave: folded, split where letters and numbers are glued, and stemmed.

Products and queries go through the same functions, so that both sides always agree.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_TERM_CHARS = 60
HEAD_MARK = "^"
"""Before a term: what the product is called."""
WITHOUT_MARK = "-"
"""Before a term: what the product is without."""
WITHOUT_WORDS = frozenset({"sin", "sem", "without"})
SHORT_WORD_CHARS = 5
_WHOLE = """
pimienta vacuna cubierta cuchilla tostada helada rodilla sillao secadora caminadora broche mecate
briqueta panela panalera pañalera senora señora
"""
_KEEPS_LAST_LETTER = frozenset(_WHOLE.split())
"""Words that would name another article without it: pimiento, vacuno, cubierto, silla …"""

_FRACTION = r"[0-9]{1,2}/(?:2|3|4|8|16|32|64)(?![0-9]|\s?[gt]b)"
"""`3/8` of an inch is one size; `4/64GB` are two."""
_WORD = re.compile(rf"{_FRACTION}|[^\W_]+(?:(?<=[0-9])[.,][0-9]+[^\W_]*)*|[\"”″]")
_NUMBER = r"[0-9]+(?:[.,/][0-9]+)?"
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9]{1,2}(?![0-9]))")
_NUMBER_UNIT = re.compile(rf"({_NUMBER})([a-z]+)")
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
        "m": "m mt mts metro metros meter meters",
        "ml": "ml cc cm3 mililitro mililitros",
        "l": "l lt lts litro litros liter liters",
        "g": "g gr grs gramo gramos gramas",
        "kg": "kg kgs kilo kilos kilogramo kilogramos quilo quilos",
        "w": "w watt watts vatio vatios",
        "mah": "mah",
        "mp": "mp mpx megapixel megapixeles",
        "hz": "hz hertz",
        "btu": "btu btus",
        "mg": "mg miligramo miligramos",
        "oz": "oz onza onzas ounce ounces",
        "lb": "lb lbs libra libras pound pounds",
        "gal": "gal galon galones gallon gallons",
        "v": "v volt volts voltio voltios",
        "hp": "hp",
    }.items()
    for word in words.split()
}


def fold(text: str) -> str:
    """Lower case without accents; ñ stays, because "año" and "ano" are different words."""
    if text.isascii():
        return text.lower()
    if not _BEYOND_LATIN.search(text):
        return text.lower().translate(_LATIN)
    return _fold(text)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _composed(text).replace("ñ", "\0"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", plain).replace("\0", "ñ")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


_BEYOND_LATIN = re.compile("[\0\u0100-\U0010ffff]")
_LATIN = {code: _fold(chr(code)) for code in range(0x80, 0x100)}
"""Letters that stand for themselves whatever is beside them: nearly all that is ever folded."""


def without_tilde(word: str) -> str:
    """The word as it is typed on a keyboard that has no ñ."""
    return word.replace("ñ", "n")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A folded word without plural and gender; numbers and very short words stay as they are.

    Derived words stay apart, because they name other articles: remache and remachadora, lija and
    lijadora. Of short words only the plural goes: casa and caso, cola and col, care and car differ.
    """
    if len(word) < 4 or any(char.isdigit() for char in word):
        return word
    singular = _singular(word)
    if len(singular) <= SHORT_WORD_CHARS or singular in _KEEPS_LAST_LETTER:
        return singular
    return singular[:-1] if singular[-1] in "aeo" else singular


def _singular(word: str) -> str:
    """Spanish plurals, and the Portuguese -ões; English ones mostly end alike."""
    if word.endswith("ces"):
        return word.removesuffix("ces") + "z"
    if re.search(r"[clmnrs]oes$", word):
        return word.removesuffix("oes") + "ao"
    if re.search(r"[aeiou][lnrdy]es$", word):
        return word[:-2]
    return re.sub(r"(?<=[^is])s$", "", word)


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
        if "," in word:
            word = _DECIMAL_COMMA.sub(".", word)
        unit = _UNITS.get(word)
        if unit and found and re.fullmatch(_NUMBER, found[-1]):
            found[-1] += unit
        elif word not in ('"', "”", "″"):
            found.append(_with_short_unit(word))
    return found


@lru_cache(maxsize=65536)
def _with_short_unit(word: str) -> str:
    match = _NUMBER_UNIT.fullmatch(word)
    return match[1] + _UNITS.get(match[2], match[2]) if match else word


def number_of(word: str) -> str | None:
    """The number of a word made of a number and a unit (`512gb` → 512), else None."""
    match = _NUMBER_UNIT.fullmatch(word)
    return match[1] if match and match[2] in _UNITS else None


def is_measure(word: str) -> bool:
    """Whether a word is a number with a unit or a fraction, such as 128gb or 3/8."""
    return number_of(word) is not None or "/" in word


def product_code(text: str) -> str:
    """A SKU as one word, whatever stands between its parts."""
    return re.sub(r"[^a-zñ0-9]+", "", fold(text))[:MAX_TERM_CHARS]
