"""A product's texts enter, its weighted index terms leave.

Terms starting with "=" stand for a group of synonyms, those with "#" for a whole product code. A
term after "^" is what the product is called: the first word of its name or category, and the first
article named there; after "-" what it is without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from catalog.words.analysis import (
    HEAD_MARK,
    MAX_TERM_CHARS,
    WITHOUT_MARK,
    WITHOUT_WORDS,
    number_of,
    product_code,
    split_glued,
    stem,
    without_tilde,
    words,
)
from catalog.words.chatter import LINK_WORDS
from catalog.words.synonyms import Synonyms

NAME, LAST_CATEGORY, BRAND, UPPER_CATEGORY, DESCRIPTION = 3.0, 2.4, 1.5, 1.0, 0.6
EXTRA = 1.0
"""What comes with a product, after " + " in its name."""
FOR = 1.5
"""What a product is made for, after "para" in its name."""
HEAD = 1.0
"""What a product is called counts so much more than its other words: "Fresas", "Yogur de fresa"."""
CODE = 6.0
WIDER_GROUP = 0.5

LENGTH_SHARE = 0.02
"""Each word of a name takes a little from the others: "iPhone 17" before "iPhone 17 Pro Max"."""

_CLAUSE = re.compile(r"\s\+\s|(?i:\s(?:para|compatible con|for)\s)")
_CONTAINERS = frozenset(
    ["paquete", "pack", "set", "kit", "juego", "caja", "par", "combo", "bolsa", "surtido", "x"]
)
"""Begin a name without saying what is inside: "Juego de 3 sábanas"."""
_QUALIFIERS = LINK_WORDS | {"sabor", "tipo", "sin", "olor", "aroma"}
"""What stands after these only describes what stands before."""
_AND = frozenset({"y", "e", "and", "o"})

Terms = tuple[tuple[str, float], ...]
_Phrase = tuple[int, tuple[str, ...]]
"""Position among the words that do not link, and the groups the phrase belongs to."""


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
    _add(weights, _name_terms(product.name, synonyms), 1.0)
    _add(weights, _category_terms(product.category, synonyms), 1.0)
    _add(weights, _text_terms(product.brand, synonyms), BRAND)
    if product.description:
        _add(weights, _terms(words(product.description), synonyms).items(), DESCRIPTION)
    for code in (product.external_id, product.sku):
        if plain := product_code(code):
            weights["#" + plain] = CODE
    return {term[:MAX_TERM_CHARS]: round(weight, 3) for term, weight in weights.items()}


def _add(weights: dict[str, float], terms: Iterable[tuple[str, float]], weight: float) -> None:
    for term, factor in terms:
        weights[term] = weights.get(term, 0.0) + factor * weight


def _name_terms(name: str, synonyms: Synonyms) -> Iterable[tuple[str, float]]:
    """The terms of a name; what comes along or what it is for counts less than the thing."""
    clause = _CLAUSE.search(name)
    main = words(name[: clause.start()] if clause else name)
    rest = words(name[clause.end() :]) if clause else []
    named = NAME / (1 + LENGTH_SHARE * len(main))
    beside = EXTRA if clause and "+" in clause[0] else FOR
    weights = dict.fromkeys(_own_terms(rest), beside) | dict.fromkeys(_own_terms(main), named)
    # A phrase may reach over the "para": crema para peinar.
    phrases = _phrases(_stems(main + rest), synonyms)
    border = len(_stems(main))
    heads = list(_heads(main + rest, phrases, synonyms))
    for at, groups in phrases:
        weight = named if at < border else beside
        for group, factor in _meant(groups, synonyms, is_head=at in heads):
            weights[group] = max(weights.get(group, 0.0), weight * factor)
    for head in _head_terms(main + rest, phrases, heads, synonyms):
        weights[HEAD_MARK + head] = weights[head] + HEAD
    return weights.items()


def _meant(
    groups: Iterable[str], synonyms: Synonyms, *, is_head: bool
) -> Iterator[tuple[str, float]]:
    """The groups a word of a name stands for, with those that are wider.

    A word that names things and describes them ("café") describes unless the name is headed by it.
    """
    kinds = {group: synonyms.kind(group) for group in groups}
    describes = not is_head and "attribute" in kinds.values()
    for group, kind in kinds.items():
        if describes and kind == "thing":
            continue
        yield group, 1.0
        yield from ((wider, WIDER_GROUP) for wider in synonyms.wider[group])


@lru_cache(maxsize=8192)
def _category_terms(category: str, synonyms: Synonyms) -> Terms:
    *upper, last = category.split(" > ")
    weights: dict[str, float] = {}
    _add(weights, _text_terms(last, synonyms), LAST_CATEGORY)
    _add(weights, _text_terms(" ; ".join(upper), synonyms), UPPER_CATEGORY)
    for group, factor in _across_levels(category, synonyms):
        weights[group] = max(weights.get(group, 0.0), factor * LAST_CATEGORY)
    for part in re.split(r",| y | e | and | & |/", last):
        found = words(part)
        phrases = _phrases(_stems(found), synonyms)
        heads = list(_heads(found, phrases, synonyms))
        for head in _head_terms(found, phrases, heads, synonyms):
            weights[HEAD_MARK + head] = weights.get(head, LAST_CATEGORY)
    return tuple(weights.items())


def _across_levels(category: str, synonyms: Synonyms) -> Iterator[tuple[str, float]]:
    """The groups that only two category levels together name: `Zapatos > Deportivos`."""
    levels = [_stems(words(level)) for level in category.split(" > ")[-2:]]
    each = [phrase for level in levels for phrase in _phrases(level, synonyms)]
    joined = _phrases([word for level in levels for word in level], synonyms)
    alone = {group for _, group, _ in _groups(each, synonyms)}
    together = _groups(joined, synonyms)
    yield from ((group, factor) for _, group, factor in together if group not in alone)


@lru_cache(maxsize=8192)
def _text_terms(text: str, synonyms: Synonyms) -> Terms:
    return tuple(_terms(words(text), synonyms).items())


def _terms(found: Sequence[str], synonyms: Synonyms) -> dict[str, float]:
    """The terms of one field, each with the share of the field's weight it gets."""
    terms = dict.fromkeys(_own_terms(found), 1.0)
    for _, group, factor in _groups(_phrases(_stems(found), synonyms), synonyms):
        terms[group] = max(terms.get(group, 0.0), factor)
    return terms


