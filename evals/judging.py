"""A reply and what is expected of it enter, everything that is wrong with it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.reading.language import detect_language
from catalog.money import exponent
from catalog.products import ProductView
from evals import phrases
from evals.amounts import sums
from evals.reading import Expectation
from shop.facts import ShopFacts

_LESS = r"(?:descuento|dcto|dto|rebaja|menos|off|discount|desconto)"
_DISCOUNT = re.compile(
    rf"\d+ ?%(?: \w+){{0,2}} {_LESS}|{_LESS}(?: \w+){{0,3}} \d+ ?%|\b[2-9] ?x ?[1-9]\b(?! ?\d)"
    r"|\b(?:mitad de(?:l| su)? precio|half (?:the |its )?price|metade do preco)\b"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation a reply did not meet.

    Args:
        check: which one, as `evals.check` of the texts names it.
        detail: what was missing, or too much.
    """

    check: str
    detail: str


@dataclass(frozen=True, slots=True)
class Shop:
    """What the talk's shop truly sells and says, to judge by.

    Args:
        products: by SKU.
        told: the shop's facts, folded.
        fees: the sums of money in them.
        numbers: of names, descriptions and facts: no money where nothing marks them so.
    """

    products: Mapping[str, ProductView]
    told: str
    fees: frozenset[Decimal]
    numbers: frozenset[str]

    def price(self, sku: str) -> Decimal:
        product = self.products[sku]
        return Decimal(product.price_minor).scaleb(-exponent(product.currency))


def make_shop(products: Sequence[ProductView], facts: ShopFacts) -> Shop:
    """What is needed of a catalog and the shop's facts."""
    told = "\n".join(map(str, _leaves(facts.values)))
    costs = {Decimal(str(leaf)) for leaf in _leaves(facts.values) if not isinstance(leaf, str)}
    written = {value for each in sums(told) for value in each.values}
    texts = "\n".join(f"{one.sku} {one.name} {one.description}" for one in products)
    numbers = re.findall(r"\d[\w.,]*\w|\d", phrases.folded(f"{texts}\n{told}"))
    return Shop(
        products={one.sku: one for one in products},
        told=phrases.folded(told),
        fees=frozenset(costs | written),
        numbers=frozenset(numbers),
    )


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value


@dataclass(slots=True)
class Judge:
    """Judges the replies of one talk, in their order."""

    shop: Shop
    language: str
    _said: str = ""
    _named: set[str] = field(default_factory=set)
    _last: str = ""

    def hear(self, question: str, reply: str = "") -> None:
        """What was said, and is no evidence: the customer's words, replies given beforehand."""
        self._said += f"\n{question}\n{reply}"
        self._last = reply or self._last

    def judge(self, reply: str, named: Sequence[str], expect: Expectation) -> tuple[Failure, ...]:
        """What is wrong with the reply to what was heard last; () when it is as it should be.

        Args:
            named: SKUs of the products the reply names.
        """
        self._named |= {*named, *expect.prices_of, *expect.names.all, *expect.names.any}
        found = (
            *_products(named, expect),
            *self._amounts(reply, expect),
            *self._discounts(reply),
            *_wording(reply, expect),
            *self._form(reply, named, expect),
        )
        self._last = reply
        return found

    def _amounts(self, reply: str, expect: Expectation) -> Iterator[Failure]:
        found = list(sums(reply, self.shop.numbers))
        told = {value for each in found for value in each.values}
        prices = {sku: self.shop.price(sku) for sku in self._named if sku in self.shop.products}
        for sku in expect.prices_of:
            if prices[sku] not in told:
                yield Failure("prices_of", f"{sku}: {prices[sku]:,f}")
        for amount in expect.amounts.contain:
            if amount not in told:
                yield Failure("amounts_contain", f"{amount:,f}")
        true = {*prices.values(), *self.shop.fees, *expect.amounts.contain, *expect.amounts.allow}
        heard = {value for each in sums(self._said) for value in each.values}
        for each in found:
            may_deny = each.denied and each.values & heard
            if not (each.values & true or may_deny):
                yield Failure("amounts", each.said)

    def _discounts(self, reply: str) -> Iterator[Failure]:
        for clause in phrases.clauses(reply):
            found = None if phrases.denies(clause) else _DISCOUNT.search(clause)
            if found and found[0] not in self.shop.told:
                yield Failure("discount", found[0])

    def _form(self, reply: str, named: Sequence[str], expect: Expectation) -> Iterator[Failure]:
        wanted = expect.language or self.language
        spoken = detect_language([self._own_words(reply, named)], wanted, default=wanted)
        if not reply.strip():
            yield Failure("answered", "")
        elif spoken != wanted:
            yield Failure("language", f"{wanted}, {spoken}")
        if expect.new and " ".join(reply.split()) == " ".join(self._last.split()):
            yield Failure("new", "")
        if expect.max_chars is not None and len(reply) > expect.max_chars:
            yield Failure("max_chars", f"{len(reply)} > {expect.max_chars}")

    def _own_words(self, reply: str, named: Sequence[str]) -> str:
        """Without the shop's own names, which stay as they are in every language."""
        names = (self.shop.products[sku].name for sku in named if sku in self.shop.products)
        for name in names:
            reply = reply.replace(name, " ")
        return reply


def _products(named: Sequence[str], expect: Expectation) -> Iterator[Failure]:
    names = expect.names
    for sku in names.all:
        if sku not in named:
            yield Failure("names_all", sku)
    if names.any and not set(names.any) & set(named):
        yield Failure("names_any", ", ".join(names.any))
    for sku in named:
        if sku in names.none or (names.only is not None and sku not in names.only):
            yield Failure("names_none", sku)


def _wording(reply: str, expect: Expectation) -> Iterator[Failure]:
    rules = (
        ("says", expect.says, phrases.says, True),
        ("says_not", expect.says_not, phrases.says, False),
        ("contains", expect.contains, phrases.contains, True),
        ("lacks", expect.lacks, phrases.contains, False),
        ("refuses", expect.refuses, phrases.affirms, False),
    )
    for check, named, holds, should_hold in rules:
        for one in named:
            if holds(reply, one) is not should_hold:
                yield Failure(check, one)
