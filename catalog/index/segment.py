"""The terms of some products enter; for each term, the products that have it leave as arrays.

An inverted index in the usual compressed form: one array of slots and one of weights, in the order
of the terms, and where each term begins. Built once, never changed: any thread may read it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int32]
Weights = NDArray[np.float32]
Counts = NDArray[np.int64]

PASSING_MENTION = 1.0
"""A term of a lower weight stands only in a description."""


def terms_to_text(weights: dict[str, float]) -> str:
    """The terms of a product as one line: `laptop 2.88 =laptop 2.4`; no term holds a blank."""
    return " ".join(f"{term} {weight:g}" for term, weight in weights.items())


@dataclass(frozen=True, slots=True)
class Segment:
    """Products in the slots from `first_slot` on.

    Args:
        starts: term number → where its postings begin; one entry more than there are terms.
        slots, weights: the postings, ordered by term and slot.
        product_starts: product → where its terms begin in `product_terms`, which is ordered by
            product; one entry more than there are products.
        product_terms: term numbers; negative where the term is no more than a passing mention.
    """

    first_slot: int
    starts: NDArray[np.int64]
    slots: Slots
    weights: Weights
    product_starts: NDArray[np.int64]
    product_terms: NDArray[np.int32]

    def postings(self, number: int) -> tuple[Slots, Weights]:
        """Slots of the products that have a term, ascending, and the term's weight in each."""
        if number + 1 >= len(self.starts):
            return self.slots[:0], self.weights[:0]
        here = slice(self.starts[number], self.starts[number + 1])
        return self.slots[here], self.weights[here]

    def counts(self) -> tuple[Counts, Counts]:
        """Term number → in how many products it stands at all, and as more than a mention."""
        return _counted(self.product_terms)

    def counts_of(self, slots: Iterable[int]) -> tuple[Counts, Counts]:
        """The same over a few of the products."""
        each = [self._terms_at(slot - self.first_slot) for slot in slots]
        return _counted(np.concatenate(each))

    def _terms_at(self, at: int) -> NDArray[np.int32]:
        return self.product_terms[self.product_starts[at] : self.product_starts[at + 1]]


def _counted(numbers: NDArray[np.int32]) -> tuple[Counts, Counts]:
    everywhere = np.bincount(np.where(numbers < 0, ~numbers, numbers))
    return everywhere, np.bincount(numbers[numbers >= 0])


class SegmentBuilder:
    """Collects products one by one; several builders may share one numbering of terms.

    Args:
        first_slot: slot of the first product.
        numbers: term → its number; new terms are added at the end.
    """

    def __init__(self, first_slot: int, numbers: dict[str, int]) -> None:
        self._first_slot = first_slot
        self._numbers = numbers
        self._terms = array("i")
        self._weights = array("f")
        self._starts = array("q", [0])

    def add(self, line: str) -> None:
        """The next product, by the line `terms_to_text` made."""
        parts = line.split(" ") if line else []
        numbers = self._numbers
        self._terms.extend([numbers.setdefault(term, len(numbers)) for term in parts[::2]])
        self._weights.extend(map(float, parts[1::2]))
        self._starts.append(len(self._terms))

    def build(self) -> Segment:
        """Everything added so far."""
        terms = np.array(self._terms, dtype=np.int32)
        weights = np.array(self._weights, dtype=np.float32)
        starts = np.array(self._starts, dtype=np.int64)
        by_term = np.argsort(terms, kind="stable")
        products = np.arange(len(starts) - 1, dtype=np.int32) + np.int32(self._first_slot)
        slots = np.repeat(products, np.diff(starts))
        counts = np.bincount(terms, minlength=len(self._numbers))
        return Segment(
            first_slot=self._first_slot,
            starts=np.concatenate(([0], np.cumsum(counts))),
            slots=slots[by_term],
            weights=weights[by_term],
            product_starts=starts,
            product_terms=np.where(weights < PASSING_MENTION, ~terms, terms),
        )
