"""A turn's context enters; the amounts, quantities and discounts a reply may rest on leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from bot.truth.amounts import Amount, find_amounts, fold, plain
from bot.truth.discount_claims import DiscountClaim, find_discount_claims
from bot.truth.mentions import Mention, ProductNames
from bot.truth.number_words import NUMBER, SMALL, parse_digits
from bot.turn_context import TurnContext
from catalog.money import exponent
from catalog.search import ProductView

_WORD = re.compile(r"[a-z0-9]{3,}")
_LINKS = frozenset(["del", "los", "las", "the", "and", "para", "por", "con", "dos", "das"])
_COUNTED = re.compile(
    r"(?:dias?|days?|months?|meses|anos?|years?|horas?|hours?|units?|unidades|cantidad|phone"
    r"|telefono|percent"
    r"|porcentaje|rate|since|desde_el|numero|number|stock|quantity|zip|postal)"
)
_QUANTITY = re.compile(
    rf"(?<![a-z0-9.,$/:-])(?:x ?)?(?P<digits>\d{{1,3}})(?: ?x)?(?![a-z0-9]|[.,/:]\d|-\d| ?%)"
    rf"|\b(?P<word>{'|'.join(sorted(SMALL, key=len, reverse=True))}|par|ambos|ambas|both"
    r"|media docena|docena|dozen|duzia)\b"
)
_COLLECTIVES = {"par": 2, "ambos": 2, "ambas": 2, "both": 2, "media docena": 6} | dict.fromkeys(
    ("docena", "dozen", "duzia"), 12
)
DELIVERY = r"(?:envio|domicilio|entrega|despacho|flete|delivery|shipping|frete)s?"
_DELIVERY_FIELD = re.compile(rf"{DELIVERY}|recog|retir|pickup")

_COST_FIELD = re.compile(r"cost|preci|price|tarif|fee|valor")
_THRESHOLD = re.compile(
    r"(?:desde|minim\w*|superior\w*|mayor\w*|partir|from|over|supera\w*|above)[^.;]{0,25}$"
)


@dataclass(frozen=True, slots=True)
class FactAmount:
    """An amount the shop's facts hold.

    Args:
        value: in major units.
        currencies: what it can be in.
        words: folded words of the fact it stands in, its field names among them.
        zone: folded words of the delivery zone it belongs to; empty for anything else.
        is_delivery_cost: it may be added to a purchase.
    """

    value: Decimal
    currencies: frozenset[str]
    words: frozenset[str]
    zone: frozenset[str] = frozenset()
    is_delivery_cost: bool = False


@dataclass(frozen=True, slots=True)
class FactText:
    """A sentence of the facts that grants a discount.

    Args:
        claims: what it grants.
        amounts: amounts it names, such as the purchase from which it holds.
        words: folded words that say for what it holds, such as "transferencia".
    """

    claims: tuple[DiscountClaim, ...]
    amounts: tuple[Decimal, ...]
    words: frozenset[str]


_PICKUP = re.compile(r"\b(?:recog|recoj|retir|pick|buscar|tienda|store|loja|sede)")


@dataclass(frozen=True, slots=True)
class FactLine:
    """One sentence of the facts.

    Args:
        folded: its field names, then what it says.
        field_end: where the field names end in `folded`.
        zone: folded words of the delivery zone it belongs to; empty for anything else.
        elsewhere: words of the other zones.
    """

    folded: str
    field_end: int
    zone: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()

    @property
    def said(self) -> str:
        """What it says, without its field names."""
        return self.folded[self.field_end :]

    @property
    def is_pickup(self) -> bool:
        """It is about fetching things oneself."""
        return speaks_of_pickup(" ".join(self.zone))

    def fits(self, said: str) -> bool:
        """Whether it may stand in a sentence: that names its zone, or none."""
        words = words_of(said)
        if not self.zone or words & self.zone:
            return True
        if self.is_pickup:
            return speaks_of_pickup(said)
        return not words & self.elsewhere


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one reply may rest on; products are known by their position."""

    products: tuple[ProductView, ...]
    names: ProductNames
    asked: tuple[Mention, ...]
    """Products the customer named in the waiting messages."""
    prices: tuple[Decimal, ...]
    facts: tuple[FactAmount, ...]
    grants: tuple[FactText, ...]
    figures: frozenset[Decimal]
    """Numbers the customer wrote, also as thousands ("tengo 600")."""
    quantities: frozenset[int]
    numbers: frozenset[str]
    """Digits of names, descriptions and facts: no money by their form alone."""
    facts_text: str
    lines: tuple[FactLine, ...]
    """The facts sentence by sentence."""
    said: str
    """All the customer said in the talk, folded."""
    values: Mapping[str, Any]
    """The facts as the shop gave them."""
    now: datetime | None
    """The shop's local time."""
    language: str

    def amounts_of(self, product: int) -> tuple[Amount, ...]:
        """Amounts a product's own text names, such as the value of a gift card."""
        return _amounts(product_text(self.products[product]))

    def discounts_of(self, product: int) -> tuple[DiscountClaim, ...]:
        """Discounts a product's own text grants."""
        return _discounts(product_text(self.products[product]))

    @property
    def facts_folded(self) -> str:
        """The facts, folded."""
        return fold(plain(self.facts_text))

    @property
    def delivery_costs(self) -> tuple[Decimal, ...]:
        """What delivery can cost, each figure once."""
        return tuple({fact.value for fact in self.facts if fact.is_delivery_cost})


