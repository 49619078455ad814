"""A customer's words enter; what they want, coarsely and perhaps several things at once, leaves.

The phrases stand in `intents.toml`, chat words in `chat.toml`. What a message holds beyond them is
taken for the name of a product, unless it only completes another question ("¿envían a Cali?"):
one search too many costs a millisecond, one too few a sale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.messages import TalkMessage
from bot.reading import traits
from bot.reading.language import words
from bot.reading.phrases import phrase_book
from bot.reading.sentence import PRODUCT, Sentence
from bot.reading.wishes import Wish, wishes
from catalog.words.limits import read_limits

_MOST_WORDS = 300
"""A longer message is read by its beginning."""
_HAGGLING = frozenset({"discount", "off_topic"})
"""Beside one of these an amount is what somebody offers or claims, and no price limit."""
_REFINING = frozenset({"limit", "cheapest", "dearest"})
_PRICE = re.compile(
    r"[$€£]\s?\d[\d.,]*|(?<!\d)\d{1,3}(?:[.,']\d{3})+(?![\d])|(?<!\d)\d+(?=\s?%)"
    r"|(?<!\d)\d+(?=\s*(?:mil\b|mill|pesos?\b|sol(?:es)?\b|d[oó]lar|dollar|bucks|euros?\b|rea(?:l|is)\b|lucas?\b))",
    re.IGNORECASE,
)
"""Written amounts name no product, whatever is claimed of them."""
_SENTENCE_END = re.compile(r"[?!\n]+|[.;…]+(?=\s|$)")
_BREAK = re.compile(r"[,:/()]+(?!\d)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says.

    Args:
        intents: names of `intents.toml`, and "product" when it asks for one.
        order: the same, in the order they are said.
        wishes: the products it names.
        markers: names of `[markers]` in `chat.toml` it holds: "cheapest", "compare" and so on.
        is_follow_up: speaks of what was asked before ("¿y en negro?", "¿cuánto cuesta?").
        places: words that name where to, in a question on delivery or branches.
        has_strays: holds words that nothing explains.
    """

    intents: frozenset[str]
    order: tuple[str, ...]
    wishes: tuple[Wish, ...]
    markers: frozenset[str]
    is_follow_up: bool
    places: tuple[str, ...]
    has_strays: bool

    @property
    def content(self) -> tuple[str, ...]:
        """The words that name products."""
        return _content(self.wishes)


def intents(text: str) -> frozenset[str]:
    """What a message is about; empty when it says nothing we know."""
    return read(text).intents


def wants_products(text: str) -> bool:
    """Whether the catalog should be searched for this message."""
    return PRODUCT in read(text).intents


def asks_to_stop(text: str) -> bool:
    """Whether a message asks, in so many words and no others, to get no more messages."""
    said = " ".join(words(text))
    for polite in phrase_book().polite:
        said = said.removeprefix(f"{polite} ").removesuffix(f" {polite}")
    return said in phrase_book().stop


def search_text(waiting: Sequence[TalkMessage], history: Sequence[TalkMessage]) -> str:
    """What to look for in the catalog to answer `waiting`; "" when nothing should be searched.

    A follow-up names no product of its own: the words that last opened one come first, and a
    question without words of its own keeps what refined them ("tienen mochilas?", "y en negro?",
    "cuanto cuesta?"). A price limit or an order is a refinement too ("el más barato").
    """
    question = asked(waiting)
    reading = read(question)
    if PRODUCT not in reading.intents:
        return ""
    if reading.intents & _HAGGLING or "claims" in reading.markers:
        question = read_limits(question, small_prices=True)[1]
    if not reading.is_follow_up:
        return _on_products(question)
    earlier = (body for body in _customer_words(history) if read(body).content)
    refined = "" if reading.content else next(earlier, "")
    opening = carried(history, refined or question)
    new = question if reading.content or reading.markers & _REFINING else ""
    return "\n".join(dict.fromkeys(part for part in (opening, refined, new) if part))


