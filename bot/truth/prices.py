"""A reply taken apart enters; its amounts that are not true leave as rejections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.truth.amounts import Amount
from bot.truth.facts import DELIVERY, FactAmount, words_of
from bot.truth.folding import fold
from bot.truth.gates import Gated
from bot.truth.limits import echo_of_customer
from bot.truth.ownership import Owners, assign
from bot.truth.reading import Reading, Rejection, same
from bot.truth.sentences import Span
from bot.truth.sums import hides_a_sum, is_computed

_FACT_CUE = Gated(
    rf"\b(?:{DELIVERY}|minim\w+|compras?|pedidos?|orders?|desde|partir|superior\w*|retiro"
    r"|recog\w+|instal\w+"
    r"|anticipo|abono|sena|deposito|adicional\w*|recargo|tarifa)\b"
)
_OF_DELIVERY = re.compile(
    rf"\b{DELIVERY}(?: \w+){{0,2}} (?:de|del|para|of|for|do|da)(?: (?:el|la|los|las|the|tu|un"
    r"|una))?\s*$"
)


_OF_ALL = Gated(
    r"\b(?:precios|opciones|modelos|productos|prices|options|models|precos|opcoes|temos|tenemos"
    r"|tengo|hay|we have|ofrecemos) (?:\w+ ){0,4}?(?:desde|de|from|start\w*|between|entre|range\w*"
    r"|a partir)\b"
)
"""The amounts are those of the whole choice, not of the product spoken of."""


def untrue_amounts(reading: Reading) -> Iterator[Rejection]:
    """Every amount that is neither held nor computed, or stands beside the wrong product."""
    asked: Owners = reading.evidence.asked
    carried = asked
    heading = ""
    for sentence in reading.sentences:
        own = [a for a in reading.amounts if sentence[0] <= a.start < sentence[1]]
        mentions = reading.mentions_in(sentence)
        prices: list[Amount] = []
        for amount in own:
            echo = echo_of_customer(reading, amount, sentence, own)
            if echo == "untrue":
                yield reading.reject("amount", amount.start, amount.end, "limit")
            elif echo == "fair":
                reading.rests_on("echo")
            elif _is_fact(reading, amount, sentence, own, heading):
                reading.rests_on("fact")
            else:
                prices.append(amount)
        owning = () if _OF_ALL.search(reading.folded, *sentence) else carried
        for amount, owners in assign(reading.folded, sentence, mentions, prices, owning):
            if reason := _why_untrue(reading, amount, owners, sentence):
                yield reading.reject("amount", amount.start, amount.end, reason)
        carried = tuple(mentions) or carried
        said = reading.written[slice(*sentence)]
        if said.rstrip().endswith(":"):
            heading = said
        elif mentions:
            heading = ""


def _why_untrue(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> str | None:
    """The reason an amount is no true price, sum or difference; None when it is one."""
    if owners and not any(owner.products for owner in owners):
        return "unknown_product"
    among = {i for o in owners for i in o.products} or range(len(reading.evidence.products))
    matches = {i for i in among if _is_price(reading, amount, i)}
    is_true = matches and not hides_a_sum(reading, amount, owners, sentence)
    if is_true:
        _settle(reading, owners, matches)
    if is_true or is_computed(reading, amount, owners, sentence):
        reading.stated.append(amount.value)
        reading.rests_on("price" if is_true else "computed")
        return None
    if not owners and _is_unnamed_fact(reading, amount, sentence):
        return None
    if matches:
        return "sum"
    if reading.is_any_price(amount):
        return "other_product"
    is_other_currency = reading.is_any_price(replace(amount, currencies=frozenset()))
    return "currency" if is_other_currency else "not_held"


def _is_price(reading: Reading, amount: Amount, product: int) -> bool:
    """A product's price, or an amount its own text names (the value of a gift card)."""
    if reading.equals(amount, product):
        return True
    return any(same(amount, own.value) for own in reading.evidence.amounts_of(product))


def _settle(reading: Reading, owners: Owners, matches: set[int]) -> None:
    if len(matches) == 1:
        reading.used |= matches
    for owner in owners:
        if meant := matches & set(owner.products):
            reading.settled.setdefault(owner, set()).update(meant)


def _is_fact(
    reading: Reading, amount: Amount, sentence: Span, own: Sequence[Amount], heading: str
) -> bool:
    """Whether the amount is one of the shop's facts and is said as such, not as a price."""
    facts = [fact for fact in reading.evidence.facts.amounts if _holds(fact, amount)]
    if not facts:
        return False
    lead, trail = _surroundings(reading, amount, sentence, own)
    around = f"{heading}{lead} {trail}"
    said = words_of(around)
    is_cued = bool(_FACT_CUE.search(fold(around)))
    return any((is_cued or said & f.words) and f.zone.fits(around) for f in facts)


def _holds(fact: FactAmount, amount: Amount) -> bool:
    fits = not amount.currencies or bool(amount.currencies & fact.currencies)
    return fits and same(amount, fact.value)


def _is_unnamed_fact(reading: Reading, amount: Amount, sentence: Span) -> bool:
    said = reading.written[slice(*sentence)]
    return any(
        _holds(fact, amount) and fact.zone.fits(said) for fact in reading.evidence.facts.amounts
    )


def _surroundings(
    reading: Reading, amount: Amount, sentence: Span, own: Sequence[Amount]
) -> tuple[str, str]:
    """What is said of an amount before and behind it, as far as it is not said of another."""
    mentions = [m for m in reading.mentions_in((sentence[0], amount.start)) if m.products]
    ends = [sentence[0], *(m.end for m in mentions), *(a.end for a in own if a.end <= amount.start)]
    lead = reading.written[max(ends) : amount.start]
    if mentions and max(ends) == mentions[-1].end:
        # "El X cuesta … con envío" speaks of X; "el envío del X cuesta …" of the delivery.
        cue = _OF_DELIVERY.search(reading.folded[sentence[0] : mentions[-1].start])
        return (cue[0] if cue else "") + lead, ""
    starts = [sentence[1], *(a.start for a in own if a.start > amount.start)]
    starts += [m.start for m in reading.mentions_in((amount.end, sentence[1]))]
    return lead, reading.written[amount.end : min(starts)]
