"""Products somebody weighs against each other enter; how they differ, by the catalog, leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.offline.matching import Match
from bot.offline.saying import Part, line, name, say
from bot.reading import traits
from bot.reading.intents import Reading
from bot.reading.language import fold
from bot.turn_context import TurnContext
from catalog.search import ProductView

_MOST = 3
_MEASURE = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*) ?([^\W\d_]+)")


def compared(context: TurnContext, reading: Reading, matches: Sequence[Match]) -> Part | None:
    """Price, stock and figures of the products side by side; None when there are not two."""
    found = [m for m in matches if m.products]
    each = [m.products[:1] if len(found) > 1 else m.products for m in found]
    products = list({product.id: product for few in each for product in few}.values())[:_MOST]
    if len(products) < 2:
        return None
    lines = [_described(context, product, products) for product in products]
    end = "" if "cheapest" in reading.markers else say(context, "no_opinion")
    said = [*lines, _prices(context, products), end]
    return Part("\n".join(part for part in said if part), tuple(products))


def _described(context: TurnContext, product: ProductView, products: Sequence[ProductView]) -> str:
    """A product's line, and the figures of its texts that the others do not share."""
    own = measures(product)
    shared = set.intersection(*(set(measures(other)) for other in products))
    differing = ", ".join(said for key, said in own.items() if key not in shared)
    return f"{line(context, product)}" + (f"\n   _{differing}_" if differing else "")


def measures(product: ProductView) -> dict[str, str]:
    """Every figure with its unit in a product's texts: as compared → as written."""
    text = f"{product.name}\n{product.description}"
    return {
        f"{match[1]} {fold(match[2])}": f"{match[1]} {match[2]}"
        for match in _MEASURE.finditer(text)
        if traits.is_unit(fold(match[2]))
    }


def _prices(context: TurnContext, products: Sequence[ProductView]) -> str:
    if len({product.currency for product in products}) > 1:
        return ""
    cheapest = min(products, key=lambda product: product.price_minor)
    if all(product.price_minor == cheapest.price_minor for product in products):
        return say(context, "same_price")
    return say(context, "costs_less", name=name(cheapest))
