"""Price limits in the customer's words and products enter; what fits them, or nearly, leaves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.offline.saying import Part, is_sold_out, listed, major, money, say
from bot.turn_context import TurnContext
from catalog.search import ProductView
from catalog.words.limits import PriceLimits, read_limits

_SMALL = Decimal(1000)
"""Where all prices lie below this, "menos de 50" is a price."""


def limits_of(question: str, products: Sequence[ProductView]) -> PriceLimits:
    """The price limits a question names, read as this shop's prices are written."""
    is_small = all(major(product) < _SMALL for product in products)
    return read_limits(question, small_prices=is_small)[0]


def allows(limits: PriceLimits, product: ProductView) -> bool:
    """Whether a product's price lies within."""
    return limits.allow(major(product))


def head(context: TurnContext, limits: PriceLimits, products: Sequence[ProductView]) -> str:
    """That the products listed are those within the limits."""
    return say(context, "within", limits=_worded(context, limits, products))


def beyond(
    context: TurnContext, limits: PriceLimits, products: Sequence[ProductView], most: int
) -> Part:
    """That nothing lies within, and what comes nearest."""
    too_dear = limits.high is not None and all(major(p) > limits.high for p in products)
    by_price = sorted(products, key=lambda p: p.price_minor, reverse=not too_dear)
    nearest = sorted(by_price, key=is_sold_out)[:most]
    key = "beyond" if too_dear else "below"
    return listed(context, say(context, key, limits=_worded(context, limits, products)), nearest)


def _worded(context: TurnContext, limits: PriceLimits, products: Sequence[ProductView]) -> str:
    currency = products[0].currency
    low, high = (
        money(context, limit, currency) if limit is not None else ""
        for limit in (limits.low, limits.high)
    )
    key = "limit_between" if low and high else "limit_low" if low else "limit_high"
    return say(context, key, low=low, high=high)
