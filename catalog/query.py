"""A customer's words enter, what to look for and what to leave out leave, as index terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple, Protocol

from catalog.analysis import (
    is_measure,
    number_of,
    product_code,
    split_glued,
    stem,
    without_tilde,
    words,
)
from catalog.chatter import LINK_WORDS, STOP_WORDS
from catalog.limits import PriceLimits, read_limits
from catalog.synonyms import Synonyms
from catalog.wishes import Order, excluding_at, read_order

NOUN, WORD, ATTRIBUTE = 1.5, 1.0, 0.5
SYNONYM_FACTOR = 0.9
REPAIR_FACTOR = 0.8
NUMBER_FACTOR = 0.7
PURPOSE_WORDS = frozenset({"para", "pa", "pra", "for", "con", "with"})
NEXT_THING_WORDS = LINK_WORDS & {"y", "e", "o", "un", "una", "um", "uma"}
MORE_EXCLUDED_WORDS = frozenset({"ni", "nem", "nor", "o", "ou", "or", "y", "e", "and"})
EXCLUSION_ENDS = frozenset(
    "que pero but mas un una um uma quiero busco necesito prefiero solo want need".split()
)
_KINDS = ("thing", "word", "unknown", "attribute")
MIN_CODE_CHARS = 4
MIN_DIGIT_CODE_CHARS = 6


class Vocabulary(Protocol):
    """What the query needs to know of the catalog."""

    small_prices: bool

    @property
    def frequencies(self) -> Mapping[str, int]: ...

    def repair(self, word: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing the customer named.

    Args:
        words: the customer's words for it, folded.
        terms: index term → how well it stands for the words (0..1); {} when the catalog has none.
        together: for a phrase, the terms of each of its words; a product with all of them will do.
        weight: how much the customer's question depends on it.
        is_purpose: it only says what the thing is for.
        kind: "thing", "attribute", "word" (in no synonym group) or "unknown".
    """

    words: str
    terms: Mapping[str, float]
    together: tuple[Mapping[str, float], ...] = ()
    weight: float = WORD
    kind: str = "word"
    is_purpose: bool = False


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


def parse_query(text: str, vocabulary: Vocabulary, synonyms: Synonyms) -> Query:
    """Read what a customer asks for."""
    limits, rest = read_limits(text, small_prices=vocabulary.small_prices)
    found = words(rest)
    concepts, excluded = _Reader(vocabulary, synonyms).read(found)
    wanted = _codes(rest, vocabulary) or concepts
    return Query(tuple(_weigh(wanted)), limits, tuple(excluded), read_order(found))


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


class _Reader:
    """Walks over the words of one query."""

    def __init__(self, vocabulary: Vocabulary, synonyms: Synonyms) -> None:
        self._vocabulary = vocabulary
        self._synonyms = synonyms

    def read(self, found: list[str]) -> tuple[list[Concept], list[Concept]]:
        """What is wanted, and what is not."""
        wanted: list[Concept] = []
        excluded: list[Concept] = []
        for (number, is_sure), said in groupby(_said(found), lambda word: word.exclusion):
            concepts = self._concepts(list(said))
            if number:
                without, concepts = _excluded(concepts, is_sure)
                excluded += without
            wanted += concepts
        return wanted, excluded

    def _concepts(self, said: list[_Said]) -> list[Concept]:
        content = [one.word for one in said]
        stems = [stem(without_tilde(word)) for word in content]
        concepts: list[Concept] = []
        at = 0
        while at < len(content):
            length = self._synonyms.longest(stems, at)
            read: list[Concept] = []
            if length > 1:
                groups = self._synonyms.groups[tuple(stems[at : at + length])]
                read = [self._phrase(content[at : at + length], groups)]
            elif without_tilde(content[at]) not in STOP_WORDS:
                length, read = self._word(content, at)
            concepts += (replace(concept, is_purpose=said[at].is_purpose) for concept in read)
            at += max(length, 1)
        return concepts

    def _word(self, content: list[str], at: int) -> tuple[int, list[Concept]]:
        """The concepts of the word at `at`, and how many words they took."""
        word = content[at]
        if known := self._known(word):
            return 1, [known]
        if parts := [c for part in split_glued(word) if (c := self._known(part))]:
            return 1, parts
        if meant := self._vocabulary.repair(word):
            repaired = self._known(meant) or Concept(word, {meant: 1.0})
            terms = {term: factor * REPAIR_FACTOR for term, factor in repaired.terms.items()}
            return 1, [replace(repaired, words=word, terms=terms)]
        if at + 1 < len(content) and (joined := self._known(word + content[at + 1])):
            return 2, [joined]
        return 1, [Concept(word, {}, kind="unknown")]

    def _known(self, word: str) -> Concept | None:
        """The concept of a word the catalog or the table of synonyms knows."""
        groups = self._synonyms.groups.get((stem(without_tilde(word)),), ())
        terms = dict.fromkeys(groups, SYNONYM_FACTOR)
        terms[stem(word)] = 1.0
        if number := number_of(word):
            terms[number] = NUMBER_FACTOR
        terms = self._indexed(terms.items())
        if not terms and not groups:
            return None
        return Concept(word, terms, kind="attribute" if is_measure(word) else self._kind(groups))

    def _phrase(self, content: list[str], groups: Iterable[str]) -> Concept:
        terms = self._indexed((group, 1.0) for group in groups)
        known = [self._known(word) for word in content]
        together = tuple(concept.terms for concept in known if concept and concept.terms)
        return Concept(
            " ".join(content),
            terms,
            together if len(together) == len(content) else (),
            kind=self._kind(groups),
        )

    def _kind(self, groups: Iterable[str]) -> str:
        kinds = ["attribute" if g in self._synonyms.attributes else "thing" for g in groups]
        return "word" if not kinds else "attribute" if "attribute" in kinds else "thing"

    def _indexed(self, terms: Iterable[tuple[str, float]]) -> dict[str, float]:
        return {t: factor for t, factor in terms if t in self._vocabulary.frequencies}