def _own_terms(found: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in found:
        if word not in LINK_WORDS:
            yield from word_terms(word)
            if before in WITHOUT_WORDS:
                yield WITHOUT_MARK + _plain_stem(word)
            before = word


def _stems(found: Sequence[str]) -> list[str]:
    return [_plain_stem(word) for word in found if word not in LINK_WORDS]


@lru_cache(maxsize=65536)
def _plain_stem(word: str) -> str:
    return stem(without_tilde(word))


@lru_cache(maxsize=65536)
def word_terms(word: str) -> tuple[str, ...]:
    """A word's own terms: with and without ñ, whole and in parts."""
    terms = {stem(word), _plain_stem(word)}
    terms.update(_plain_stem(part) for part in split_glued(word))
    if number := number_of(word):
        terms.add(number)
    return tuple(sorted(terms))


def _groups(phrases: Iterable[_Phrase], synonyms: Synonyms) -> Iterator[tuple[int, str, float]]:
    """Position of a phrase, a group it belongs to, and the share of the weight it gets there."""
    for at, groups in phrases:
        for group in groups:
            yield at, group, 1.0
            for wider in synonyms.wider[group]:
                yield at, wider, WIDER_GROUP


def _phrases(stems: list[str], synonyms: Synonyms) -> list[_Phrase]:
    """Where the known phrases begin, and the groups of each."""
    found: list[_Phrase] = []
    at = 0
    while at < len(stems):
        length = synonyms.longest(stems, at)
        if length:
            found.append((at, synonyms.groups[tuple(stems[at : at + length])]))
        at += length or 1
    return found


def _heads(found: Sequence[str], phrases: Iterable[_Phrase], synonyms: Synonyms) -> Iterator[int]:
    """Where the articles stand that head a name: the first one, unless it qualifies another word.

    "Shampoo y acondicionador" is headed by two.
    """
    has_head = False
    for at, groups in phrases:
        if not any(synonyms.kind(group) == "thing" for group in groups):
            continue
        start = _position(found, at)
        before = found[start - 1] if any(map(_may_head, found[:start])) else ""
        if before not in _AND if has_head else before in _QUALIFIERS:
            return
        yield at
        has_head = True


def _head_terms(
    found: Sequence[str], phrases: Iterable[_Phrase], heads: Sequence[int], synonyms: Synonyms
) -> Iterator[str]:
    """The first word and the articles a name is headed by, as terms."""
    if first := next((word for word in found if _may_head(word)), None):
        yield from {stem(first), _plain_stem(first)}
    for at, groups in phrases:
        if at in heads:
            yield from (group for group in groups if synonyms.kind(group) == "thing")


def _position(found: Sequence[str], at: int) -> int:
    """Where the word number `at` stands when the linking ones are counted too."""
    content = (position for position, word in enumerate(found) if word not in LINK_WORDS)
    return next(islice(content, at, None))


def _may_head(word: str) -> bool:
    return word not in LINK_WORDS and word not in _CONTAINERS and not word[0].isdigit()
