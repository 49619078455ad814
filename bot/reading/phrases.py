"""The phrases of `intents.toml` and `chat.toml` enter; where a sentence holds them leaves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bot.reading.language import words
from catalog.words.chatter import STOP_WORDS
from catalog.words.synonyms import default_synonyms

_GAP = r"(?:[a-z0-9]+ ){0,3}"
_REPAIR_FROM = 7
"""Letters a word of ours needs before a misspelling of it is recognised: shorter ones are one
letter away from too many products (moras and horas, verde and vende)."""
_TWO_ERRORS_FROM = 10
_SPELT_WELL = frozenset({"assent", "goodbye"})
"""Intents whose words are no reason to mend others: missing one of them costs little."""
_FIRST_SOUNDS = ("bv", "sczkq", "gj", "yl")
_START_CHARS = 2
"""Letters by which most phrases are passed over before their pattern is tried."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase; `starts` are the first letters one of which its first word must have."""

    starts: frozenset[str]
    pattern: re.Pattern[str]


Phrases = tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Everything `intents.toml` and `chat.toml` say."""

    intents: Mapping[str, Phrases]
    markers: Mapping[str, Phrases]
    products: Phrases
    places: frozenset[str]
    follow_up: frozenset[str]
    chat: frozenset[str]
    stop: frozenset[str]
    polite: tuple[str, ...]
    repairable: frozenset[str]


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
        intents={name: _compiled(listed) for name, listed in data["intents"].items()},
        markers={name: _compiled(listed) for name, listed in data["markers"].items()},
        products=_compiled(data["products"]["phrases"]),
        places=frozenset(data["places"]["before"]),
        follow_up=frozenset(data["follow_up"]["words"]),
        chat=frozenset(words(data["chat"]["words"])) | STOP_WORDS,
        stop=frozenset(data["stop"]["exact"]),
        polite=tuple(data["stop"]["polite"]),
        repairable=frozenset(literals),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def matches(phrases: Iterable[Phrase], said: Sequence[str]) -> list[tuple[int, ...]]:
    """The positions of the words each match of the phrases accounts for."""
    line = f" {' '.join(said)} "
    starts = {word[:_START_CHARS] for word in said}
    return [
        tuple(
            at + line.count(" ", 0, start) - 1
            for start, end in match.regs[1:]
            for at in range(line.count(" ", start, end) + 1)
        )
        for phrase in phrases
        if not starts.isdisjoint(phrase.starts)
        for match in phrase.pattern.finditer(line)
    ]


@lru_cache(maxsize=4096)
def repaired(word: str) -> str:
    """`word`, or the one word of our phrases it is a misspelling of."""
    book = phrase_book()
    if len(word) < _REPAIR_FROM - 1 or not word.isalpha() or word in book.chat:
        return word
    if word in book.repairable or word in default_synonyms().spellings:
        return word
    errors = 2 if len(word) >= _TWO_ERRORS_FROM else 1
    near = (
        known
        for known in sorted(book.repairable)
        if _starts_alike(word, known) and OSA.distance(word, known, score_cutoff=errors) <= errors
    )
    return next(near, word)


def _starts_alike(word: str, known: str) -> bool:
    """Nobody misses a first letter, unless it is silent or sounds like another."""
    one, other = word.removeprefix("h")[:1], known.removeprefix("h")[:1]
    return one == other or any(one in group and other in group for group in _FIRST_SOUNDS)


def _compiled(listed: Iterable[str]) -> Phrases:
    return tuple(Phrase(_starts(phrase), re.compile(_expression(phrase))) for phrase in listed)


def _starts(phrase: str) -> frozenset[str]:
    first = phrase.split()[0]
    return frozenset(
        word.removesuffix("*").partition("+")[0][:_START_CHARS] for word in first.split("|")
    )


def _expression(phrase: str) -> str:
    parts = [_GAP if part == "_" else f"({_either(part)}) " for part in phrase.split()]
    return rf"(?<= ){''.join(parts).removesuffix(' ')}(?= )"


def _either(part: str) -> str:
    return "|".join(
        re.escape(word.removesuffix("*").replace("+", " "))
        + ("[a-z0-9]*" if word.endswith("*") else "")
        for word in part.split("|")
    )
