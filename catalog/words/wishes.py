"""A query's words enter; the order the customer wants, and where she begins to exclude, leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from catalog.words.chatter import CHEAP_WORDS

Order = Literal["", "cheapest", "dearest"]

_DEAR = r"(?:car[oa]s?|costos[oa]s?|expensive)"
_NOT_DEAR = re.compile(
    r"\b(?:no|nao|not|menos|less|least|tan|tao|too)"
    rf"(?: (?:sea|sean|seja|es|muy|muito|tan|so|too)){{0,2}} {_DEAR}\b"
)
_DEAREST = re.compile(
    rf"\b(?:mas|mais|most) {_DEAR}\b|\b(?:mayor|maior|highest) (?:precio|preco|price)\b"
    r"|\b(?:precio|preco) (?:mas|mais) alto\b"
)
_CHEAPEST = re.compile(
    r"\b(?:menor|lowest) (?:precio|preco|price)\b|\b(?:precio|preco) (?:mas|mais) baj?[ix]o\b"
    r"|\bmas accesibles?\b|\bmais em conta\b"
)


def read_order(found: Sequence[str]) -> Order:
    """Whether the cheapest or the dearest of equally fitting products should come first."""
    said = " ".join(found)
    if not CHEAP_WORDS.isdisjoint(found) or _NOT_DEAR.search(said) or _CHEAPEST.search(said):
        return "cheapest"
    return "dearest" if _DEAREST.search(said) else ""


def _phrases(table: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in re.split(r"[|\n]", table) if phrase)


_EXCLUDING = _phrases("""
no sea|no sean|no fuera|no tenga|no tengan|no lleve|no traiga|sin que sea|sin ser|sin contar
no quiero|no queremos|no busco|no me gusta|no me gustan|nada de|excepto|exceptuando|salvo|excluyendo
distinto a|distinta a|distintos a|distintas a|distinto de|distinta de|diferente a|diferentes a
diferente de|diferentes de|en vez de|en lugar de
except|excluding|other than|anything but|instead of|not from
nao seja|nao sejam|nao quero|exceto|sem ser|diferente do|diferente da|em vez de|ao inves de
""")
_PERHAPS_EXCLUDING = _phrases("menos|pero no|y no|but not|and not|not|mas nao|e nao")
"""These exclude a brand or a colour; a thing after them may be part of a name ("menos sal")."""
_AMOUNT_WORDS = frozenset(
    ["con", "de", "o", "lo", "al", "por", "mucho", "algo", "mais", "mas", "com", "or", "tengan"]
)
"""Before "menos" they make it speak of a quantity: "con menos grasa", "más o menos"."""
_BEGINNINGS = frozenset(phrase[0] for phrase in _EXCLUDING | _PERHAPS_EXCLUDING)
MAX_PHRASE = 3


def excluding_at(found: Sequence[str], at: int) -> tuple[int, bool]:
    """How many words from `at` begin an exclusion, and whether that is sure."""
    if found[at] not in _BEGINNINGS:
        return 0, False
    for length in range(MAX_PHRASE, 0, -1):
        phrase = tuple(found[at : at + length])
        if phrase in _EXCLUDING:
            return length, True
        if phrase in _PERHAPS_EXCLUDING and at and found[at - 1] not in _AMOUNT_WORDS:
            return length, False
    return 0, False
