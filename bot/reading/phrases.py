"""The phrases of `intents.toml` and `chat.toml` enter; where a sentence holds them leaves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bot.reading.language import words
from catalog.words.chatter import STOP_WORDS
from catalog.words.synonyms import default_synonyms

_GAP = r"(?:[a-z0-9]+ ){0,3}"
WORDS_KEPT = 4096
_REPAIR_FROM = 7
"""Letters a word of ours needs before a misspelling of it is recognised: shorter ones are one
letter away from too many products (moras and horas, verde and vende)."""
_TWO_ERRORS_FROM = 10
_SPELT_WELL = frozenset({"assent", "goodbye"})
"""Intents whose words are no reason to mend others: missing one of them costs little."""
_FIRST_SOUNDS = ("bv", "sczkq", "gj", "yl")


class Phrases:
    """Named phrases, looked up by the words they begin with: most stand in no sentence at all."""

    def __init__(self, listed: Mapping[str, Iterable[str]]) -> None:
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        self._by_word: dict[str, list[int]] = {}
        self._by_beginning: dict[str, list[int]] = {}
        self._begun_by = lru_cache(maxsize=WORDS_KEPT)(self._numbers_of)
        for name, phrases in listed.items():
            for phrase in phrases:
                self._add(name, phrase)

    def _add(self, name: str, phrase: str) -> None:
        number = len(self._patterns)
        self._patterns.append((name, re.compile(_expression(phrase))))
        for either in phrase.split()[0].split("|"):
            first = either.removesuffix("*").partition("+")[0]
            is_open = either == f"{first}*"
            (self._by_beginning if is_open else self._by_word).setdefault(first, []).append(number)

    def find(self, said: Sequence[str]) -> list[tuple[tuple[int, ...], str]]:
        """Each match in the order of the phrases: the positions of the words it accounts for, and
        its name."""
        line = f" {' '.join(said)} "
        return [
            (_positions(line, match), name)
            for number in sorted(self._near(said))
            for name, pattern in [self._patterns[number]]
            for match in pattern.finditer(line)
        ]

    def _near(self, said: Iterable[str]) -> set[int]:
        """Numbers of the phrases that begin with one of these words."""
        return set().union(*map(self._begun_by, said))

    def _numbers_of(self, word: str) -> tuple[int, ...]:
        beginnings = (self._by_beginning.get(word[:end], ()) for end in range(1, len(word) + 1))
        return (*self._by_word.get(word, ()), *chain.from_iterable(beginnings))


def _positions(line: str, match: re.Match[str]) -> tuple[int, ...]:
    return tuple(
        at + line.count(" ", 0, start) - 1
        for start, end in match.regs[1:]
        for at in range(line.count(" ", start, end) + 1)
    )


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Everything `intents.toml` and `chat.toml` say."""

    intents: Phrases
    markers: Phrases
    products: Phrases
    places: frozenset[str]
    follow_up: frozenset[str]
    chat: frozenset[str]
    stop: frozenset[str]
    polite: tuple[str, ...]
    repairable: Mapping[str, tuple[str, ...]]
    """Words whose misspellings are recognised, in order, by the sound they begin with."""

    def can_mend(self, word: str) -> bool:
        """Whether a word is one of those itself."""
        return word in self.repairable.get(_first_sound(word), ())


@lru_cache(maxsize=1)
def phrase_book() -> PhraseBook:
    """The phrases, read once."""
    data = _read("intents.toml") | _read("chat.toml")
    literals = {
        alternative.rstrip("*")
        for name, listed in data["intents"].items()
        if name not in _SPELT_WELL
        for phrase in listed
        for token in phrase.split()
        for several in token.split("|")
        for alternative in several.split("+")
        if len(alternative.rstrip("*")) >= _REPAIR_FROM
    }
    return PhraseBook(
        intents=Phrases(data["intents"]),
        markers=Phrases(data["markers"]),
        products=Phrases({"": data["products"]["phrases"]}),
        places=frozenset(data["places"]["before"]),
        follow_up=frozenset(data["follow_up"]["words"]),
        chat=frozenset(words(data["chat"]["words"])) | STOP_WORDS,
        stop=frozenset(data["stop"]["exact"]),
        polite=tuple(data["stop"]["polite"]),
        repairable=_by_sound(literals),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@lru_cache(maxsize=WORDS_KEPT)
def repaired(word: str) -> str:
    """`word`, or the one word of our phrases it is a misspelling of."""
    book = phrase_book()
    if len(word) < _REPAIR_FROM - 1 or not word.isalpha() or word in book.chat:
        return word
    if book.can_mend(word) or word in default_synonyms().spellings:
        return word
    errors = 2 if len(word) >= _TWO_ERRORS_FROM else 1
    near = book.repairable.get(_first_sound(word), ())
    fitting = (known for known in near if OSA.distance(word, known, score_cutoff=errors) <= errors)
    return next(fitting, word)


def _by_sound(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word in sorted(words):
        found.setdefault(_first_sound(word), []).append(word)
    return {sound: tuple(alike) for sound, alike in found.items()}


def _first_sound(word: str) -> str:
    """Nobody misses a first letter, unless it is silent or sounds like another."""
    letter = word.removeprefix("h")[:1]
    return next((sounds for sounds in _FIRST_SOUNDS if letter and letter in sounds), letter)


def _expression(phrase: str) -> str:
    parts = [_GAP if part == "_" else f"({_either(part)}) " for part in phrase.split()]
    return rf"(?<= ){''.join(parts).removesuffix(' ')}(?= )"


def _either(part: str) -> str:
    return "|".join(
        re.escape(word.removesuffix("*").replace("+", " "))
        + ("[a-z0-9]*" if word.endswith("*") else "")
        for word in part.split("|")
    )
