"""A turn's context and what was found enter, the sentences and product lines of an answer leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.turn_context import TurnContext
from catalog.money import exponent, format_price, minor_from_major
from catalog.search import ProductView
from core.texts import text


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an answer and the products it names."""

    text: str
    products: tuple[ProductView, ...] = ()


def say(context: TurnContext, key: str, **fields: object) -> str:
    """One sentence of `customer.toml` in the customer's language."""
    return text(f"customer.offline.{key}", context.language, **fields)


def listed(context: TurnContext, head: str, products: Sequence[ProductView]) -> Part:
    """Products under a heading, one a line."""
    lines = [line(context, product) for product in products]
    return Part("\n".join([head, *lines]), tuple(products))


def merged(parts: Sequence[Part]) -> list[Part]:
    """Neighbours under the same heading as one."""
    kept: list[Part] = []
    for part in parts:
        head, _, rest = part.text.partition("\n")
        if rest and kept and kept[-1].text.startswith(f"{head}\n"):
            before = kept.pop()
            kept.append(Part(f"{before.text}\n{rest}", (*before.products, *part.products)))
        else:
            kept.append(part)
    return kept


def line(context: TurnContext, product: ProductView) -> str:
    """A product with its price and stock."""
    price = format_price(product.price_minor, product.currency, context.language)
    return say(
        context, "product", name=name(product), price=price, stock=stock(context, product.stock)
    )


def name(product: ProductView) -> str:
    """A product's name on one line, without the marks that would end bold type."""
    return " ".join(product.name.replace("*", "").split())


def stock(context: TurnContext, count: int | None) -> str:
    """What is known of the stock, in a few words."""
    if count is None:
        return say(context, "unknown_stock")
    if count <= 0:
        return say(context, "out_of_stock")
    return say(context, "one_left" if count == 1 else "some_left", stock=count)


def is_sold_out(product: ProductView) -> bool:
    """Whether none is left; an unknown stock is not sold out."""
    return product.stock is not None and product.stock <= 0


def major(product: ProductView) -> Decimal:
    """A product's price in major units."""
    return Decimal(product.price_minor).scaleb(-exponent(product.currency))


def money(context: TurnContext, amount: Decimal, currency: str) -> str:
    """An amount in major units as the customer reads it."""
    return format_price(minor_from_major(amount, currency), currency, context.language)
