"""The shop's facts enter; the amounts, favours and sentences a reply may rest on leave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from bot.truth.amounts import find_amounts
from bot.truth.discount_claims import DiscountClaim, find_discount_claims
from bot.truth.folding import fold, plain
from bot.truth.number_words import NUMBER, parse_digits
from shop.facts import ShopFacts
from shop.hours import Opening, read_hours

_WORD = re.compile(r"[a-z0-9]{3,}")
_LINKS = frozenset(["del", "los", "las", "the", "and", "para", "por", "con", "dos", "das"])
_COUNTED = re.compile(
    r"(?:dias?|days?|months?|meses|anos?|years?|horas?|hours?|units?|unidades|cantidad|phone"
    r"|telefono|percent"
    r"|porcentaje|rate|since|desde_el|numero|number|stock|quantity|zip|postal)"
)
DELIVERY = r"(?:envio|domicilio|entrega|despacho|flete|delivery|shipping|frete)s?"
_DELIVERY_FIELD = re.compile(rf"{DELIVERY}|recog|retir|pickup")

_COST_FIELD = re.compile(r"cost|preci|price|tarif|fee|valor")
_THRESHOLD = re.compile(
    r"(?:desde|minim\w*|superior\w*|mayor\w*|partir|from|over|supera\w*|above)[^.;]{0,25}$"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """The delivery zone a fact belongs to.

    Args:
        words: its folded words; empty for what holds everywhere.
        elsewhere: words of the other zones.
    """

    words: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()

    @property
    def is_pickup(self) -> bool:
        """It is about fetching things oneself."""
        return speaks_of_pickup(" ".join(self.words))

    def fits(self, said: str) -> bool:
        """Whether a fact of it may stand in these words: they name it, or no other place."""
        words = words_of(said)
        if not self.words or words & self.words:
            return True
        if self.is_pickup:
            return speaks_of_pickup(said)
        if words & self.elsewhere:
            return False
        return bool(self.words & _REST) or not _PLACE.search(said)


@dataclass(frozen=True, slots=True)
class FactAmount:
    """An amount the shop's facts hold.

    Args:
        value: in major units.
        currencies: what it can be in.
        words: folded words of the fact it stands in, its field names among them.
        zone: where it holds.
        is_delivery_cost: it may be added to a purchase.
    """

    value: Decimal
    currencies: frozenset[str]
    words: frozenset[str]
    zone: Zone
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


_REST = frozenset(("resto", "rest", "demas", "otras", "otros", "outras", "nacional", "todo", "all"))
_PLACE = re.compile(r"\b(?:[Aa]|[Pp]ara|hasta|hacia|[Tt]o|em) [A-ZÁÉÍÓÚÑ][a-záéíóúñ]{3,}")
"""A place somewhere else: "a Leticia"; the words come with their capitals."""
_PICKUP = re.compile(r"\b(?:recog|recoj|retir|pick|buscar|tienda|store|loja|sede)")


@dataclass(frozen=True, slots=True)
class FactLine:
    """One sentence of the facts.

    Args:
        folded: its field names, then what it says.
        field_end: where the field names end in `folded`.
        zone: where it holds.
    """

    folded: str
    field_end: int
    zone: Zone

    @property
    def said(self) -> str:
        """What it says, without its field names."""
        return self.folded[self.field_end :]


@dataclass(frozen=True, slots=True)
class FactsHeld:
    """Everything the shop says about itself, in the forms claims are looked up in.

    Args:
        text, folded: field names and values, one a line.
        hours: as the shop gave them.
        openings: None when the hours are unknown or plain text.
    """

    text: str
    folded: str
    lines: tuple[FactLine, ...]
    amounts: tuple[FactAmount, ...]
    grants: tuple[FactText, ...]
    hours: Any
    openings: tuple[Opening, ...] | None

    @property
    def delivery_costs(self) -> tuple[Decimal, ...]:
        """What delivery can cost, each figure once."""
        return tuple({amount.value for amount in self.amounts if amount.is_delivery_cost})


def speaks_of_pickup(folded: str) -> bool:
    """Whether it is about fetching things oneself, in whatever language."""
    return bool(_PICKUP.search(folded))


@lru_cache(maxsize=256)
def words_of(text: str) -> frozenset[str]:
    """The folded words of a text, three letters or longer."""
    return frozenset(_WORD.findall(fold(plain(text))))


def read_facts(facts: ShopFacts, currency: str) -> FactsHeld:
    """The facts as evidence; read once for as long as they stay the same.

    Args:
        currency: of amounts that name none, where the facts do not give the shop's own.
    """
    return _read(facts, str(facts.values.get("currency") or currency))


@lru_cache(maxsize=16)
def _read(facts: ShopFacts, currency: str) -> FactsHeld:
    values = json.loads(json.dumps(facts.values, default=str))  # as the database gives them
    leaves = list(_leaves(values))
    text = "\n".join(f"{' '.join(path)}: {leaf}" for path, _, leaf in leaves)
    openings = read_hours(values.get("hours"))
    return FactsHeld(
        text=text,
        folded=fold(plain(text)),
        lines=tuple(_lines(leaves)),
        amounts=tuple(_fact_amounts(leaves, currency)),
        grants=tuple(_grants(leaves)),
        hours=values.get("hours"),
        openings=None if openings is None else tuple(openings),
    )


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


_PART = re.compile(r"(?<=[.;!?])(?<!\s[apm]\.)\s+|\n")


def _zone(parent: Mapping[str, Any], named: frozenset[str]) -> Zone:
    words = _zone_words(parent)
    return Zone(words, named - words)


def _zone_words(parent: Mapping[str, Any]) -> frozenset[str]:
    return words_of(str(parent.get("zone", ""))) - _LINKS


def _all_zones(leaves: Sequence[_Leaf]) -> frozenset[str]:
    return frozenset().union(*(_zone_words(parent) for _, parent, _ in leaves))


def _lines(leaves: Sequence[_Leaf]) -> Iterator[FactLine]:
    zones = _all_zones(leaves)
    for path, parent, leaf in leaves:
        field = fold(" ".join(path).replace("_", " ")) + ": "
        zone = _zone(parent, zones)
        for part in _PART.split(str(leaf)):
            yield FactLine(field + fold(plain(part)), len(field), zone)


def _fact_amounts(leaves: Sequence[_Leaf], currency: str) -> Iterator[FactAmount]:
    zones = _all_zones(leaves)
    for path, parent, leaf in leaves:
        own = frozenset((str(parent.get("currency") or currency),))
        zone = _zone(parent, zones)
        field = fold(" ".join(path)).replace("_", " ")
        beside = " ".join(inner for inner in parent.values() if isinstance(inner, str))
        words = words_of(f"{field} {beside}")
        number = _as_number(leaf)
        if number is None:
            said = plain(str(leaf))
            for amount in find_amounts(str(leaf)):
                currencies = amount.currencies or own
                is_cost = _is_delivery_cost(f"{field} {fold(said)}", fold(said[: amount.start]))
                yield FactAmount(amount.value, currencies, words | words_of(said), zone, is_cost)
        elif not _COUNTED.search(fold(path[-1])):
            names_cost = _COST_FIELD.search(field) and _is_delivery_cost(field, "")
            yield FactAmount(number, own, words, zone, bool(zone.words or names_cost))


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
            claims = find_discount_claims(text)
            if claims:
                number = _as_number(leaf)
                values = tuple(amount.value for amount in find_amounts(part))
                yield FactText(claims, values if number is None else (number,), _conditions(part))
        is_cost = "cost" in fold(path[-1]) and _as_number(leaf) == 0
        if is_cost:
            claim = DiscountClaim("free", "", 0, 0)
            yield FactText((claim,), (), _zone_words(parent))


_NO_CONDITION = words_of(
    "descuento descuentos desconto discount oferta ofertas promocion promociones gratis"
    " gratuito free envio envios domicilio domicilios shipping delivery entrega frete compras"
    " compra pedidos desde por con los las del para sobre partir superiores the and for from"
    " over sin interes intereses cuotas hasta meses cupon codigo regalo obsequio tenemos todos"
    " todas nuestros nuestras pagos"
)


def _conditions(part: str) -> frozenset[str]:
    return frozenset(word for word in words_of(part) - _NO_CONDITION if word.isalpha())