def speaks_of_pickup(folded: str) -> bool:
    """Whether it is about fetching things oneself, in whatever language."""
    return bool(_PICKUP.search(folded))


def product_text(product: ProductView) -> str:
    """Everything a product says about itself in words."""
    return f"{product.name}\n{product.description}"


_amounts = lru_cache(maxsize=4096)(find_amounts)
_discounts = lru_cache(maxsize=4096)(find_discount_claims)


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """The folded words of a text, three letters or longer."""
    return frozenset(_WORD.findall(fold(plain(text))))


@lru_cache(maxsize=4096)
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
    products = tuple(hit.product for hit in context.hits)
    leaves = list(_leaves(context.facts.values))
    facts_text = "\n".join(f"{' '.join(path)}: {leaf}" for path, _, leaf in leaves)
    customer = [m.body for m in (*context.history, *context.waiting) if m.author == "customer"]
    customer += [m.body for m in context.waiting if m.author != "customer"]
    said = "\n".join(body for body in customer if body)
    names = ProductNames(products, (facts_text, *(product_text(product) for product in products)))
    currency = str(context.facts.values.get("currency") or context.currency)
    texts = (facts_text, *(product_text(product) for product in products))
    return Evidence(
        products=products,
        names=names,
        asked=tuple(m for m in names.find(context.question) if m.products),
        prices=tuple(_major(product) for product in products),
        facts=tuple(_fact_amounts(leaves, currency)),
        grants=tuple(_grants(leaves)),
        figures=frozenset(_figures(said)),
        quantities=quantities_in(fold(plain(said))),
        numbers=frozenset().union(*(_numbers(text) for text in texts)),
        facts_text=facts_text,
        lines=tuple(_lines(leaves)),
        said=fold(plain(said)),
        values=context.facts.values,
        now=context.now,
        language=context.language,
    )


def _major(product: ProductView) -> Decimal:
    return Decimal(product.price_minor).scaleb(-exponent(product.currency))


_Leaf = tuple[tuple[str, ...], Mapping[str, Any], Any]


