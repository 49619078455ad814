"""Products and how many of each enter; what they cost together, computed here, leaves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.offline.matching import Match
from bot.offline.pointing import means_both
from bot.offline.saying import Part, is_sold_out, major, money, name, say
from bot.reading import traits
from bot.reading.intents import Reading, asked
from bot.reading.language import words
from bot.turn_context import TurnContext
from catalog.search import ProductView

_MOST_CHOICES = 3
Count = tuple[ProductView, int]


def counted(context: TurnContext, reading: Reading, matches: Sequence[Match]) -> Part | None:
    """The sum for the quantities a message names; None when it names none."""
    found = [m for m in matches if m.products and not m.missing]
    if "total" in reading.markers and means_both(words(asked(context.waiting))):
        return _summed(context, [(product, 1) for m in found for product in m.products])
    quantities = [m.wish.quantity for m in found]
    if found and not any(quantities):
        is_asked = "total" in reading.markers and reading.is_follow_up
        lone = _lone_number(context) if is_asked else None
        quantities = [lone for _ in found]
    if not any(quantities):
        return None
    if len(found) == 1:
        return _choices(context, found[0].products[:_MOST_CHOICES], quantities[0] or 1)
    pairs = [(m.products[0], quantity or 1) for m, quantity in zip(found, quantities, strict=True)]
    return _summed(context, pairs)


def _lone_number(context: TurnContext) -> int | None:
    """The count in "¿y dos cuánto sería?"."""
    said = words(asked(context.waiting))
    return next((count for word in said if (count := traits.number(word))), None)


def _choices(context: TurnContext, products: Sequence[ProductView], quantity: int) -> Part:
    """Each product that may be meant, so many times."""
    lines = [_line(context, product, quantity) for product in products]
    is_sum = any(_is_enough(product, quantity) for product in products)
    head = say(context, "total_head" if is_sum else "not_enough")
    return Part("\n".join([head, *lines]), tuple(products))


def _summed(context: TurnContext, pairs: Sequence[Count]) -> Part:
    """Several products together."""
    lines = [_line(context, product, quantity) for product, quantity in pairs]
    currencies = {product.currency for product, _ in pairs}
    can_add = len(currencies) == 1 and all(_is_enough(*pair) for pair in pairs)
    if can_add:
        total = sum((major(product) * quantity for product, quantity in pairs), Decimal())
        currency = pairs[0][0].currency
        lines.append(say(context, "total", total=money(context, total, currency)))
    products = tuple(product for product, _ in pairs)
    return Part("\n".join([say(context, "total_head"), *lines]), products)


def _line(context: TurnContext, product: ProductView, quantity: int) -> str:
    price = money(context, major(product), product.currency)
    if not _is_enough(product, quantity):
        key = "too_many_sold_out" if is_sold_out(product) else "too_many"
        return say(context, key, name=name(product), price=price, stock=product.stock)
    total = money(context, major(product) * quantity, product.currency)
    return say(context, "count", quantity=quantity, name=name(product), total=total, price=price)


def _is_enough(product: ProductView, quantity: int) -> bool:
    return product.stock is None or product.stock >= quantity
