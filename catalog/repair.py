"""A word the catalog does not know enters, the known word it was probably meant to be leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain

from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.analysis import stem, without_tilde

MIN_WORD_CHARS = 5
TWO_ERRORS_FROM_CHARS = 8

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"sh", "1"),
        (r"ch", "1"),
        (r"h", ""),
        (r"gu(?=[ei])", "g"),
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
    """Repairs words against one vocabulary.

    Args:
        frequencies: known term → number of products that have it; stems and whole words alike.
    """

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._frequencies = {
            term: count for term, count in frequencies.items() if _can_be_meant(term)
        }
        self._by_sound: dict[str, str] = {}
        self._alike: dict[tuple[str, int], list[str]] = {}
        for term in sorted(self._frequencies, key=self._rank):
            sound = sound_key(term)
            self._by_sound.setdefault(sound, term)
            self._alike.setdefault((sound[:1], len(term)), []).append(term)

    def repair(self, word: str) -> str | None:
        """The known term that `word` most likely stands for, or None.

        Args:
            word: folded, not known; left alone below five letters or with digits in it.
        """
        plain = without_tilde(word)
        if len(plain) < MIN_WORD_CHARS or not plain.isalpha():
            return None
        forms = dict.fromkeys((stem(plain), plain))
        for form in forms:
            if heard := self._by_sound.get(sound_key(form)):
                return heard
        errors = 2 if len(plain) >= TWO_ERRORS_FROM_CHARS else 1
        found = [near for form in forms for near in self._near(form, errors)]
        return min(found, key=lambda pair: (pair[1], self._rank(pair[0])))[0] if found else None

    def _near(self, form: str, errors: int) -> list[tuple[str, int]]:
        """Known terms at most `errors` away that begin with the same sound, with their distance."""
        if len(form) < MIN_WORD_CHARS - 1:
            return []
        first, chars = sound_key(form)[:1], len(form)
        # An error changes the length by one at most, so few terms need to be compared.
        alike = [self._alike.get((first, chars + d), ()) for d in range(-errors, errors + 1)]
        found = process.extract(
            form, list(chain(*alike)), scorer=OSA.distance, score_cutoff=errors, limit=20
        )
        return [
            (term, int(distance)) for term, distance, _ in found if len(term) > 2 * distance + 1
        ]

    def _rank(self, term: str) -> tuple[int, str]:
        return (-self._frequencies[term], term)


def _can_be_meant(term: str) -> bool:
    return len(term) >= MIN_WORD_CHARS - 1 and term.isalpha()
