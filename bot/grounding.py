"""A reply and what its prompt held enter; whether the reply is true, or which claim is not, leaves.

Money comes from the database: an amount must stand in the prompt (candidates, shop facts) or be
computed from it for the quantities at hand; beside a product's name it must be that product's.
The customer's own figure may return only as a limit. Stock and discounts alike. What the bot said
earlier proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from bot.truth.attributes import untrue_measures
from bot.truth.contacts import untrue_contacts
from bot.truth.discounts import untrue_discounts
from bot.truth.evidence import gather
from bot.truth.favours import untrue_favours
from bot.truth.goods import untrue_goods
from bot.truth.opening import untrue_hours
from bot.truth.payments import untrue_payments
from bot.truth.prices import untrue_amounts
from bot.truth.reading import Reading, Rejection
from bot.truth.stock import untrue_stock
from bot.truth.terms import untrue_terms
from bot.truth.variants import untrue_variants
from bot.turn_context import TurnContext
from catalog.money import format_price
from catalog.search import ProductView
from core.texts import text as sentence_text

__all__ = ["Rejection", "Verdict", "accepted", "check", "correction"]

VERSION = 2
"""Of the rules: stands with every decision they took."""

_MOST_ALLOWED = 5
MOST_NUMBERS = 120
_NUMBER = re.compile(r"\d[\d.,']*")

_RULES = (
    untrue_amounts,
    untrue_stock,
    untrue_discounts,
    untrue_terms,
    untrue_hours,
    untrue_contacts,
    untrue_payments,
    untrue_goods,
    untrue_measures,
    untrue_variants,
    untrue_favours,
)
"""Discounts come after the amounts: a minimum purchase may be met by what those add up to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the truth check found.

    Args:
        grounded: no claim was rejected.
        products: SKUs named in the reply, in the order of the candidates.
        prices: product id → price_minor of the products the reply rests on.
        bases: rule → how many claims it found true.
    """

    grounded: bool
    rejections: tuple[Rejection, ...]
    products: tuple[str, ...]
    prices: Mapping[str, int]
    bases: Mapping[str, int]


def check(text: str, context: TurnContext) -> Verdict:
    """Whether every amount, stock and discount claim of a reply rests on its context.

    Args:
        text: the whole reply, as the customer would see it.
        context: what the prompt was built from.
    """
    rambling = _rambling(text)
    reading = Reading("" if rambling else text, gather(context))
    rejections = rambling or tuple(dict.fromkeys(r for rule in _RULES for r in rule(reading)))
    products = reading.evidence.products
    named = sorted(reading.named())
    return Verdict(
        grounded=not rejections,
        rejections=rejections,
        products=tuple(dict.fromkeys(products[i].sku for i in named)),
        prices={
            str(products[i].id): products[i].price_minor for i in sorted({*named, *reading.used})
        },
        bases=dict(reading.bases),
    )


def _rambling(text: str) -> tuple[Rejection, ...]:
    """The rejection of a reply with more numbers than a customer can use, such as a model's that
    repeats itself; the rules would compare each of them with all others."""
    numbers = list(islice(_NUMBER.finditer(text), MOST_NUMBERS + 1))
    if len(numbers) <= MOST_NUMBERS:
        return ()
    return (Rejection("amount", text[: numbers[5].end()], "not_held"),)


def accepted(
    prices: Mapping[str, int], context: TurnContext, bases: Mapping[str, int] = MappingProxyType({})
) -> dict[str, Any]:
    """What is kept with a reply that was let out, beside its prices.

    `available` are the products it rests on that were not sold out: before it is sent, they must
    still not be.
    """
    stocks = {str(hit.product.id): hit.product.stock for hit in context.hits}
    available = [product for product in prices if stocks.get(product) != 0]
    return {"kind": "accepted", "check": VERSION, "rests_on": dict(bases), "available": available}


def correction(verdict: Verdict, context: TurnContext) -> str:
    """What the prompt says before a second try: each untrue claim, and what is allowed instead."""
    language = context.language
    lines = [sentence_text("grounding.opening", language)]
    for rejection in verdict.rejections:
        reason = sentence_text(f"grounding.{rejection.kind}.{rejection.reason}", language)
        lines.append(
            sentence_text("grounding.claim", language, claim=rejection.claim, reason=reason)
        )
    named = (hit.product for hit in context.hits if hit.product.sku in verdict.products)
    lines += [_allowed(product, language) for product in islice(named, _MOST_ALLOWED)]
    lines.append(sentence_text("grounding.closing", language))
    return "\n".join(lines)


def _allowed(product: ProductView, language: str) -> str:
    """What may be said of a product the refused reply named."""
    stock = str(product.stock)
    if not product.stock:
        known = "unknown_stock" if product.stock is None else "out_of_stock"
        stock = sentence_text(f"prompt.{known}", language)
    price = format_price(product.price_minor, product.currency, language)
    return sentence_text("grounding.allowed", language, name=product.name, price=price, stock=stock)
