"""The words of one query enter, the concepts wanted and the concepts excluded leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from catalog.words.analysis import (
    HEAD_MARK,
    WITHOUT_MARK,
    WITHOUT_WORDS,
    is_measure,
    number_of,
    split_glued,
    stem,
    without_tilde,
)
from catalog.words.chatter import CONTAINER_WORDS, STOP_WORDS, talk
from catalog.words.concepts import Concept, Kind, Vocabulary
from catalog.words.roles import Said, said_words
from catalog.words.synonyms import Synonyms

SYNONYM_FACTOR = 0.9
REPAIR_FACTOR = 0.8
NUMBER_FACTOR = 0.7
HEAD_SHARE = 0.2
"""A word that begins this share of the names it stands in is what products are called."""
MAX_PASSING, PASSING_SHARE = 10, 1 / 300
"""A thing that so few products name, none of them first, is a passing word there."""
MAX_RARE = 10
"""So few products have a word that is looked for in its more common spelling too."""
MAX_REMEMBERED = 2000
"""So many words keep their concepts as long as the vocabulary stays the same."""
MIN_PART_CHARS = 4
MIN_GUESSED_CHARS, MAX_GUESSED_CHARS = 5, 30

_DIMINUTIVE = re.compile(r"(\w{2,}?)(?:e?c?it|e?c?ic|z?inh)([oa])s?")


class Reader:
    """Reads queries against one vocabulary; any thread may use it."""

    def __init__(self, vocabulary: Vocabulary, synonyms: Synonyms) -> None:
        self.vocabulary = vocabulary
        self._synonyms = synonyms
        self._remembered: dict[str, Concept | None] = {}

    def read(self, found: list[str]) -> tuple[list[Concept], list[Concept]]:
        """What is wanted, and what is not."""
        wanted: list[Concept] = []
        excluded: list[Concept] = []
        spoken = talk(found)
        if spoken == "trouble":
            return [], []
        for (number, is_sure), said in groupby(said_words(found), lambda word: word.exclusion):
            concepts = self._concepts(list(said), may_guess=not spoken)
            if number:
                without, concepts = _excluded(concepts, is_sure)
                excluded += without
            wanted += concepts
        if spoken:
            # "¿Venden leche y hacen envíos a Medellín?" asks for milk, and for nothing else.
            has_article = any(one.kind == "thing" and one.is_sold for one in wanted)
            wanted = [one for one in wanted if has_article and one.is_sold]
        return wanted, excluded

    def _concepts(self, said: list[Said], *, may_guess: bool) -> list[Concept]:
        content = [one.word for one in said]
        meant = [self._meant(word) if may_guess else word for word in content]
        stems = [stem(without_tilde(word)) for word in meant]
        concepts: list[Concept] = []
        at = 0
        while at < len(content):
            length = self._synonyms.longest(stems, at, asked=True)
            read: list[Concept] = []
            if length > 1:
                groups = self._synonyms.asked_for(tuple(stems[at : at + length]))
                read = [self._phrase(meant[at : at + length], groups)]
            elif without_tilde(meant[at]) not in STOP_WORDS or meant[at] in WITHOUT_WORDS:
                length, read = self._word(content, meant, at)
            one = said[at]
            if one.is_purpose or one.qualifies:
                read = [
                    replace(concept, is_purpose=one.is_purpose, qualifies=one.qualifies)
                    for concept in read
                ]
            concepts += read
            at += max(length, 1)
        return [_beside(concepts, at) for at in range(len(concepts))]

    def _word(self, content: list[str], meant: list[str], at: int) -> tuple[int, list[Concept]]:
        """The concepts of the word at `at`, and how many words they took."""
        word = content[at]
        if word in WITHOUT_WORDS and at + 1 < len(content):
            return 2, [self._without(content[at], meant[at + 1])]
        if meant[at] == word:
            if known := self._known(word):
                return 1, [known]
            if parts := [c for part in split_glued(word) if (c := self._known(part))]:
                return 1, parts
            if at + 1 < len(content) and (joined := self._known(word + content[at + 1])):
                return 2, [replace(joined, words=f"{word} {content[at + 1]}")]
            return 1, [self._apart(word) or Concept(word, {}, kind="unknown")]
        guessed = self._known(meant[at]) or self._of_term(meant[at])
        terms = {term: factor * REPAIR_FACTOR for term, factor in guessed.terms.items()}
        return 1, [replace(guessed, words=word, terms=terms)]

    def _without(self, word: str, what: str) -> Concept:
        """What a thing must be without, where the names of products say so ("sin cabeza")."""
        terms = self._indexed([(WITHOUT_MARK + stem(without_tilde(what)), 1.0)])
        return Concept(f"{word} {what}", terms, kind="word" if terms else "unknown")

    def _meant(self, word: str) -> str:
        """The word itself, or the known one it is a diminutive or a misspelling of."""
        if (
            without_tilde(word) in STOP_WORDS
            or not MIN_GUESSED_CHARS <= len(word) <= MAX_GUESSED_CHARS
            or stem(without_tilde(word)) in self._synonyms.stems
            or self._known(word)
        ):
            return word
        bases = [base for base in _without_diminutive(word) if self._is_meaning(base)]
        if bases:
            return next((base for base in bases if self._is_had(base)), bases[0])
        if split_glued(word) or self._apart(word):
            return word
        return self.vocabulary.repair(word) or word

    def _is_meaning(self, word: str) -> bool:
        return word in STOP_WORDS or self._known(word) is not None

    def _is_had(self, word: str) -> bool:
        known = self._known(word)
        return known is not None and known.is_sold

    def _apart(self, word: str) -> Concept | None:
        """Two known words written as one ("cocacola")."""
        if len(word) > MAX_GUESSED_CHARS:
            return None
        for at in range(MIN_PART_CHARS, len(word) - MIN_PART_CHARS + 1):
            parts = [self._own_terms(part) for part in (word[:at], word[at:])]
            if all(parts):
                return Concept(word, {}, tuple(parts))
        return None

    def _known(self, word: str) -> Concept | None:
        """The concept of a word the catalog or the table of synonyms knows."""
        remembered = self._remembered
        if word in remembered:
            return remembered[word]
        if len(remembered) >= MAX_REMEMBERED:
            remembered = self._remembered = {}
        found = remembered[word] = self._look_up(word)
        return found

    def _look_up(self, word: str) -> Concept | None:
        groups = self._synonyms.asked_for((stem(without_tilde(word)),))
        own = self._own_terms(word)
        if not own and not groups:
            return None
        kind: Kind = "attribute" if is_measure(word) else self._kind(groups, own)
        terms = self._group_terms(groups, SYNONYM_FACTOR) | own
        if not groups and self._is_rare(own):
            terms = self._wider(word) | terms
        return Concept(word, terms, is_passing=self._is_passing(terms, kind), kind=kind)

    def _of_term(self, term: str) -> Concept:
        """The concept of what repair came upon: a stem may have a stem of its own."""
        terms = self._indexed([(term, 1.0)])
        return Concept(term, terms, kind="word" if terms else "unknown")

    def _own_terms(self, word: str) -> dict[str, float]:
        own = dict.fromkeys((stem(word), HEAD_MARK + stem(word)), 1.0)
        if number := number_of(word):
            own[number] = NUMBER_FACTOR
        return self._indexed(own.items())

    def _group_terms(self, groups: Iterable[str], factor: float) -> dict[str, float]:
        return self._indexed((mark + g, factor) for g in groups for mark in ("", HEAD_MARK))

    def _phrase(self, content: list[str], groups: Iterable[str]) -> Concept:
        known = [self._known(word) for word in content]
        together = tuple(concept.terms for concept in known if concept and concept.terms)
        terms, kind = self._group_terms(groups, SYNONYM_FACTOR), self._kind(groups, {})
        return Concept(
            " ".join(content),
            terms,
            together if len(together) == len(content) else (),
            is_passing=self._is_passing(terms, kind),
            kind=kind,
        )

    def _kind(self, groups: Iterable[str], own: dict[str, float]) -> Kind:
        kinds = {self._synonyms.kind(group) for group in groups}
        is_head = self._is_head(own)
        if kinds >= {"attribute", "thing"}:
            # "café molido" is a thing where the shop has coffees, "pantalón café" is a colour.
            return "thing" if is_head else "word"
        if kinds & {"attribute", "thing"}:
            return "thing" if "thing" in kinds else "attribute"
        return "head" if is_head else "word"

    def _is_head(self, own: dict[str, float]) -> bool:
        frequencies = self.vocabulary.frequencies
        heads = sum(frequencies[term] for term in own if term.startswith(HEAD_MARK))
        return heads > 0 and heads >= HEAD_SHARE * max(frequencies[term] for term in own)

    def _wider(self, word: str) -> dict[str, float]:
        """What a rare word may also be written as: its common spelling, or no diminutive."""
        heard = self.vocabulary.heard(word)
        others = [heard] if heard else []
        for base in _without_diminutive(word):
            others += self._own_terms(base)
        return self._indexed((term, REPAIR_FACTOR) for term in others)

    def _is_rare(self, own: dict[str, float]) -> bool:
        """Whether a word may be another spelling of a more common one."""
        return max(self.vocabulary.frequencies[term] for term in own) <= MAX_RARE

    def _is_passing(self, terms: Mapping[str, float], kind: Kind) -> bool:
        if kind != "thing" or any(term.startswith(HEAD_MARK) for term in terms):
            return False
        frequencies = self.vocabulary.frequencies
        named_by = max((frequencies[term] for term in terms), default=0)
        return named_by <= min(MAX_PASSING, PASSING_SHARE * self.vocabulary.size)

    def _indexed(self, terms: Iterable[tuple[str, float]]) -> dict[str, float]:
        return {t: factor for t, factor in terms if t in self.vocabulary.frequencies}


def _beside(concepts: list[Concept], at: int) -> Concept:
    """A concept in the light of the one it qualifies, or of the one that qualifies it."""
    concept = concepts[at]
    before = concepts[at - 1] if at else None
    after = concepts[at + 1] if at + 1 < len(concepts) else None
    if after and after.qualifies and concept.words in CONTAINER_WORDS:
        return replace(concept, kind="attribute")
    if before and concept.qualifies and before.kind == "unknown":
        return replace(concept, qualifies_unknown=before.words not in CONTAINER_WORDS)
    return concept


def _without_diminutive(word: str) -> Iterator[str]:
    """What a diminutive may come from: `celularcito` → celular, `ropita` → ropa."""
    if match := _DIMINUTIVE.fullmatch(word):
        base, ending = match.groups()
        base = re.sub(r"qu$", "c", re.sub(r"gu$", "g", base))
        yield from (base + last for last in ("", ending, "e", "a", "o"))


def _excluded(concepts: list[Concept], is_sure: bool) -> tuple[list[Concept], list[Concept]]:
    """Split what follows "que no sea" into what is meant by it and what is not."""
    if not concepts or (concepts[0].kind == "thing" and not is_sure):
        return [], concepts
    end = 1
    if concepts[0].kind != "attribute":
        while end < len(concepts) and concepts[end].kind in ("word", "head"):
            end += 1
    name, rest = concepts[:end], concepts[end:]
    if not all(concept.is_sold for concept in name):
        return [], rest
    if end == 1:
        return name, rest
    said = " ".join(concept.words for concept in name)
    return [Concept(said, {}, tuple(concept.terms for concept in name))], rest
