"""A turn's context enters; everything a reply to it may rest on leaves."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache

from bot.truth.amounts import Amount, find_amounts
from bot.truth.discount_claims import DiscountClaim, find_discount_claims
from bot.truth.facts import FactsHeld, read_facts
from bot.truth.folding import PRODUCTS_KEPT, fold, plain
from bot.truth.mentions import Mention, ProductNames
from bot.truth.number_words import NUMBER, SMALL, parse_digits
from bot.turn_context import TurnContext
from catalog.money import exponent
from catalog.search import ProductView
from catalog.words.analysis import words

_QUANTITY = re.compile(
    rf"(?<![a-z0-9.,$/:-])(?:x ?)?(?P<digits>\d{{1,3}})(?: ?x)?(?![a-z0-9]|[.,/:]\d|-\d| ?%)"
    rf"|\b(?P<word>{'|'.join(sorted(SMALL, key=len, reverse=True))}|par|ambos|ambas|both"
    r"|media docena|docena|dozen|duzia)\b"
)
_COLLECTIVES = {"par": 2, "ambos": 2, "ambas": 2, "both": 2, "media docena": 6} | dict.fromkeys(
    ("docena", "dozen", "duzia"), 12
)


@dataclass(frozen=True)
class Evidence:
    """What one reply may rest on; products are known by their position.

    What few replies touch is worked out when a rule first asks for it.

    Args:
        context: what the prompt was built from.
        products: all that reply may speak of.
        facts: what the shop says about itself.
    """

    context: TurnContext
    products: tuple[ProductView, ...]
    facts: FactsHeld

    @property
    def articles(self) -> Container[str]:
        """Index terms of the whole catalog."""
        return self.context.articles

    @property
    def now(self) -> datetime | None:
        """The shop's local time."""
        return self.context.now

    @property
    def language(self) -> str:
        return self.context.language

    @cached_property
    def names(self) -> ProductNames:
        """Finds the products, and models that nothing here holds."""
        return ProductNames(self.products, self._texts)

    @cached_property
    def asked(self) -> tuple[Mention, ...]:
        """Products the customer named in the waiting messages."""
        return tuple(m for m in self.names.find(self.context.question) if m.products)

    @cached_property
    def prices(self) -> tuple[Decimal, ...]:
        return tuple(map(_major, self.products))

    @cached_property
    def figures(self) -> frozenset[Decimal]:
        """Numbers the customer wrote, also as thousands ("tengo 600")."""
        return frozenset(_figures(self._said))

    @cached_property
    def quantities(self) -> frozenset[int]:
        """Counts of articles the customer named."""
        return quantities_in(self.said)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Digits of names, descriptions and facts: no money by their form alone."""
        return frozenset().union(*map(_numbers, self._texts()))

    @cached_property
    def said(self) -> str:
        """All the customer said in the talk, folded."""
        return fold(plain(self._said))

    @cached_property
    def vocabularies(self) -> tuple[frozenset[str], ...]:
        """The words of the shop (its facts and categories) and of each product."""
        categories = "; ".join(name for name, _ in self.context.categories)
        shop = words_in(f"{self.facts.text}\n{categories}")
        return (shop, *map(_product_words, self.products))

    def holds(self, word: str) -> bool:
        """Whether products, facts or categories hold a word."""
        return any(word in words for words in self.vocabularies)

    def amounts_of(self, product: int) -> tuple[Amount, ...]:
        """Amounts a product's own text names, such as the value of a gift card."""
        return _amounts(granting_text(self.products[product]))

    def discounts_of(self, product: int) -> tuple[DiscountClaim, ...]:
        """Discounts a product's own text grants."""
        return _discounts(granting_text(self.products[product]))

    def _texts(self) -> tuple[str, ...]:
        return (self.facts.text, *map(product_text, self.products))

    @cached_property
    def _said(self) -> str:
        context = self.context
        talk = (*context.earlier, *context.history, *context.waiting)
        customer = [m.body for m in talk if m.author == "customer"]
        customer += [m.body for m in context.waiting if m.author != "customer"]
        return "\n".join(body for body in customer if body)


@lru_cache(maxsize=PRODUCTS_KEPT)
def _product_words(product: ProductView) -> frozenset[str]:
    return frozenset(words(f"{product_text(product)} {product.brand} {product.category}"))


@lru_cache(maxsize=64)
def words_in(text: str) -> frozenset[str]:
    """The words of a text as the catalog indexes them, before they are stemmed."""
    return frozenset(words(text))


@lru_cache(maxsize=PRODUCTS_KEPT)
def product_text(product: ProductView) -> str:
    """What a product says about itself in words; the end of an endless description is left out."""
    return f"{product.name}\n{product.description[:MOST_DESCRIPTION_CHARS]}"


MOST_DESCRIPTION_CHARS = 4000
_ORDERS = re.compile(
    r"\b(?:SYSTEM|SISTEMA:|INSTRUC)|(?i:\binstruc\w+ (?:para|al|for|to|anterior|previa)"
    r"|previous instruc"
    r"|\b(?:para (?:el|la)|al|for the|to the) (?:asistente|assistant|bot)\b|\b(?:assistant"
    r"|asistente):"
    r"|\b(?:ignor[ae]|olvida|disregard|forget|esquec?a) (?:tus|las|tod|lo|all|your|any|the"
    r"|previous|suas)"
    r"|\b(?:di|dile|digas?|diga|responde|contesta|say|tell) (?:que|that|a los clientes"
    r"|customers?)\b)"
)


@lru_cache(maxsize=PRODUCTS_KEPT)
def granting_text(product: ProductView) -> str:
    """What a product's text can grant: nothing where it speaks to the assistant."""
    text = product_text(product)
    return product.name if _ORDERS.search(text) else text


_amounts = lru_cache(maxsize=PRODUCTS_KEPT)(find_amounts)
_discounts = lru_cache(maxsize=PRODUCTS_KEPT)(find_discount_claims)


@lru_cache(maxsize=PRODUCTS_KEPT)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.sub(r"\D", "", number) for number in re.findall(NUMBER, plain(text)))


def quantities_in(folded: str) -> frozenset[int]:
    """Counts of articles a folded text names, 1 to 999."""
    found = set()
    for match in _QUANTITY.finditer(folded):
        word = match["word"]
        found.add(int(match["digits"]) if not word else _COLLECTIVES.get(word) or SMALL[word])
    return frozenset(found - {0})


def gather(context: TurnContext) -> Evidence:
    """Everything a reply to this context may rest on."""
    shown = {hit.product.id: hit.product for hit in context.hits}
    products = tuple((shown | {i: p for i, p in context.known.items() if i not in shown}).values())
    return Evidence(context, products, read_facts(context.facts, context.currency))


def _major(product: ProductView) -> Decimal:
    return Decimal(product.price_minor).scaleb(-exponent(product.currency))


def _figures(said: str) -> Iterator[Decimal]:
    for amount in _amounts(said):
        yield amount.value
    for number in re.findall(rf"(?<![A-Za-z\d.,]){NUMBER}", plain(said)):
        value = parse_digits(number)
        yield value
        if value < 10_000:
            yield value * 1000
