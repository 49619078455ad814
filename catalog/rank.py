"""Concepts enter, the products that cover enough of them leave, best first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from catalog.query import Concept
from catalog.vocabulary import PASSING_MENTION, LoadedVocabulary

MIN_COVERAGE = 0.4
"""Below this share of what was asked for, a product is no answer."""
COVERAGE_POWER = 1.5
HALF_WEIGHT = 4.0
"""A term of this weight gives half of what it can give: covering more beats repeating."""
MENTION_COVER = 0.8
"""How far a passing mention in a description counts as having what was asked for."""
TOGETHER_FACTOR = 0.8
"""A product that has all words of a phrase, apart from each other, fits a little less."""


@dataclass(slots=True)
class Match:
    """How well one product fits."""

    product_id: int
    score: float = 0.0
    share: float = 0.0
    """Part of what was asked for that the product covers, 0..1."""
    concepts: int = 0
    """Bit i is set when concept i matched."""


def rank(
    connection: Connection, vocabulary: LoadedVocabulary, concepts: Sequence[Concept]
) -> list[Match]:
    """Every product that covers enough of the concepts, best first."""
    terms = {term for c in concepts for words in (c.terms, *c.together) for term in words}
    postings = vocabulary.postings(connection, terms)
    matches: dict[int, Match] = {}
    asked = 0.0
    for position, concept in enumerate(concepts):
        rarity = concept.weight * _idf(vocabulary, concept)
        asked += rarity
        for product_id, weight in _weights(concept, postings).items():
            match = matches.setdefault(product_id, Match(product_id))
            match.score += rarity * weight / (weight + HALF_WEIGHT)
            match.share += rarity * (1.0 if weight >= PASSING_MENTION else MENTION_COVER)
            match.concepts |= 1 << position
    for match in matches.values():
        match.share /= asked
        match.score *= match.share**COVERAGE_POWER
    enough = (match for match in matches.values() if match.share >= MIN_COVERAGE)
    return sorted(enough, key=lambda m: (-m.score, m.product_id))


def _weights(concept: Concept, postings: dict[str, dict[int, float]]) -> dict[int, float]:
    """What each product gets for one concept."""
    weights = _best_weights(concept.terms, postings)
    if concept.together:
        each = [_best_weights(terms, postings) for terms in concept.together]
        for product_id in set(each[0]).intersection(*each[1:]).difference(weights):
            weights[product_id] = TOGETHER_FACTOR * min(found[product_id] for found in each)
    return weights


def _best_weights(
    terms: Mapping[str, float], postings: dict[str, dict[int, float]]
) -> dict[int, float]:
    best: dict[int, float] = {}
    for term, factor in terms.items():
        for product_id, weight in postings[term].items():
            value = weight * factor
            if value > best.get(product_id, 0.0):
                best[product_id] = value
    return best


def _idf(vocabulary: LoadedVocabulary, concept: Concept) -> float:
    """How rare a concept is; its most common term decides, so that synonyms count alike."""
    frequency = max((vocabulary.frequencies[term] for term in concept.terms), default=0)
    return math.log(1 + (1 + vocabulary.size) / (1 + frequency))
