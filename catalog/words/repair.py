"""A word the catalog does not know enters, the known word it was probably meant to be leaves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.words.analysis import stem, without_tilde
from catalog.words.chatter import STOP_WORDS

MIN_WORD_CHARS = 5
TWO_ERRORS_FROM_CHARS = 8
LOST_LETTER_FROM_CHARS = 6
"""Shorter words with a letter more or less are words of their own: `pasan` is no `pasante`."""
MAX_SHORT_CHARS = 6
"""Up to here most words a letter apart are different words: `poner` is no `power`."""
MAX_REMEMBERED = 10_000
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = frozenset(
    frozenset(row[at : at + 2]) for row in _KEYS for at in range(len(row) - 1)
) | frozenset(frozenset(pair) for pair in ("ae", "ei", "ou", "ao", "nm", "sz", "bv", "cs", "ck"))
"""Letters one takes for another: beside each other on the keyboard, or alike in sound."""

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"sh|tch", "1"),
        (r"ch", "1"),
        (r"wh", "w"),
        (r"h(?=u[aeio])", "w"),
        (r"h", ""),
        (r"w(?=[aeio])|wu(?=[aeio])", "g"),
        (r"gu(?=[aei])", "g"),
        (r"g(?=[ei])", "j"),
        (r"qu(?=[ei])|q", "k"),
        (r"c(?=[ei])", "s"),
        (r"c", "k"),
        (r"z", "s"),
        (r"x", "ks"),
        (r"ll", "y"),
        (r"v|w", "b"),
        (r"y$", "i"),
        (r"m(?=[bp])", "n"),
        (r"ñ", "n"),
        (r"1", "ch"),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=65536)
def sound_key(word: str) -> str:
    """How a folded word sounds in Latin American Spanish: `selular` and `celular` agree."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


class Repairer:
    """Repairs words against one vocabulary; words of chat are known too, so that they stay chat.

    Args:
        frequencies: known term → number of products that have it; stems and whole words alike.
    """

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._frequencies = dict.fromkeys(filter(_can_be_meant, STOP_WORDS), 0)
        self._frequencies.update(pair for pair in frequencies.items() if _can_be_meant(pair[0]))
        self._by_sound: dict[str, str] = {}
        self._alike: dict[tuple[str, int], list[str]] = defaultdict(list)
        for term in sorted(self._frequencies, key=self._rank):
            key = sound_key(term)
            self._by_sound.setdefault(key, term)
            self._alike[key[:1], len(term)].append(term)
        self._remembered: dict[str, str | None] = {}

    def repair(self, word: str) -> str | None:
        """The known term that `word` most likely stands for, or None.

        Args:
            word: folded, not known; left alone below five letters or with digits in it.
        """
        if word not in self._remembered:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[word] = self._repair(without_tilde(word))
        return self._remembered[word]

    def heard(self, word: str) -> str | None:
        """The most common term that sounds like a word; None when that is no other one."""
        form = stem(without_tilde(word))
        term = self._by_sound.get(sound_key(form)) if _can_be_meant(form) else None
        return term if term != form and self._frequencies.get(term or "") else None

    def _repair(self, plain: str) -> str | None:
        if len(plain) < MIN_WORD_CHARS or not plain.isalpha():
            return None
        forms = dict.fromkeys((stem(plain), plain))
        for form in forms:
            if (heard := self._by_sound.get(sound_key(form))) and self._may_mean(
                heard, form, plain
            ):
                return heard
        found = [
            near
            for form in forms
            for near in self._near(form, may_lose=len(plain) >= LOST_LETTER_FROM_CHARS)
            if self._may_mean(near[0], form, plain)
        ]
        return min(found, key=lambda pair: (pair[1], self._rank(pair[0])))[0] if found else None

    def _may_mean(self, term: str, form: str, plain: str) -> bool:
        """Chat words are no stems: only the whole word may be one of them."""
        if form != plain and not self._frequencies[term] and term in STOP_WORDS:
            return False
        return len(form) > MAX_SHORT_CHARS or _is_slip(form, term)

    def _near(self, form: str, *, may_lose: bool) -> Iterable[tuple[str, int]]:
        """Known terms few errors away that begin with the same sound, with their distance."""
        errors = 2 if len(form) >= TWO_ERRORS_FROM_CHARS else 1
        spread = errors if may_lose else 0
        first = sound_key(form)[:1]
        for length in range(len(form) - spread, len(form) + spread + 1):
            terms = self._alike.get((first, length), ())
            near = process.extract(form, terms, scorer=OSA.distance, score_cutoff=errors, limit=20)
            yield from ((term, int(distance)) for term, distance, _ in near)

    def _rank(self, term: str) -> tuple[int, str]:
        return (-self._frequencies[term], term)


def _is_slip(written: str, meant: str) -> bool:
    """Whether one letter is wrong as fingers and ears get it wrong."""
    if len(written) != len(meant):
        return True
    pairs = list(zip(written, meant, strict=True))
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    # A plural may have taken the place of the last letter: `laptos`.
    return len(wrong) != 1 or pairs[-1] in wrong or frozenset(wrong[0]) in _NEIGHBOURS


def _can_be_meant(term: str) -> bool:
    return len(term) >= MIN_WORD_CHARS - 1 and term.isalpha()
