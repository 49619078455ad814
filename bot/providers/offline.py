"""A turn's context enters, an answer from catalog and facts leaves, with no AI and no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot import intents
from bot.language import words
from bot.turn_context import TurnContext
from catalog.money import format_price
from catalog.search import Hit, ProductView
from core.texts import text
from shop import facts as shop_facts

NAME = "offline"
MAX_PRODUCTS = 5
_FAR_WORSE = 0.5
"""Share of another hit's score below which a hit by the same words only touches what was asked."""
_SENTENCES = (
    "identity", "discount", "photos", "buying", "complaint", "order_status", "off_topic",
)  # fmt: skip
"""Intents that are answered by one sentence of their own name."""
_QUESTIONS = frozenset({*shop_facts.TOPICS, *_SENTENCES, "person"})
_EXPLAIN_STRAY_WORDS = frozenset({"off_topic", "returns", "complaint", "order_status"})
"""Whoever says one of these tells a story: "me llegó otro color, quiero cambiarlo"."""
_NEEDS_PERSON = frozenset({"person", "complaint", "order_status", "buying"})


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
    for attempt in (_others, _person_again, _again, _once_more):
        found = attempt(context)
        if found.text and not _is_repeated(found.text, said_last):
            return found
    raise AssertionError("of two different sentences one is new")


def _is_repeated(new: str, last: str) -> bool:
    return bool(last) and " ".join(last.split()).endswith(" ".join(new.split()))


def _others(context: TurnContext) -> OfflineAnswer:
    """The products that did not fit into the answer before."""
    listed = _in_order(context.found)[MAX_PRODUCTS:]
    if not listed:
        return OfflineAnswer("")
    return _with_products([_say(context, "products_more"), _lines(context, listed)], listed)


def _person_again(context: TurnContext) -> OfflineAnswer:
    """Who asks for a person a second time is told how, not to ask for one."""
    if not intents.intents(intents.asked(context.waiting)) & _NEEDS_PERSON:
        return OfflineAnswer("")
    return OfflineAnswer(f"{_say(context, 'person_again')} {_way_to_person(context)}")


def _again(context: TurnContext) -> OfflineAnswer:
    return OfflineAnswer(_say(context, "again"))


def _once_more(context: TurnContext) -> OfflineAnswer:
    return OfflineAnswer(_say(context, "once_more"))


def _answer(context: TurnContext) -> OfflineAnswer:
    reading = intents.read(intents.asked(context.waiting))
    asks_product = _asks_product(context, reading)
    found = _in_order(context.found, cheapest="cheapest" in reading.markers) if asks_product else []
    listed = found[:MAX_PRODUCTS]
    # Who is shown products asked for more than advice: those products are the answer.
    wanted = reading.intents - {"off_topic"} if listed else reading.intents
    parts = [
        _products(context, reading, listed) if asks_product else "",
        _facts(context, wanted),
        _sentences(context, wanted),
        _person(context, wanted),
    ]
    said = [part for part in parts if part] or [_small_talk(context, reading)]
    return _with_products([_opening(context, wanted), *said], listed)


def _with_products(parts: Sequence[str], listed: Sequence[ProductView]) -> OfflineAnswer:
    return OfflineAnswer(
        text="\n\n".join(part for part in parts if part),
        products=tuple(product.sku for product in listed),
        prices={str(product.id): product.price_minor for product in listed},
    )


def _say(context: TurnContext, key: str, **fields: object) -> str:
    return text(f"customer.offline.{key}", context.language, **fields)


# The parts of an answer


def _opening(context: TurnContext, wanted: frozenset[str]) -> str:
    """Who answers, the first time; later a greeting for whoever greets."""
    if context.is_first_reply and "person" not in wanted:  # else the answer itself says both
        if context.shop_name:
            return _say(context, "first", shop=context.shop_name)
        return _say(context, "first_unnamed")
    return _say(context, "hello_again") if "greeting" in wanted else ""


def _small_talk(context: TurnContext, reading: intents.Reading) -> str:
    """The one sentence for a message that asks nothing of catalog or facts."""
    if "overview" in reading.intents:
        website = str(context.facts.values.get("website") or "")
        return _say(context, "overview_website" if website else "overview", website=website)
    for intent in ("goodbye", "thanks", "assent"):
        if intent in reading.intents:
            return _say(context, intent)
    return _say(context, "not_understood" if reading.has_strays else "ask_what")


def _sentences(context: TurnContext, wanted: frozenset[str]) -> str:
    told = wanted - {"order_status"} if "complaint" in wanted else wanted  # one sentence for both
    return "\n\n".join(_say(context, intent) for intent in _SENTENCES if intent in told)


