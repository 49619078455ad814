"""A product's texts enter, its weighted index terms leave.

Terms starting with "=" stand for a group of synonyms, those with "#" for a whole product code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.analysis import (
    MAX_TERM_CHARS,
    number_of,
    product_code,
    split_glued,
    stem,
    without_tilde,
    words,
)
from catalog.chatter import LINK_WORDS
from catalog.synonyms import Synonyms

NAME, LAST_CATEGORY, BRAND, UPPER_CATEGORY, DESCRIPTION = 3.0, 2.4, 1.5, 1.0, 0.6
EXTRA = 1.0
"""What comes with a product, after " + " in its name."""
FOR = 1.5
"""What a product is made for, after "para" in its name."""
CODE = 6.0
WIDER_GROUP = 0.5

LENGTH_SHARE = 0.02
"""Each word of a name takes a little from the others: "iPhone 17" before "iPhone 17 Pro Max"."""

_CLAUSE = re.compile(r"\s\+\s|(?i:\s(?:para|compatible con|for)\s)")


@dataclass(frozen=True, slots=True)
class IndexedText:
    """What of a product is searched; a change of anything else leaves its postings alone."""

    external_id: str
    sku: str
    name: str
    brand: str
    category: str
    description: str


def product_terms(product: IndexedText, synonyms: Synonyms) -> dict[str, float]:
    """The terms of a product with their weights, each field counted once."""
    weights: dict[str, float] = {}
    for text, weight in _fields(product):
        best: dict[str, float] = {}
        for term, factor in text_terms(text, synonyms):
            best[term] = max(best.get(term, 0.0), factor * weight)
        for term, value in best.items():
            weights[term] = weights.get(term, 0.0) + value
    for term, factor in _across_levels(product.category, synonyms):
        weights[term] = max(weights.get(term, 0.0), factor * LAST_CATEGORY)
    for code in (product.external_id, product.sku):
        if plain := product_code(code):
            weights["#" + plain] = CODE
    return {term[:MAX_TERM_CHARS]: round(weight, 3) for term, weight in weights.items()}


def _fields(product: IndexedText) -> Iterator[tuple[str, float]]:
    clause = _CLAUSE.search(product.name)
    main = product.name[: clause.start()] if clause else product.name
    yield main, NAME / (1 + LENGTH_SHARE * len(words(main)))
    if clause:
        yield product.name[clause.end() :], EXTRA if "+" in clause[0] else FOR
    *upper, last = product.category.split(" > ")
    yield last, LAST_CATEGORY
    yield " ; ".join(upper), UPPER_CATEGORY
    yield product.brand, BRAND
    yield product.description, DESCRIPTION


def _across_levels(category: str, synonyms: Synonyms) -> Iterator[tuple[str, float]]:
    """The groups that only two category levels together name: `Zapatos > Deportivos`."""
    levels = [_stems(level) for level in category.split(" > ")[-2:]]
    alone = {group for level in levels for group, _ in _group_terms(level, synonyms)}
    together = _group_terms([word for level in levels for word in level], synonyms)
    yield from ((group, factor) for group, factor in together if group not in alone)


def text_terms(text: str, synonyms: Synonyms) -> Iterator[tuple[str, float]]:
    """The terms of one field, each with the share of the field's weight it gets."""
    found = [word for word in words(text) if word not in LINK_WORDS]
    for word in found:
        yield from ((term, 1.0) for term in word_terms(word))
    yield from _group_terms(_stems(text), synonyms)


def _stems(text: str) -> list[str]:
    return [stem(without_tilde(word)) for word in words(text) if word not in LINK_WORDS]


def word_terms(word: str) -> Iterable[str]:
    """A word's own terms: with and without ñ, whole and in parts."""
    terms = {stem(word), stem(without_tilde(word))}
    terms.update(stem(without_tilde(part)) for part in split_glued(word))
    if number := number_of(word):
        terms.add(number)
    return terms


def _group_terms(stems: list[str], synonyms: Synonyms) -> Iterator[tuple[str, float]]:
    at = 0
    while at < len(stems):
        length = synonyms.longest(stems, at)
        for group in synonyms.groups.get(tuple(stems[at : at + length]), ()):
            yield group, 1.0
            yield from ((wider, WIDER_GROUP) for wider in synonyms.wider[group])
        at += max(length, 1)