def carried(history: Sequence[TalkMessage], question: str) -> str:
    """The customer's last message that named a product of its own, with the colour, the size and
    the number later ones put in place of its own, and without those `question` names anew."""
    talk: list[str] = []
    for body in _customer_words(history):
        if read(body).content:
            talk.insert(0, body)
            if not read(body).is_follow_up:
                break
    else:
        return ""
    opening = talk.pop(0)
    for newer in talk if question in talk else [*talk, question]:
        opening = _without_replaced(opening, newer)
        if newer != question:
            opening += "".join(f" {token}" for token in _tokens_of_traits(newer))
    return opening


def _without_replaced(earlier: str, newer: str) -> str:
    """`earlier` without its colour, size or number where `newer` names another."""
    content = read(newer).content
    dropped: set[str] = set()
    if traits.colors(newer):
        dropped |= {word for word in words(earlier) if traits.is_color(word)}
    if traits.sizes(newer) or any(map(str.isdigit, content)):
        dropped |= {*traits.sizes(earlier), *filter(str.isdigit, words(earlier))}
    kept = (token for token in earlier.split() if not dropped.issuperset(words(token)))
    return " ".join(kept) if dropped else earlier


def _tokens_of_traits(text: str) -> list[str]:
    content = set(read(text).content)
    return [
        word
        for word in words(text)
        if word in content and (traits.is_trait(word) or word.isdigit() or traits.is_color(word))
    ]


def _on_products(question: str) -> str:
    """Without the sentences that ask the shop for something else: "¿envían a Bogotá?" holds boots
    for a search that mends misspellings."""
    ends = [match.end() for match in _SENTENCE_END.finditer(question)]
    spans = zip([0, *ends], [*ends, len(question)], strict=True)
    sentences = [question[start:end].strip() for start, end in spans]
    kept = [part for part in sentences if part and PRODUCT in (intents(part) or {PRODUCT})]
    return "\n".join(kept) or question


def asked(waiting: Sequence[TalkMessage]) -> str:
    """The customer's own words joined by line ends; a document's body is the name of its file."""
    return "\n".join(one.body for one in waiting if one.body and one.type != "document")


def _customer_words(history: Sequence[TalkMessage]) -> Iterable[str]:
    return (asked([message]) for message in reversed(history) if message.author == "customer")


@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Read one message, or several joined by line ends."""
    sentences = [Sentence(written, breaks) for written, breaks in _sentences(text)]
    found = [name for sentence in sentences for name in sentence.intents()]
    wanted = tuple(wish for sentence in sentences for wish in wishes(sentence))
    settled = _settled(set(found))
    content = _content(wanted)
    opens = sentences[0].said[0] if sentences else ""
    leads_on = opens in phrase_book().follow_up and len(content) <= 2
    return Reading(
        intents=frozenset(settled),
        order=tuple(name for name in dict.fromkeys(found) if name in settled),
        wishes=wanted,
        markers=frozenset().union(*(sentence.markers.keys() for sentence in sentences)),
        is_follow_up=leads_on or all(map(_says_no_article, content)),
        places=tuple(place for sentence in sentences for place in sentence.places),
        has_strays=any(sentence.strays for sentence in sentences),
    )


def _says_no_article(word: str) -> bool:
    return word.isdigit() or traits.is_trait(word) or traits.is_package(word)


def _content(wanted: Iterable[Wish]) -> tuple[str, ...]:
    return tuple(word for wish in wanted for word in (*wish.words, *wish.details, *wish.asks))


def _sentences(text: str) -> Iterator[tuple[list[str], frozenset[int]]]:
    """The words of each sentence, and the positions before which a comma or the like stands."""
    left = _MOST_WORDS
    for sentence in _SENTENCE_END.split(_PRICE.sub(" ", text).replace("%", " porciento ")):
        written: list[str] = []
        breaks: set[int] = set()
        for part in _BREAK.split(sentence):
            breaks.add(len(written))
            written += words(part)
        if written and left > 0:
            yield written[:left], frozenset(breaks)
        left -= len(written)


def _settled(found: set[str]) -> set[str]:
    """Drop readings that a stronger one in the same message explains."""
    if "identity" in found:
        found -= {"person", "complaint"}  # "robô" is no robbery
    if "order_status" in found:
        found -= {"delivery", "branches", "hours"}
    if "complaint" in found:
        found -= {"order_status"}
    if PRODUCT in found or len(found) > 1:
        found.discard("assent")
    if found - {"greeting", "thanks", "overview"}:
        found.discard("overview")
    return found