def _facts(context: TurnContext, wanted: frozenset[str]) -> str:
    """What the shop says on each topic asked for; what it never said is admitted once for all."""
    topics = [topic for topic in shop_facts.TOPICS if topic in wanted]
    told = {topic: _fact(context, topic) for topic in topics}
    unknown = ", ".join(_topic_name(context, topic) for topic in topics if not told[topic])
    parts = [fact for fact in told.values() if fact]
    if unknown:
        parts.append(_say(context, "unknown_fact", topic=unknown))
    return "\n\n".join(parts)


def _topic_name(context: TurnContext, topic: str) -> str:
    return text(f"customer.topic.{topic}", context.language)


def _fact(context: TurnContext, topic: str) -> str:
    known = shop_facts.describe(context.facts, topic, context.language, context.currency)
    if not known:
        return ""
    now = _open_now(context) if topic == "hours" else ""
    head = f"*{_topic_name(context, topic).capitalize()}*"
    return "\n".join(part for part in (head, known, now) if part)


def _open_now(context: TurnContext) -> str:
    is_open = shop_facts.is_open(context.facts, context.now) if context.now else None
    if is_open is None or context.now is None:
        return ""
    opens = None if is_open else shop_facts.next_opening(context.facts, context.now)
    if opens is None:
        return _say(context, "open_now" if is_open else "closed_now")
    weekday = text(f"catalog.weekday.{opens.weekday()}", context.language)
    return _say(context, "closed_until", weekday=weekday, time=f"{opens:%H:%M}")


def _person(context: TurnContext, wanted: frozenset[str]) -> str:
    """How to reach a person: by the shop's phones; without one, what becomes of the message."""
    if not wanted & _NEEDS_PERSON:
        return ""
    asked = [text("customer.person_asked", context.language)] if "person" in wanted else []
    return " ".join([*asked, _way_to_person(context)])


def _way_to_person(context: TurnContext) -> str:
    phones = "; ".join(shop_facts.phones(context.facts))
    key = "customer.person_phone" if phones else "customer.person_unknown"
    return text(key, context.language, phones=phones)


# Products


def _asks_product(context: TurnContext, reading: intents.Reading) -> bool:
    """Beside another question, stray words count as a product only when the catalog knows them."""
    if intents.PRODUCT not in reading.intents:
        return False
    if reading.intents & _EXPLAIN_STRAY_WORDS and not context.found:
        return False
    if bool(reading.wishes) or not reading.intents & _QUESTIONS:
        return True
    return bool(context.found) and _fits(reading, context.found[0])


def _products(context: TurnContext, reading: intents.Reading, listed: Sequence[ProductView]) -> str:
    if not listed:
        return _say(context, "no_product" if reading.content else "which_product")
    head = "products" if _fits(reading, context.found[0]) else "products_close"
    return f"{_say(context, head)}\n{_lines(context, listed)}"


def _fits(reading: intents.Reading, best: Hit) -> bool:
    """Whether the best hit matched at least half of the words that may name a product."""
    return not reading.content or 2 * len(words(best.reason)) >= len(reading.content)


def _in_order(hits: Sequence[Hit], *, cheapest: bool = False) -> list[ProductView]:
    """What answers best, best first and what is sold out behind the rest.

    Args:
        cheapest: by price instead, and only what is of the best hit's kind: the cheapest thing
            found for "televisor" is a wall mount.
    """
    products = [hit.product for hit in hits if not _is_outdone(hit, hits)]
    if cheapest and products:
        kind = products[0].category
        products = sorted(
            (product for product in products if product.category == kind),
            key=lambda product: product.price_minor,
        )
    return sorted(products, key=lambda product: product.stock is not None and product.stock <= 0)


def _is_outdone(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether another hit was found by the same words and matches far better."""
    said = set(words(hit.reason))
    return any(
        hit.score < _FAR_WORSE * other.score and said <= set(words(other.reason)) for other in hits
    )


def _lines(context: TurnContext, products: Sequence[ProductView]) -> str:
    return "\n".join(_line(context, product) for product in products)


def _line(context: TurnContext, product: ProductView) -> str:
    price = format_price(product.price_minor, product.currency, context.language)
    name = " ".join(product.name.replace("*", "").split())
    return _say(context, "product", name=name, price=price, stock=_stock(context, product.stock))


def _stock(context: TurnContext, stock: int | None) -> str:
    if stock is None:
        return _say(context, "unknown_stock")
    if stock <= 0:
        return _say(context, "out_of_stock")
    return _say(context, "one_left" if stock == 1 else "some_left", stock=stock)
