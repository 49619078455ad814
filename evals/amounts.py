"""A reply enters, every sum of money it may name leaves, with each value its digits may mean.

What counts as money is decided here anew, apart from the truth check: an examiner who reads as the
examined one does sees no mistake.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.truth.number_words import QUANTITY, value_of
from evals.phrases import clauses, denies, without

_MARK = (
    r"us ?\$|r ?\$|s/ ?\.?|[a-z]{0,3}\$|[€£]"
    r"|\b(?:cop|usd|eur|brl|mxn|ars|clp|pen|pesos?|dolar(?:es)?|dollars?|euros?|reais|soles|lucas?)\b"
)
_UNIT = (
    r"(?:mah|wh?|gb|tb|mb|hz|btu|dpi|mp(?:x|ixeles)?|ml|l(?:itros?)?|g(?:ramos?)?|kg|[ckm]?m2?|%"
    r"|pulgadas?|h(?:oras?|ours?|rs?)?|dias?|days?|anos?|years?|piezas?|pieces?|pecas?"
    r"|unidades?|units?|tazas?)(?![a-z])"
)
_MONEY = re.compile(
    rf"(?P<before>{_MARK})?\s?(?<![\w.,#'-])(?P<number>{QUANTITY})(?![\d%])"
    rf"\s?(?:(?P<unit>{_UNIT})|(?:de )?(?P<after>{_MARK}))?"
)
_NUMBERED = re.compile(
    r"(?:pedido|orden|order|guia|factura|numero|n[°o]\.?|codigo|code|ref\w*)\W*$"
)
_PRICE_FROM = 1000
"""A bare number below this is a quantity or a size more often than money."""
_YEARS = range(1950, 2100)


@dataclass(frozen=True, slots=True)
class Sum:
    """Money as a reply names it; `denied` when its clause says no."""

    said: str
    values: frozenset[Decimal]
    denied: bool


def sums(reply: str, known: Container[str] = ()) -> Iterator[Sum]:
    """The sums of money in a reply.

    Args:
        known: numbers of the shop's own texts; they are no money where nothing marks them so.
    """
    for clause in clauses(without(reply, "phone")):
        for match in _MONEY.finditer(clause):
            if _is_money(match, known) and not _NUMBERED.search(clause[: match.start()]):
                yield Sum(match[0].strip(), _values(match["number"]), denies(clause))


def _is_money(match: re.Match[str], known: Container[str]) -> bool:
    number = match["number"]
    if match["before"] or match["after"]:
        return True
    if match["unit"] or number in known:
        return False
    if number.isdigit() and int(number) in _YEARS:
        return False
    return max(_values(number)) >= _PRICE_FROM


def _values(number: str) -> frozenset[Decimal]:
    """1.299 may be a thousand and more, or one and a bit: whichever is true counts."""
    readings = {value_of(number)}
    if re.fullmatch(r"[\d.,' ]+", number):
        readings.add(Decimal(re.sub(r"\D", "", number)))
        if decimals := re.search(r"[.,](\d+)$", number):
            whole = re.sub(r"\D", "", number[: decimals.start()])
            readings.add(Decimal(f"{whole}.{decimals[1]}"))
    return frozenset(readings)
