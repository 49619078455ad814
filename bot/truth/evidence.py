"""A turn's context enters; everything a reply to it may rest on leaves."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from bot.truth.amounts import Amount, find_amounts
from bot.truth.discount_claims import DiscountClaim, find_discount_claims
from bot.truth.facts import FactsHeld, read_facts
from bot.truth.folding import fold, plain
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one reply may rest on; products are known by their position."""

    products: tuple[ProductView, ...]
    names: ProductNames
    asked: tuple[Mention, ...]
    """Products the customer named in the waiting messages."""
    prices: tuple[Decimal, ...]
    facts: FactsHeld
    figures: frozenset[Decimal]
    """Numbers the customer wrote, also as thousands ("tengo 600")."""
    quantities: frozenset[int]
    numbers: frozenset[str]
    """Digits of names, descriptions and facts: no money by their form alone."""
    articles: Container[str]
    """Index terms of the whole catalog."""
    categories: str
    """What the shop sells, where the prompt says it."""
    said: str
    """All the customer said in the talk, folded."""
    now: datetime | None
    """The shop's local time."""
    language: str

    def amounts_of(self, product: int) -> tuple[Amount, ...]:
        """Amounts a product's own text names, such as the value of a gift card."""
        return _amounts(granting_text(self.products[product]))

    def discounts_of(self, product: int) -> tuple[DiscountClaim, ...]:
        """Discounts a product's own text grants."""
        return _discounts(granting_text(self.products[product]))

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word that products, facts and categories hold."""
        return _vocabulary(self.products, f"{self.facts.text}\n{self.categories}")


@lru_cache(maxsize=64)
def _vocabulary(products: tuple[ProductView, ...], shop: str) -> frozenset[str]:
    texts = (f"{product_text(p)} {p.brand} {p.category}" for p in products)
    return words_in(shop).union(*map(words_in, texts))


@lru_cache(maxsize=256)
def words_in(text: str) -> frozenset[str]:
    """The words of a text as the catalog indexes them, before they are stemmed."""
    return frozenset(words(text))


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


def granting_text(product: ProductView) -> str:
    """What a product's text can grant: nothing where it speaks to the assistant."""
    text = product_text(product)
    return product.name if _ORDERS.search(text) else text


_amounts = lru_cache(maxsize=256)(find_amounts)
_discounts = lru_cache(maxsize=256)(find_discount_claims)


@lru_cache(maxsize=256)
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
    values = context.facts.values
    facts = read_facts(values, str(values.get("currency") or context.currency))
    talk = (*context.earlier, *context.history, *context.waiting)
    customer = [m.body for m in talk if m.author == "customer"]
    customer += [m.body for m in context.waiting if m.author != "customer"]
    said = "\n".join(body for body in customer if body)
    texts = (facts.text, *(product_text(product) for product in products))
    names = ProductNames(products, texts)
    return Evidence(
        products=products,
        names=names,
        asked=tuple(m for m in names.find(context.question) if m.products),
        prices=tuple(_major(product) for product in products),
        facts=facts,
        figures=frozenset(_figures(said)),
        quantities=quantities_in(fold(plain(said))),
        numbers=frozenset().union(*(_numbers(text) for text in texts)),
        articles=context.articles,
        categories="; ".join(name for name, _ in context.categories),
        said=fold(plain(said)),
        now=context.now,
        language=context.language,
    )


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