def _leaves(
    value: Any, path: tuple[str, ...] = (), parent: Mapping[str, Any] | None = None
) -> Iterator[_Leaf]:
    """Every plain value of the facts with its field names and the object it stands in."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)), value if path else {})
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _leaves(inner, path, parent)
    elif value is not None and not isinstance(value, bool):
        yield path, parent or {}, value


_PART = re.compile(r"(?<=[.;!?])\s+|\n")


def _zone(parent: Mapping[str, Any]) -> frozenset[str]:
    return words_of(str(parent.get("zone", ""))) - _LINKS


def _lines(leaves: Sequence[_Leaf]) -> Iterator[FactLine]:
    zones: frozenset[str] = frozenset().union(*(_zone(parent) for _, parent, _ in leaves))
    for path, parent, leaf in leaves:
        field = fold(" ".join(path).replace("_", " ")) + ": "
        zone = _zone(parent)
        for part in _PART.split(str(leaf)):
            yield FactLine(field + fold(plain(part)), len(field), zone, zones - zone)


def _fact_amounts(leaves: Sequence[_Leaf], currency: str) -> Iterator[FactAmount]:
    for path, parent, leaf in leaves:
        own = frozenset((str(parent.get("currency") or currency),))
        zone = _zone(parent)
        field = fold(" ".join(path)).replace("_", " ")
        beside = " ".join(inner for inner in parent.values() if isinstance(inner, str))
        words = words_of(f"{field} {beside}")
        number = _as_number(leaf)
        if number is None:
            said = plain(str(leaf))
            for amount in _amounts(str(leaf)):
                currencies = amount.currencies or own
                is_cost = _is_delivery_cost(f"{field} {fold(said)}", fold(said[: amount.start]))
                yield FactAmount(amount.value, currencies, words | words_of(said), zone, is_cost)
        elif not _COUNTED.search(fold(path[-1])):
            names_cost = _COST_FIELD.search(field) and _is_delivery_cost(field, "")
            yield FactAmount(number, own, words, zone, bool(zone or names_cost))


def _is_delivery_cost(text: str, before: str) -> bool:
    """Whether a fact speaks of delivery, and not of the purchase it takes."""
    return bool(_DELIVERY_FIELD.search(text)) and not _THRESHOLD.search(before)


def _as_number(leaf: Any) -> Decimal | None:
    if isinstance(leaf, str) and re.fullmatch(NUMBER, leaf.strip()):
        return parse_digits(leaf.strip())
    try:
        return Decimal(str(leaf)) if isinstance(leaf, int | float) else None
    except InvalidOperation:  # not reached for JSON numbers; NaN and infinity are no amounts
        return None


def _grants(leaves: Sequence[_Leaf]) -> Iterator[FactText]:
    for path, parent, leaf in leaves:
        for part in _PART.split(str(leaf)):
            # Field names speak too: {"free_delivery_from": 200000}, {"descuentos": "10%"}.
            text = f"{' '.join(path).replace('_', ' ')}: {part}"
            claims = _discounts(text)
            if claims:
                number = _as_number(leaf)
                values = tuple(amount.value for amount in _amounts(part))
                yield FactText(claims, values if number is None else (number,), _conditions(part))
        is_cost = "cost" in fold(path[-1]) and _as_number(leaf) == 0
        if is_cost:
            claim = DiscountClaim("free", "", 0, 0)
            yield FactText((claim,), (), words_of(str(parent.get("zone", ""))))


_NO_CONDITION = words_of(
    "descuento descuentos desconto discount oferta ofertas promocion promociones gratis"
    " gratuito free envio envios domicilio domicilios shipping delivery entrega frete compras"
    " compra pedidos desde por con los las del para sobre partir superiores the and for from"
    " over sin interes intereses cuotas hasta meses cupon codigo regalo obsequio tenemos todos"
    " todas nuestros nuestras pagos"
)


def _conditions(part: str) -> frozenset[str]:
    return frozenset(word for word in words_of(part) - _NO_CONDITION if word.isalpha())


def _figures(said: str) -> Iterator[Decimal]:
    for amount in _amounts(said):
        yield amount.value
    for number in re.findall(rf"(?<![A-Za-z\d.,]){NUMBER}", plain(said)):
        value = parse_digits(number)
        yield value
        if value < 10_000:
            yield value * 1000
