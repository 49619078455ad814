"""What a customer named, as values: concepts enter, weighed and split by thing they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

NOUN, WORD, ATTRIBUTE = 1.5, 1.0, 0.5
NAMED = 1.0
"""A product that has a term with less weight mentions it in its description only."""
MENTIONED = 0.01

Kind = Literal["thing", "head", "word", "unknown", "attribute"]
_MAIN_FIRST: tuple[tuple[Kind, ...], ...] = (("thing", "head"), ("word", "unknown"), ("attribute",))
"""Which concept a question turns on: an article, else the first word, else what describes it."""


class Vocabulary(Protocol):
    """What the query needs to know of the catalog."""

    small_prices: bool
    size: int

    @property
    def frequencies(self) -> Mapping[str, int]: ...

    def repair(self, word: str) -> str | None: ...

    def heard(self, word: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing the customer named.

    Args:
        words: the customer's words for it, folded.
        terms: index term → how well it stands for the words (0..1); {} when the catalog has none.
        together: for a phrase, the terms of each of its words; a product with all of them will do.
        weight: how much the customer's question depends on it.
        least: a product that has it with less weight is no answer, however well the rest fits.
        is_purpose: it only says what the thing is for.
        qualifies: it says of what the thing before it is ("jugo de naranja").
        qualifies_unknown: the catalog does not know the word it qualifies.
        is_passing: few products name it and none is headed by it ("levadura de cerveza").
        kind: "thing", "attribute" (both by the table of synonyms), "head" (products of this shop
            are called so), "word" (the catalog knows it), "unknown".
    """

    words: str
    terms: Mapping[str, float]
    together: tuple[Mapping[str, float], ...] = ()
    weight: float = WORD
    least: float = 0.0
    is_purpose: bool = False
    qualifies: bool = False
    qualifies_unknown: bool = False
    is_passing: bool = False
    kind: Kind = "word"

    @property
    def is_sold(self) -> bool:
        """Whether the catalog has anything for it."""
        return bool(self.terms or self.together)


def weigh(concepts: Sequence[Concept]) -> tuple[Concept, ...]:
    """Give each concept its weight: the article named counts most, what describes it least.

    A product must have the article itself: who asks for a bicycle wants no bicycle pump of the
    right colour, and what the shop does not sell is answered with nothing.
    """
    # One word said twice is one concept, which stands for itself at two places.
    distances = list(map(_distance_from_main, concepts))
    main = distances.index(min(distances)) if distances else 0
    unknown = sum(one.kind == "unknown" for one in concepts)
    return tuple(
        _main(one) if at == main else _minor(one, unknown) for at, one in enumerate(concepts)
    )


def _distance_from_main(concept: Concept) -> tuple[bool, bool, int]:
    kind = concept.kind
    if concept.qualifies_unknown:
        kind = "word"  # "alquiler de mesas" turns on what is not sold
    rank = next(at for at, kinds in enumerate(_MAIN_FIRST) if kind in kinds)
    return kind == "attribute", concept.is_purpose, rank


def _main(concept: Concept) -> Concept:
    least = NAMED if concept.kind == "thing" else MENTIONED
    if concept.is_passing:
        concept = replace(concept, terms={}, together=())
    return replace(concept, weight=NOUN, least=least)


def _minor(concept: Concept, unknown: int) -> Concept:
    """Unknown words count as one together: none of them tells the products apart."""
    is_minor = concept.is_purpose or concept.kind in ("attribute", "unknown")
    weight = ATTRIBUTE / unknown if concept.kind == "unknown" else ATTRIBUTE if is_minor else WORD
    return replace(concept, weight=weight, least=0.0)


def things_apart(concepts: Sequence[Concept]) -> list[tuple[Concept, ...]]:
    """The concepts split where a new thing begins: "un mouse gamer y un teclado" are two."""
    parts: list[list[Concept]] = []
    for concept in concepts:
        is_thing = concept.kind == "thing" and not (concept.is_purpose or concept.qualifies)
        if not parts or (is_thing and any(c.kind == "thing" for c in parts[-1])):
            parts.append([])
        parts[-1].append(concept)
    return [weigh(part) for part in parts]
