"""A customer's words enter, what to look for and what to leave out leave, as index terms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.words.analysis import product_code, words
from catalog.words.concepts import Concept, Vocabulary, things_apart, weigh
from catalog.words.limits import PriceLimits, read_limits
from catalog.words.reading import Reader
from catalog.words.roles import NEXT
from catalog.words.wishes import Order, read_order

__all__ = ["Concept", "Query", "Vocabulary", "parse_query", "things_apart"]

_BREAK = re.compile(r"[,;\n+](?!\d)|[.?!](?=\s)")
MIN_CODE_CHARS = 4
MIN_DIGIT_CODE_CHARS = 6


@dataclass(frozen=True, slots=True)
class Query:
    """What a customer asks for; no concepts and no limits means: nothing to look for.

    Args:
        excluded: products that match any of these are left out.
        order: which of equally fitting products come first.
    """

    concepts: tuple[Concept, ...]
    limits: PriceLimits
    excluded: tuple[Concept, ...] = ()
    order: Order = ""


def parse_query(text: str, reader: Reader) -> Query:
    """Read what a customer asks for."""
    vocabulary = reader.vocabulary
    limits, rest = read_limits(text, small_prices=vocabulary.small_prices)
    found = words(_BREAK.sub(f" {NEXT} ", rest))
    concepts, excluded = reader.read(found)
    wanted = _codes(rest, vocabulary) or concepts
    return Query(weigh(wanted), limits, tuple(excluded), read_order(found))


def _codes(text: str, vocabulary: Vocabulary) -> list[Concept]:
    """Product codes that stand in the text as they are; they leave no doubt what is meant."""
    codes = dict.fromkeys(product_code(chunk) for chunk in text.split())
    return [
        Concept(code, {"#" + code: 1.0}, kind="thing")
        for code in codes
        if _looks_like_code(code) and "#" + code in vocabulary.frequencies
    ]


def _looks_like_code(code: str) -> bool:
    # A bare short number is the id of some product in many files, and a model in most questions.
    least = MIN_DIGIT_CODE_CHARS if code.isdigit() else MIN_CODE_CHARS
    return len(code) >= least and any(char.isdigit() for char in code)
