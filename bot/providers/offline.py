"""A turn's context enters, an answer from catalog and facts leaves, with no AI and no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.offline import facts, products, talking
from bot.offline.saying import Part, listed, name, say
from bot.reading import intents
from bot.reading.intents import Reading
from bot.reading.sentence import PRODUCT
from bot.turn_context import TurnContext
from shop import facts as shop_facts

NAME = "offline"
MOST_CHARS = 900
_BETWEEN = "\n\n"
_SENTENCE_END = re.compile(r"\n|[.!?](?=\s)")
_MOST_PRODUCTS = 5
_EXPLAIN_STRAY_WORDS = frozenset({"off_topic", "returns", "complaint", "order_status", "person"})
"""Whoever says one of these tells a story: "me llegó otro color, quiero cambiarlo"."""


@dataclass(frozen=True, slots=True)
class OfflineAnswer:
    """What the shop can say without an AI.

    Args:
        products: SKUs named in the text.
        prices: product id → price_minor the text names.
    """

    text: str
    products: tuple[str, ...] = ()
    prices: Mapping[str, int] = field(default_factory=dict)


def answer(context: TurnContext) -> OfflineAnswer:
    """The answer to everything the waiting messages ask, never the last one over again."""
    said_last = next((m.body for m in reversed(context.history) if m.author == "bot"), "")
    found = _answer(context)
    if not _is_repeated(found.text, said_last):
        return found
    for attempt in (_others, _person_again, _restated, _unclear, _again, _once_more):
        other = attempt(context, said_last, found)
        if other.text and not _is_repeated(other.text, said_last):
            return other
    raise AssertionError("of two different sentences one is new")


def _is_repeated(new: str, last: str) -> bool:
    return bool(last) and " ".join(last.split()).endswith(" ".join(new.split()))


def _others(context: TurnContext, said_last: str, found: OfflineAnswer) -> OfflineAnswer:
    """Behind a full list, the products found that did not fit into it."""
    others = [hit.product for hit in context.found if name(hit.product) not in said_last]
    if len(found.products) < _MOST_PRODUCTS or not others:
        return OfflineAnswer("")
    return _joined([listed(context, say(context, "products_more"), others[:_MOST_PRODUCTS])])


def _person_again(context: TurnContext, _last: str, _found: OfflineAnswer) -> OfflineAnswer:
    """Who asks for a person a second time is told how, not to ask for one."""
    if not _read(context).intents & talking.NEEDS_PERSON:
        return OfflineAnswer("")
    return OfflineAnswer(f"{say(context, 'person_again')} {talking.way_to_person(context)}")


def _restated(context: TurnContext, _last: str, found: OfflineAnswer) -> OfflineAnswer:
    """Products and prices once more, as what was said before."""
    if not found.products:
        return OfflineAnswer("")
    head, _, rest = found.text.partition("\n")
    said = rest if rest and head.endswith(":") else found.text
    return replace(found, text=f"{say(context, 'as_said')}\n{said}")


def _unclear(context: TurnContext, _last: str, _found: OfflineAnswer) -> OfflineAnswer:
    """Who was asked what they look for, and still did not say it."""
    wanted = _read(context).intents
    return OfflineAnswer("" if wanted else say(context, "not_understood"))


def _again(context: TurnContext, _last: str, _found: OfflineAnswer) -> OfflineAnswer:
    return OfflineAnswer(say(context, "again"))


def _once_more(context: TurnContext, _last: str, _found: OfflineAnswer) -> OfflineAnswer:
    return OfflineAnswer(say(context, "once_more"))


def _read(context: TurnContext) -> Reading:
    """The question; "¿y a Pasto?" is one on delivery behind one on delivery, "¿teléfono?" one on
    where the shop is to be reached."""
    question = intents.asked(context.waiting)
    reading = intents.read(question)
    if context.found or reading.intents != {PRODUCT}:
        return reading
    if facts.asks_to_contact(question):
        return intents.read(f"{facts.topic_name(context, 'branches')} {question}")
    if not reading.is_follow_up:
        return reading
    before = (m.body for m in reversed(context.history) if m.author == "customer")
    leading = next((said for said in before if intents.intents(said) != {PRODUCT}), "")
    topics = intents.intents(leading) & set(shop_facts.TOPICS)
    carried = " ".join(facts.topic_name(context, topic) for topic in topics)
    return intents.read(f"{carried} {question}") if carried and reading.content else reading


def _answer(context: TurnContext) -> OfflineAnswer:
    """Everything asked, in the order it was; with fewer products where it would grow too long."""
    reading = _read(context)
    for most in range(_MOST_PRODUCTS, 0, -1):
        parts = list(_parts(context, reading, most))
        found = _joined(parts)
        if len(found.text) <= MOST_CHARS:
            return found
    return _joined(_shortened(parts))


def _shortened(parts: list[Part]) -> list[Part]:
    """As many parts as fit, the first ones first; a fact too long for the rest by its beginning."""
    kept: list[Part] = []
    room = MOST_CHARS
    for part in parts:
        said = part.text if part.products else _beginning(part.text, room)
        if len(said) <= room:
            kept.append(replace(part, text=said))
            room -= len(said) + len(_BETWEEN)
    return kept


def _beginning(said: str, room: int) -> str:
    """A text, or its first lines and sentences that fit."""
    if len(said) <= room:
        return said
    ends = [match.end() for match in _SENTENCE_END.finditer(said) if match.end() <= room]
    return said[: ends[-1]].rstrip() if ends else ""


def _parts(context: TurnContext, reading: Reading, most: int) -> Iterator[Part]:
    asked = _asked_for(context, reading)
    yield Part(talking.opening(context, reading))
    told = facts.own_fields(context)
    own = told or facts.unknown_service(context)
    about = products.answer(context, reading, most) if PRODUCT in asked else []
    if own:
        asked -= {"branches"} | (facts.answered_by_own(context) if told else set())
        asked -= set() if context.found else {PRODUCT}
    is_answered = bool(own)
    if own:
        yield Part(own)
    for intent in dict.fromkeys([*(asked - set(reading.order)), *reading.order]):
        for part in _on(context, reading, intent, about) if intent in asked else ():
            is_answered = is_answered or bool(part.text)
            yield part
    if unknown := _unknown(context, asked):
        yield Part(unknown)
    elif not is_answered and not asked & talking.NEEDS_PERSON:
        yield Part(talking.small_talk(context, reading))
    if asked & talking.NEEDS_PERSON:
        yield Part(talking.person(context, reading))


def _asked_for(context: TurnContext, reading: Reading) -> set[str]:
    """What is to be answered: stray words beside a story or another question are no product."""
    asked = set(reading.intents)
    is_sure = bool(context.found) or any(wish.is_asked for wish in reading.wishes)
    if reading.intents & _EXPLAIN_STRAY_WORDS and not context.found:
        is_sure = False
    others = asked & {*shop_facts.TOPICS, *talking.SENTENCES, "person"}
    if PRODUCT in asked and others and not is_sure and not context.mentioned:
        asked.discard(PRODUCT)
    if PRODUCT in asked and context.hits:
        # Who is shown products asked for more than advice: those products are the answer.
        asked.discard("off_topic")
    if "discount" in asked and not reading.wishes and context.mentioned:
        asked.add(PRODUCT)  # who haggles is told the price again
    if "complaint" in asked:
        asked.discard("order_status")  # one sentence for both
    return asked


def _on(context: TurnContext, reading: Reading, intent: str, about: list[Part]) -> Iterator[Part]:
    if intent == PRODUCT:
        yield from about
    elif intent in shop_facts.TOPICS:
        yield Part(facts.answer(context, reading, intent))
    elif intent in talking.SENTENCES:
        yield Part(say(context, intent))


def _unknown(context: TurnContext, asked: set[str]) -> str:
    """What the shop never said is admitted once for all."""
    topics = [topic for topic in shop_facts.TOPICS if topic in asked]
    unknown = [topic for topic in topics if not facts.is_known(context, topic)]
    if not unknown:
        return ""
    names = ", ".join(facts.topic_name(context, topic) for topic in unknown)
    return say(context, "unknown_fact", topic=names)


def _joined(parts: list[Part]) -> OfflineAnswer:
    named = {product.id: product for part in parts for product in part.products}
    return OfflineAnswer(
        text=_BETWEEN.join(dict.fromkeys(part.text for part in parts if part.text)),
        products=tuple(product.sku for product in named.values()),
        prices={str(product.id): product.price_minor for product in named.values()},
    )
