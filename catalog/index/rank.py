"""Concepts enter, how well each product of the catalog fits them leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.index.memory import LoadedCatalog
from catalog.index.segment import PASSING_MENTION, Weights
from catalog.words.query import Concept

MIN_COVERAGE = 0.4
"""Below this share of what was asked for, a product is no answer."""
COVERAGE_POWER = 1.5
HALF_WEIGHT = 4.0
"""A term of this weight gives half of what it can give: covering more beats repeating."""
MENTION_COVER = 0.8
"""How far a passing mention in a description counts as having what was asked for."""
SAID_FACTOR = 1.15
"""A product named by the very words of a phrase fits better than by others for the same."""
TOGETHER_FACTOR = 0.8
"""A product that has all words of a phrase, apart from each other, fits a little less."""
MIN_RARITY = 1e-9
"""Keeps concepts that weigh nothing from dividing by nothing."""
MAX_CONCEPTS = 60
"""More than these no customer names; the bits of one number tell them apart."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The products on sale that cover enough of what was asked for, by ascending slot.

    Args:
        slots: of the products; the others run beside it.
        scores: how well each fits.
        shares: part of what was asked for that it covers, 0..1.
        concepts: bit i is set where concept i matched.
    """

    slots: NDArray[np.intp]
    scores: NDArray[np.float64]
    shares: NDArray[np.float64]
    concepts: NDArray[np.uint64]

    def best_share(self) -> float:
        """The share that the product with the best score covers; 0 when none fits."""
        return float(self.shares[self.scores.argmax()]) if len(self.slots) else 0.0

    def where(self, kept: NDArray[np.bool_]) -> Fit:
        """The same for some of the products."""
        return Fit(self.slots[kept], self.scores[kept], self.shares[kept], self.concepts[kept])


class Ranker:
    """Ranks one catalog for one question; what a concept is found in is looked up once."""

    def __init__(self, catalog: LoadedCatalog) -> None:
        self._catalog = catalog
        self._found: dict[tuple[int, int], Weights] = {}

    def rank(self, concepts: Sequence[Concept]) -> Fit:
        """What fits the concepts together."""
        # Whole arrays are only ever filled and compared; sums and powers run over what matched.
        answers = self._catalog.alive
        scores, shares = np.zeros(len(answers)), np.zeros(len(answers))
        matched = np.zeros(len(answers), dtype=np.uint64)
        asked = 0.0
        for position, concept in enumerate(concepts[:MAX_CONCEPTS]):
            rarity = concept.weight * _idf(self._catalog, concept)
            asked += rarity
            weights = self._weights(concept)
            if concept.least:
                answers = answers & (weights >= concept.least)
            (here,) = weights.nonzero()  # none is negative
            found = weights[here].astype(np.float64)
            scores[here] += rarity * found / (found + HALF_WEIGHT)
            shares[here] += np.where(found >= PASSING_MENTION, rarity, rarity * MENTION_COVER)
            matched[here] |= np.uint64(1 << position)
        fits = np.flatnonzero((shares >= max(MIN_COVERAGE * asked, MIN_RARITY)) & answers)
        covered = shares[fits] / max(asked, MIN_RARITY)
        return Fit(fits, scores[fits] * covered**COVERAGE_POWER, covered, matched[fits])

    def is_named(self, concepts: Sequence[Concept]) -> NDArray[np.bool_]:
        """Whether the product in each slot is called any of these; a mention is not enough."""
        named = np.zeros(len(self._catalog.alive), dtype=np.bool_)
        for concept in concepts:
            named |= self._weights(concept) >= PASSING_MENTION
        return named

    def _weights(self, concept: Concept) -> Weights:
        """What the product in each slot gets for one concept."""
        # The same terms come again with another weight when things are looked for one by one.
        key = id(concept.terms), id(concept.together)
        if key not in self._found:
            self._found[key] = _weights(self._catalog, concept)
        return self._found[key]


def _weights(catalog: LoadedCatalog, concept: Concept) -> Weights:
    weights = _best_weights(catalog, concept.terms)
    if concept.together:
        each = [_best_weights(catalog, terms) for terms in concept.together]
        said = np.minimum.reduce(each)
        apart = np.float32(TOGETHER_FACTOR) * said
        as_said = np.where(said > 0, np.float32(SAID_FACTOR) * weights, weights)
        weights = np.where(weights > 0, as_said, apart)
    return weights


def _best_weights(catalog: LoadedCatalog, terms: Mapping[str, float]) -> Weights:
    best = np.zeros(len(catalog.alive), dtype=np.float32)
    for term, factor in terms.items():
        for slots, weights in catalog.postings(term):
            best[slots] = np.maximum(best[slots], weights * np.float32(factor))
    return best


def _idf(catalog: LoadedCatalog, concept: Concept) -> float:
    """How rare a concept is; its most common term decides, so that synonyms count alike."""
    known = (catalog.frequencies[term] for term in concept.terms if term in catalog.frequencies)
    return math.log(1 + (1 + catalog.size) / (1 + max(known, default=0)))
