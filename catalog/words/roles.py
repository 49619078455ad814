"""The words of a query enter, those that name something leave, each with the part it plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from catalog.words.chatter import LINK_WORDS
from catalog.words.wishes import excluding_at

PURPOSE_WORDS = frozenset({"para", "pa", "pra", "for", "con", "with", "com"})
NEXT = "tambien"
"""Stands for a comma or the end of a sentence, which begin the next thing too."""
NEXT_THING_WORDS = frozenset({"y", "e", "o", "un", "una", "um", "uma", NEXT})
_OF = frozenset({"de", "del", "do", "da", "of", "sabor"})
_AND_NOT = frozenset({"ni", "nem", "nor"})
_MORE_EXCLUDED = _AND_NOT | {"o", "ou", "or", "y", "e", "and"}
_ENDS_EXCLUSION = frozenset(
    ["que", "pero", "but", "mas", "un", "una", "um", "uma", "quiero", "busco", "necesito", NEXT]
)


class Said(NamedTuple):
    """A word as it stands in the question.

    Args:
        is_purpose: it says what the thing is for ("funda para celular").
        qualifies: it follows a "de" ("jugo de naranja").
        exclusion: number of the exclusion it stands in (0: none) and whether that one is sure.
    """

    word: str
    is_purpose: bool
    qualifies: bool
    exclusion: tuple[int, bool]


def said_words(found: list[str]) -> Iterator[Said]:
    """The words that name something, each with the part it plays."""
    purpose, number, is_sure = False, 0, False
    at = exclusions = 0
    while at < len(found):
        length, sure = excluding_at(found, at)
        word = found[at]
        if length or (number and word in _MORE_EXCLUDED):
            exclusions += 1
            number, is_sure = exclusions, sure or word in _AND_NOT
        elif word in PURPOSE_WORDS or word in _ENDS_EXCLUSION:
            number = 0
        purpose = word in PURPOSE_WORDS or (purpose and word not in NEXT_THING_WORDS)
        if not length and word not in LINK_WORDS:
            qualifies = at > 0 and found[at - 1] in _OF
            yield Said(word, purpose, qualifies, (number, is_sure))
        at += max(length, 1)
