"""What a message asks about products and what the catalog found enter; its answers leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.offline import comparing, describing, facts, pricing, totals, variants
from bot.offline.matching import Match, match
from bot.offline.pointing import asks_of_last, last_named, pointed_at
from bot.offline.saying import Part, is_sold_out, listed, merged, say
from bot.reading import traits
from bot.reading.intents import Reading, asked, carried, read
from bot.reading.language import words
from bot.reading.wishes import Wish
from bot.turn_context import TurnContext
from catalog.search import ProductView

MOST_WISHES = 4
_FEW = 3


def answer(context: TurnContext, reading: Reading, most: int) -> list[Part]:
    """One part for each product asked about, in the order they are named.

    Args:
        most: products listed for each.
    """
    matches = _matches(context, reading)
    if not matches:
        return [Part(say(context, "which_product"))]
    if "compare" in reading.markers and (part := _compared(context, reading, matches)):
        return [part, *_not_found(context, matches)]
    if counted := totals.counted(context, reading, matches):
        return [counted, *_not_found(context, matches)]
    each = max(1, min(most, 2 * most // len(matches)))
    parts = merged([_one(context, reading, found, each) for found in matches])
    return [*parts, *(Part(said) for found in matches if (said := _on_asks(context, found)))]


def _compared(context: TurnContext, reading: Reading, matches: list[Match]) -> Part | None:
    """The products weighed against each other: those named, else the last two spoken of."""
    if not reading.wishes and sum(len(found.products) for found in matches) == 1:
        matches = [replace(matches[0], products=context.mentioned[:2])]
    return comparing.compared(context, reading, matches)


def _on_asks(context: TurnContext, found: Match) -> str:
    """What is known of the thing asked about few products: "¿cuánta batería tiene?"."""
    if not 0 < len(found.products) <= _FEW:
        return ""
    asks = [word for word in found.wish.asks if not traits.is_trait(word)]
    if asks:
        return describing.told(context, found.products, asks)
    warranty = facts.asks_warranty(set(words(asked(context.waiting))))
    return describing.sentences(found.products, tuple(warranty))


def _matches(context: TurnContext, reading: Reading) -> list[Match]:
    """What each part of the question is about; wishes nobody asked for count when found."""
    whole = _as_one(reading)
    if pointed := pointed_at(context, reading):
        return [Match(whole, pointed)]
    if asks_of_last(context, reading) and variants.wanted(whole) == variants.Variant():
        return [Match(Wish((), asks=reading.content), last_named(context))]
    if not reading.is_follow_up:
        each = match(_apart(reading.wishes)[:MOST_WISHES], context.found)
        told = [m for m in each if m.products or m.wish.is_asked]
        return _each_once(told or each[:1])
    known = last_named(context)
    if not reading.content and known:
        return [Match(whole, known)]
    return _on_opening(context, reading, whole)


def _apart(wishes: Sequence[Wish]) -> list[Wish]:
    """Without those that only name another one again, in fewer words."""
    return [
        wish
        for at, wish in enumerate(wishes)
        if not any(
            set(wish.words) < set(other.words) or (wish.words == other.words and at > before)
            for before, other in enumerate(wishes)
        )
    ]


def _each_once(matches: Sequence[Match]) -> list[Match]:
    """Without what an earlier wish is already answered by."""
    seen: set[int] = set()
    kept = []
    for found in matches:
        fresh = tuple(product for product in found.products if product.id not in seen)
        seen |= {product.id for product in fresh}
        if fresh or not found.products:
            kept.append(replace(found, products=fresh))
    return kept


def _on_opening(context: TurnContext, reading: Reading, whole: Wish) -> list[Match]:
    """What a follow-up ("¿y en negro?", "¿y la Haceb?") means of the product it speaks of."""
    new = [w for w in reading.content if not traits.is_trait(w) and not traits.is_package(w)]
    fresh = [hit for hit in context.found if set(words(hit.reason)) & set(new)]
    opening = read(carried(context.history, asked(context.waiting))).wishes[:1]
    spoken_of = tuple(word for wish in opening for word in (*wish.words, *wish.details))
    both = replace(whole, words=(*spoken_of, *whole.words))
    names_more = any(not word.isdigit() for word in new)
    standing = tuple(w for w in spoken_of if traits.is_trait(w) and not names_more)
    whole = replace(whole, words=(*standing, *whole.words))
    (found,) = match([both], fresh or context.found)
    products = found.products or last_named(context)
    missing = tuple(word for word in found.missing if word in new)
    return [Match(whole, products, missing)] if products or reading.content else []


def _as_one(reading: Reading) -> Wish:
    """All wishes of a short question as one."""
    said = tuple(word for wish in reading.wishes for word in wish.words)
    details = tuple(word for wish in reading.wishes for word in wish.details)
    quantity = next((wish.quantity for wish in reading.wishes if wish.quantity), None)
    asks = tuple(word for wish in reading.wishes for word in wish.asks)
    return Wish(said, details, asks, quantity, is_asked=True)


def _not_found(context: TurnContext, matches: Sequence[Match]) -> list[Part]:
    return [_absent(context, found) for found in matches if not found.products]


def _absent(context: TurnContext, found: Match) -> Part:
    if found.name:
        return Part(say(context, "no_such_product", name=found.name))
    return Part(say(context, "no_product"))


def _one(context: TurnContext, reading: Reading, found: Match, most: int) -> Part:
    """The answer on one product asked for: within its price, in its colour, in its order."""
    if not found.products:
        return _absent(context, found)
    question = asked(context.waiting)
    limits = pricing.limits_of(question, found.products)
    within = [p for p in found.products if pricing.allows(limits, p)]
    if not within and "limit" in reading.markers:
        return pricing.beyond(context, limits, found.products, most)
    is_claimed = not within or "claims" in reading.markers
    within = within or list(found.products)
    if part := variants.which(context, found.wish, _in_order(reading, within), most):
        return part
    wanted = variants.wanted(found.wish)
    having = [p for p in within if variants.has(p, wanted)]
    if wanted and not having:
        return variants.absent(context, wanted, _in_order(reading, within), most)
    shown = _in_order(reading, having)[:most]
    if is_claimed and not found.missing:
        return listed(context, say(context, "products_true"), shown)
    return listed(context, _head(context, reading, replace(found, products=tuple(shown))), shown)


def _head(context: TurnContext, reading: Reading, found: Match) -> str:
    """What is said before the list: what was asked for that these products are, or are not."""
    question = asked(context.waiting)
    if found.missing:
        return say(context, "products_close", name=found.name)
    if wanted := variants.wanted(found.wish):
        return variants.head(context, wanted, found.products)
    limits = pricing.limits_of(question, found.products)
    if limits and "limit" in reading.markers:
        return pricing.head(context, limits, found.products)
    for order in ("cheapest", "dearest"):
        if order in reading.markers:
            return say(context, order)
    if "stock" in reading.markers and len(found.products) == 1:
        return _stock_head(context, found.products[0])
    return say(context, "products")


def _stock_head(context: TurnContext, product: ProductView) -> str:
    if product.stock is None:
        return say(context, "to_confirm")
    return say(context, "sold_out" if is_sold_out(product) else "in_stock")


def _in_order(reading: Reading, products: Sequence[ProductView]) -> list[ProductView]:
    """Best first, or by price when that was asked, and what is sold out behind the rest.

    By price only what is of the best one's kind, where one was named: the cheapest thing found for
    "televisor" is a wall mount.
    """
    ordered = list(products)
    orders = reading.markers & {"cheapest", "dearest"}
    if orders:
        kinds = {ordered[0].category} if reading.wishes else {p.category for p in ordered}
        ordered = sorted(
            (product for product in ordered if product.category in kinds),
            key=lambda product: product.price_minor,
            reverse="dearest" in orders,
        )
    return sorted(ordered, key=is_sold_out)
