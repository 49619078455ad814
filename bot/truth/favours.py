"""A reply taken apart enters; favours that the facts or a product's text refuse leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bot.truth.evidence import product_text
from bot.truth.facts import FactLine
from bot.truth.folding import fold, plain
from bot.truth.gates import Gated
from bot.truth.reading import Reading, Rejection
from bot.truth.terms import TOPICS
from catalog.words.analysis import stem, words
from catalog.words.chatter import STOP_WORDS

_REFUSED = re.compile(r"\b(?:no|nao|not)\b")
_MONEY = re.compile(r"\b(?:plata|money|dinheiro|efectivo)\b")
_EVERYWHERE = Gated(
    r"\b(?:toda la republica|todo el (?:pais|territorio)|cualquier (?:parte|punto|ciudad|lugar)"
    r"|nivel nacional|nationwide|anywhere|todo o (?:pais|brasil)|whole country)\b"
)
_ZONES_BEYOND = re.compile(
    r"\b(?:(?:resto|rest)\b(?! d[eo] (?:la |el )?(?:ciudad|cidade|zona|area))|todo|toda|nacional\w*"
    r"|interior|provincias|all|anywhere|nationwide)\b"
)
_KEPT = Gated(
    r"\bte l[oa]s? (?:reserv|apart|guard|separ)\w+ (?:hasta|por \w+ (?:dias?|horas?))\b"
    r"|\b(?:hold|reserve|keep) (?:it|them|one) (?:for you )?(?:until|till|for \w+ (?:days|hours))\b"
)
_KEEPING = re.compile(r"\b(?:reserv|apart|separ|hold)\w*")
_NEEDS_NO_PAPER = Gated(
    r"\b(?:no (?:\w+ ){0,2}?(?:necesit\w+|requier\w+|ped\w+|pid\w+|hace falta|need)|sin"
    r"|without|sem) (?:\w+ ){0,2}?(?:receta|prescription|receita)\b"
)
_PAPER = Gated(r"(?<!sin )\b(?:receta|prescription|receita)\b")


def untrue_favours(reading: Reading) -> Iterator[Rejection]:
    """Returns of what is excluded, delivery everywhere, things kept, papers not needed."""
    yield from _returns(reading)
    facts = reading.evidence.facts
    for match in _EVERYWHERE.finditer(reading.folded):
        is_sent = TOPICS["delivery"].search(reading.folded, *reading.sentence_of(match.start()))
        if is_sent and reading.asserts(*match.span()) and not _goes_beyond(facts.lines):
            yield reading.reject("delivery", *match.span(), "not_held")
    for match in _KEPT.finditer(reading.folded):
        if reading.asserts(*match.span()) and not _KEEPING.search(facts.folded):
            yield reading.reject("period", *match.span(), "not_held")
    for match in _NEEDS_NO_PAPER.finditer(reading.folded):
        spoken_of = reading.spoken_of(reading.sentence_of(match.start()))
        texts = (product_text(reading.evidence.products[i]) for i in spoken_of)
        if any(_PAPER.search(fold(plain(text))) for text in texts):
            yield reading.reject("attribute", *match.span(), "not_held")


def _goes_beyond(lines: Iterable[FactLine]) -> bool:
    """Whether what the facts say of delivery is not only of the shop's own town."""
    told = " ".join(line.folded for line in lines if TOPICS["delivery"].search(line.folded))
    return bool(_ZONES_BEYOND.search(told))


def _returns(reading: Reading) -> Iterator[Rejection]:
    """Returns granted for what a line of the facts takes out, unless the reply takes it out too."""
    said = list(TOPICS["returns"].finditer(reading.folded))
    if not all(reading.asserts(*match.span()) for match in said):
        return
    for match in said:
        things = _things(fold(reading.original)[slice(*reading.sentence_of(match.start()))])
        for line in reading.evidence.facts.lines:
            is_refusal = TOPICS["returns"].search(line.said) and _REFUSED.search(line.said)
            if is_refusal and things & _things(line.said):
                yield reading.reject("returns", *match.span(), "not_held")


@lru_cache(maxsize=256)
def _things(folded: str) -> frozenset[str]:
    """What a sentence about returns is about."""
    plainly = TOPICS["returns"].sub(" ", _MONEY.sub("dinero", folded))
    return frozenset(
        stem(word)
        for word in words(plainly)
        if word not in STOP_WORDS | _ORDINARY and len(word) > 3
    )


_ORDINARY = frozenset(
    ["ticket", "factura", "boleta", "dentro", "dias", "etiqueta", "empaque", "caja", "original"]
)
"""Conditions of returns, and what all of them are about."""
