"""The words of a query enter, those that name something leave, each with the part it plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from catalog.words.analysis import WITHOUT_WORDS
from catalog.words.chatter import LINK_WORDS
from catalog.words.wishes import excluding_at

PURPOSE_WORDS = frozenset({"para", "pa", "pra", "for", "con", "with", "com"})
NEXT = "tambien"
"""Stands for a comma or the end of a sentence, which begin the next thing too."""
NEXT_THING_WORDS = frozenset({"y", "e", "o", "un", "una", "um", "uma", NEXT})
_OF = frozenset({"de", "del", "do", "da", "of", "sabor"})
_AND_NOT = frozenset({"ni", "nem", "nor"})
_MORE_EXCLUDED = _AND_NOT | {"o", "ou", "or", "y", "e", "and"}
_LEADS_ON = LINK_WORDS | {"color", "colour", "cor", "marca", "brand"}
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
        if not length and word not in LINK_WORDS | _MORE_EXCLUDED:
            qualifies = at > 0 and found[at - 1] in _OF
            yield Said(word, purpose, qualifies, (number, is_sure))
        at += max(length, 1)


def excluded_at(found: list[str], describing: Callable[[str], bool]) -> frozenset[int]:
    """Positions of the words a customer surely does not want; for whoever reads no catalog.

    Args:
        describing: whether a word only describes a thing; of those one at a time is excluded.
    """
    left_out: set[int] = set()
    at, is_left_out = 0, False
    while at < len(found):
        length, is_sure = excluding_at(found, at)
        word = found[at]
        if length:
            begun = found[at + length : at + length + 1]
            is_left_out = is_sure or any(map(describing, begun))
        elif word in WITHOUT_WORDS:
            is_left_out = True
        elif word in _AND_NOT:
            is_left_out = bool(left_out) or is_left_out
        elif word in _ENDS_EXCLUSION or word in PURPOSE_WORDS:
            is_left_out = False
        elif is_left_out and word not in _LEADS_ON | _MORE_EXCLUDED:
            left_out.add(at)
            follows = found[at + 1 : at + 2]
            is_left_out = bool(follows) and (
                follows[0] in _MORE_EXCLUDED or not (_is_one(found, at) or describing(word))
            )
        at += max(length, 1)
    return frozenset(left_out)


def _is_one(found: list[str], at: int) -> bool:
    """Whether a word stands right behind "sin", which excludes no more than one."""
    return at > 0 and found[at - 1] in WITHOUT_WORDS
