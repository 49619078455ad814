"""A customer's words enter; what they want, coarsely and perhaps several things at once, leaves.

The phrases stand in `intents.toml`. Whatever a message holds beyond them and beyond chat words is
taken for the name of a product: one search too many costs a millisecond, one too few a sale.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bot.language import words
from bot.messages import TalkMessage
from catalog.chatter import STOP_WORDS

PRODUCT = "product"
_GAP = r"(?:[a-z0-9]+ ){0,3}"
_REPAIR_FROM = 7
"""Letters a word of ours needs before a misspelling of it is recognised: shorter ones are one
letter away from too many products (moras and horas, verde and vende)."""
_TWO_ERRORS_FROM = 10
_MOST_WORDS = 300
"""A longer message is read by its beginning."""
_SENTENCE_END = re.compile(r"(?<=[?!])|\n")
_START_CHARS = 2
"""Letters by which most phrases are passed over before their pattern is tried."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase; `starts` are the first letters one of which its first word must have."""

    starts: frozenset[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Phrases:
    intents: dict[str, tuple[_Phrase, ...]]
    strong: tuple[_Phrase, ...]
    shopping: tuple[_Phrase, ...]
    cheapest: tuple[_Phrase, ...]
    places: frozenset[str]
    follow_up: frozenset[str]
    chat: frozenset[str]
    stop: frozenset[str]
    polite: tuple[str, ...]
    repairable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says.

    Args:
        intents: names of `intents.toml`, and "product" when it asks for one.
        content: its words that may name a product.
        is_shopping: says so ("busco", "tienen", "price").
        is_follow_up: speaks of what was asked before ("¿y en negro?", "¿cuánto cuesta?").
        is_cheapest: wants what costs least.
    """

    intents: frozenset[str]
    content: tuple[str, ...]
    is_shopping: bool
    is_follow_up: bool
    is_cheapest: bool = False


def intents(text: str) -> frozenset[str]:
    """What a message is about; empty when it says nothing we know."""
    return read(text).intents


def wants_products(text: str) -> bool:
    """Whether the catalog should be searched for this message."""
    return PRODUCT in read(text).intents


def asks_to_stop(text: str) -> bool:
    """Whether a message asks, in so many words and no others, to get no more messages."""
    said = " ".join(words(text))
    for polite in _phrases().polite:
        said = said.removeprefix(f"{polite} ").removesuffix(f" {polite}")
    return said in _phrases().stop


def search_text(waiting: Sequence[TalkMessage], history: Sequence[TalkMessage]) -> str:
    """What to look for in the catalog to answer `waiting`; "" when nothing should be searched.

    A follow-up names no product of its own: the words that last opened one come first, and a
    question without words of its own keeps what refined them ("tienen mochilas?", "y en negro?",
    "cuanto cuesta?").
    """
    question = asked(waiting)
    reading = read(question)
    if PRODUCT not in reading.intents:
        return ""
    if not reading.is_follow_up:
        return _on_products(question)
    earlier = [body for body in _customer_words(history) if read(body).content]
    opening = next((body for body in earlier if not read(body).is_follow_up), "")
    refined = question if reading.content else next(iter(earlier), "")
    return "\n".join(dict.fromkeys(part for part in (opening, refined) if part))


def _on_products(question: str) -> str:
    """Without the sentences that ask the shop for something else: "¿envían a Bogotá?" holds boots
    for a search that mends misspellings."""
    sentences = [part.strip() for part in _SENTENCE_END.split(question)]
    kept = [part for part in sentences if part and _may_be_on_products(part)]
    return "\n".join(kept) or question


def _may_be_on_products(sentence: str) -> bool:
    wanted = intents(sentence)
    return PRODUCT in wanted or not wanted


def asked(waiting: Sequence[TalkMessage]) -> str:
    """The customer's own words joined by line ends; a document's body is the name of its file."""
    return "\n".join(one.body for one in waiting if one.body and one.type != "document")


def _customer_words(history: Sequence[TalkMessage]) -> Iterable[str]:
    return (asked([message]) for message in reversed(history) if message.author == "customer")


@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Read one message, or several joined by line ends."""
    phrases = _phrases()
    written = words(text)[:_MOST_WORDS]
    said = [_repaired(word) for word in written]
    line = f" {' '.join(said)} "
    explained: set[int] = set()
    found: set[str] = set()
    for name, patterns in phrases.intents.items():
        at = _matched(patterns, line)
        if at:
            found.add(name)
            explained |= at
    if found & {"delivery", "branches"}:
        explained |= _places(said)
    content = tuple(
        word for at, word in enumerate(written) if at not in explained and _may_name_product(word)
    )
    asks_price = bool(_matched(phrases.strong, line)) and not found - _AROUND_A_PRODUCT
    is_shopping = bool(_matched(phrases.shopping, line))
    if asks_price or (content and (is_shopping or not found & _BEYOND_THE_SHOP)):
        found.add(PRODUCT)
    leads_on = bool(said) and said[0] in phrases.follow_up and len(content) <= 2
    is_follow_up = leads_on or not content
    is_cheapest = bool(_matched(phrases.cheapest, line))
    return Reading(frozenset(_settled(found)), content, is_shopping, is_follow_up, is_cheapest)


_AROUND_A_PRODUCT = frozenset(
    {"greeting", "thanks", "goodbye", "assent", "discount", "person", "buying"}
)
"""What may stand in the same message as "¿cuánto cuesta?" without being what costs."""
_BEYOND_THE_SHOP = frozenset({"off_topic", "identity", "complaint", "order_status"})
"""Beside one of these somebody is asking for a product only when they say so."""


def _settled(found: set[str]) -> set[str]:
    """Drop readings that a stronger one in the same message explains."""
    if "identity" in found:
        found.discard("person")
    if "order_status" in found:
        found -= {"delivery", "branches"}
    if PRODUCT in found or len(found) > 1:
        found.discard("assent")
    if found - {"greeting", "thanks", "overview"}:
        found.discard("overview")
    return found


def _places(said: Sequence[str]) -> set[int]:
    """Positions of the words a place name may stand at: "hasta Medellín", "a la zona norte"."""
    phrases = _phrases()
    found: set[int] = set()
    for at, word in enumerate(said):
        if word in phrases.places:
            following = (i for i in range(at + 1, len(said)) if said[i] not in phrases.chat)
            first = next(following, None)
            if first is not None and first - at <= 2:
                found |= {first, first + 1}
    return found


def _may_name_product(word: str) -> bool:
    if word.isdigit():
        return len(word) >= 5
    return len(word) > 1 and word not in _phrases().chat


def _matched(phrases: Iterable[_Phrase], line: str) -> set[int]:
    """Positions of the words that any of the phrases accounts for."""
    starts = {word[:_START_CHARS] for word in line.split()}
    found: set[int] = set()
    for phrase in phrases:
        if not starts.isdisjoint(phrase.starts):
            for match in phrase.pattern.finditer(line):
                found |= {line.count(" ", 0, start) - 1 for start, _ in match.regs[1:]}
    return found


@lru_cache(maxsize=4096)
def _repaired(word: str) -> str:
    """`word`, or the one word of our phrases it is a misspelling of."""
    phrases = _phrases()
    if len(word) < _REPAIR_FROM - 1 or not word.isalpha() or word in phrases.chat:
        return word
    if word in phrases.repairable:
        return word
    errors = 2 if len(word) >= _TWO_ERRORS_FROM else 1
    near = (
        known
        for known in phrases.repairable
        if OSA.distance(word, known, score_cutoff=errors) <= errors
    )
    return next(near, word)


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    path = Path(__file__).with_name("intents.toml")
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    markers = data["markers"]
    literals = {
        alternative
        for listed in data["intents"].values()
        for phrase in listed
        for token in phrase.split()
        for alternative in token.split("|")
        if len(alternative.rstrip("*")) >= _REPAIR_FROM
    }
    return _Phrases(
        intents={name: _compiled(listed) for name, listed in data["intents"].items()},
        strong=_compiled(markers["strong"]),
        shopping=_compiled(markers["shopping"]),
        cheapest=_compiled(markers["cheapest"]),
        places=frozenset(data["places"]["before"]),
        follow_up=frozenset(markers["follow_up"]),
        chat=frozenset(words(data["chat"]["words"])) | STOP_WORDS,
        stop=frozenset(data["stop"]["exact"]),
        polite=tuple(data["stop"]["polite"]),
        repairable=tuple(sorted(literal.rstrip("*") for literal in literals)),
    )


def _compiled(listed: Iterable[str]) -> tuple[_Phrase, ...]:
    return tuple(_Phrase(_starts(phrase), re.compile(_expression(phrase))) for phrase in listed)


def _starts(phrase: str) -> frozenset[str]:
    first = phrase.split()[0]
    return frozenset(word.removesuffix("*")[:_START_CHARS] for word in first.split("|"))


def _expression(phrase: str) -> str:
    parts = [_GAP if part == "_" else f"({_either(part)}) " for part in phrase.split()]
    return rf"(?<= ){''.join(parts).removesuffix(' ')}(?= )"


def _either(part: str) -> str:
    return "|".join(
        re.escape(word.removesuffix("*")) + ("[a-z0-9]*" if word.endswith("*") else "")
        for word in part.split("|")
    )