class _Said(NamedTuple):
    """A word as it stands in the question.

    Args:
        is_purpose: it says what the thing is for ("funda para celular").
        exclusion: number of the exclusion it stands in (0: none) and whether that one is sure.
    """

    word: str
    is_purpose: bool
    exclusion: tuple[int, bool]


def _said(found: list[str]) -> Iterable[_Said]:
    """The words that name something, each with the part it plays."""
    purpose, number, is_sure = False, 0, False
    at = exclusions = 0
    while at < len(found):
        length, sure = excluding_at(found, at)
        word = found[at]
        if length or (number and word in MORE_EXCLUDED_WORDS):
            exclusions += 1
            number, is_sure = exclusions, sure or word in ("ni", "nem", "nor")
        elif word in PURPOSE_WORDS or word in EXCLUSION_ENDS:
            number = 0
        purpose = word in PURPOSE_WORDS or (purpose and word not in NEXT_THING_WORDS)
        if not length and word not in LINK_WORDS:
            yield _Said(word, purpose, (number, is_sure))
        at += max(length, 1)


def _excluded(concepts: list[Concept], is_sure: bool) -> tuple[list[Concept], list[Concept]]:
    """Split what follows "que no sea" into what is meant by it and what is not."""
    if not concepts or (concepts[0].kind == "thing" and not is_sure):
        return [], concepts
    first = concepts[0]
    end = 1
    if first.kind != "attribute":
        while end < len(concepts) and concepts[end].kind == "word":
            end += 1
    name = concepts[:end]
    if not all(concept.terms for concept in name):
        return [], concepts[end:]
    if end > 1:
        said = " ".join(concept.words for concept in name)
        first = Concept(said, {}, tuple(concept.terms for concept in name))
    return [first], concepts[end:]


def _weigh(concepts: Sequence[Concept]) -> list[Concept]:
    """Give each concept its weight: the first thing named counts most, what describes it least."""
    main = min(concepts, key=_distance_from_main, default=None)
    return [
        replace(concept, weight=NOUN if concept is main else _weight(concept))
        for concept in concepts
    ]


def _distance_from_main(concept: Concept) -> tuple[bool, int]:
    return concept.is_purpose, _KINDS.index(concept.kind)


def things_apart(concepts: Sequence[Concept]) -> list[tuple[Concept, ...]]:
    """The concepts split where a new thing begins: "un mouse gamer y un teclado" are two."""
    parts: list[list[Concept]] = []
    for concept in concepts:
        is_thing = concept.kind == "thing" and not concept.is_purpose
        if not parts or (is_thing and any(c.kind == "thing" for c in parts[-1])):
            parts.append([])
        parts[-1].append(concept)
    return [tuple(_weigh(part)) for part in parts]


def _weight(concept: Concept) -> float:
    is_minor = concept.is_purpose or concept.kind in ("attribute", "unknown")
    return ATTRIBUTE if is_minor else WORD
