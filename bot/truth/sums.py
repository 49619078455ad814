"""An amount and the products around it enter; whether it is computed from them truly leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product as every_choice

from bot.truth.amounts import Amount
from bot.truth.evidence import quantities_in
from bot.truth.facts import DELIVERY, words_of
from bot.truth.gates import Gated
from bot.truth.mentions import Mention
from bot.truth.number_words import SMALL
from bot.truth.ownership import Owners
from bot.truth.reading import Reading, same
from bot.truth.sentences import Span, clause_around

_MOST_COUNTS = 8
_MOST_PARTS = 4

_TOTAL = re.compile(
    r"\btotal\w*|\bser[ia][ai]n?\b|\bseria[n]?\b|\bsum\w+|\bjuntos?\b"
    r"|\bjuntas?\b|\bambos\b|\bambas\b|\blos dos\b|\blas dos\b"
    r"|\bpor (?:los|las) |\bboth\b|\btogether\b|\bcomes? to\b|\bqueda\w* en\b|\bquedaria\w*\b"
    r"|\bsald\w+|\bsale[n]? (?:en|por|a)\b|\bpag\w+\b|\bincluy\w+|\bcon (?:el )?(?:envio"
    r"|domicilio)"
    r"|\bmas (?:el )?(?:envio|domicilio)|\bwith (?:shipping|delivery)|\bcom (?:o )?frete"
    r"|\bpedido\b|\bcompra\b|\btodo\b|\bllev\w+|\bunidades\b|\bunits\b|\bcombo\b"
    r"|\bpor \d|\bpor (?:dos|tres|cuatro|cinco|seis|diez)\b|\bfor (?:\d|two|three)|\bos dois\b"
    r"|\bas duas\b|\b\d+ ?x\b|\bx ?\d|[=×]|\d \w+ (?:son|sao|are)\b|\bcuestan\b|\bcost\b"
    r"|\bvalen\b|\bcustam\b|\bpar\b|\bdocena\b"
)
_JOINT = Gated(
    r"\b(?:total\w*|juntos|juntas|sum\w+|together|altogether|ao todo|por (?:los|las) (?:dos|tres"
    r"|cuatro|\d+))\b"
)
_EACH = Gated(
    r"\bcada\b|\bc/u\b|\beach\b|\bpor unidad\b|\bunitari\w+|\bapiece\b|\bper unit\b"
    r"|\bla unidad\b|\bcada um"
)
_DIFFERENCE = re.compile(
    r"\b(?:diferencia|difference|diferenca|sobran?|sobrarian?|faltan?|faltarian?|short)\b[^$\d]*$"
)
_COMPARED = re.compile(
    r" de (?:diferencia|diferenca)| difference|(?: \w+)? cheaper"
    r"|(?: pesos| cop)? (?:mas|menos|more|less|mais) (?:barat|car|econ|que|than|do que|expen)"
)
_INSTALMENTS = Gated(
    r"(?P<count>\d{1,2}) (?:cuotas?|meses|pagos|parcelas|installments|mensualidades)"
)
_COUNTED_TOTAL = Gated(
    r"\b(?:total\w*|serian?|suman?|quedan en|quedarian?|cuestan|valen|salen|por (?:los|las)"
    r"|would be|come to)\b"
)

_SPEAKS_OF_DELIVERY = re.compile(rf"\b{DELIVERY}")

_LISTED = re.compile(rf"\s*[•·*+–-]*\s*(?:\d{{1,3}}(?![.)\d])|{'|'.join(SMALL)}) ")
"""A line of an order: "2 Gorra clásica: …"."""


def is_computed(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> bool:
    """Whether an amount follows from what is held: total, difference or instalment.

    Totals need a word that says so, and counts the customer or this sentence names; each may stand
    with the cost of delivery on top.
    """
    if (
        _is_difference(reading, amount, sentence)
        or _is_instalment(reading, amount, owners, sentence)
        or _is_discounted(reading, amount, owners, sentence)
    ):
        return True
    if not (_TOTAL.search(reading.folded, *sentence) or _LISTED.match(reading.folded, *sentence)):
        return False
    among = {i for o in owners for i in o.products} or range(len(reading.evidence.prices))
    units = {reading.evidence.prices[i] for i in among}
    with_delivery = _SPEAKS_OF_DELIVERY.search(reading.folded)
    costs = {Decimal(0), *(reading.evidence.facts.delivery_costs if with_delivery else ())}
    return any(
        same(amount, total + cost)
        for total in _totals(reading, amount, owners, sentence)
        for cost in costs
        if cost or total not in units
    )


def hides_a_sum(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> bool:
    """Whether one product's price is given for several: "los dos por …", "2 serían …"."""
    if _EACH.search(reading.folded, *sentence):
        return False
    several = {i for owner in owners for i in owner.products}
    if len(owners) > 1 and _JOINT.search(reading.folded, sentence[0], amount.end):
        return not all(reading.equals(amount, i) for i in several)
    start = clause_around(reading.folded, sentence, amount.start, amount.end)[0]
    if not _COUNTED_TOTAL.search(reading.folded, start, amount.start):
        return False
    counted = quantities_in(reading.without_names((start, amount.start)))
    return max(counted, default=1) > 1


def _totals(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> Iterator[Decimal]:
    """Multiples of one product, sums of products named together, sums of what was said."""
    evidence = reading.evidence
    stated = quantities_in(reading.without_names(sentence))
    counts = sorted({1, *stated, *evidence.quantities})[:_MOST_COUNTS]
    if not (
        len({owner.products for owner in owners}) > 1 and _JOINT.search(reading.folded, *sentence)
    ):
        alone = {i for owner in owners for i in owner.products} or range(len(evidence.prices))
        for i in alone:
            if amount.fits(evidence.products[i].currency):
                yield from (evidence.prices[i] * count for count in counts)
    together = reading.mentions_in((sentence[0], amount.start))
    for mentions in (together, evidence.asked, owners):
        yield from _sums(reading, amount, mentions, counts)
    yield from _subset_sums(reading.stated[-_MOST_COUNTS:])


def _sums(
    reading: Reading, amount: Amount, mentions: Sequence[Mention], counts: list[int]
) -> Iterator[Decimal]:
    """The sum of the products named, each in any of the counts at hand."""
    evidence = reading.evidence
    named = list(dict.fromkeys(m.products for m in mentions if m.products))
    if not 2 <= len(named) <= _MOST_PARTS:
        return
    for currency in {product.currency for product in evidence.products}:
        choices = [
            [
                evidence.prices[i] * count
                for i in products[:3]
                if evidence.products[i].currency == currency and amount.fits(currency)
                for count in counts[:_MOST_PARTS]
            ]
            for products in named
        ]
        for parts in every_choice(*choices):
            yield sum(parts, Decimal(0))


def _subset_sums(values: Sequence[Decimal]) -> Iterator[Decimal]:
    """Sums of two or more of the amounts said so far; of all of them first."""
    distinct = list(dict.fromkeys(values))
    for mask in range((1 << len(distinct)) - 1, 0, -1):
        if mask & (mask - 1):
            yield sum((v for i, v in enumerate(distinct) if mask >> i & 1), Decimal(0))


def _is_difference(reading: Reading, amount: Amount, sentence: Span) -> bool:
    """As in "La diferencia es de …", "… más barato", "te faltan … para"."""
    before = reading.without_names((sentence[0], amount.start))
    if not (_DIFFERENCE.search(before) or _COMPARED.match(reading.folded, amount.end)):
        return False
    prices = reading.evidence.prices
    compared = {i for m in reading.mentions_in(sentence) for i in m.products}
    if len(compared) > 1:
        held = {prices[i] for i in compared}
        return any(same(amount, abs(a - b)) for a in held for b in held if a != b)
    held = {*prices, *reading.stated}
    others = held | reading.evidence.figures
    others |= {fact.value for fact in reading.evidence.facts.amounts if not fact.zone.words}
    return any(same(amount, abs(a - b)) for a in held for b in others if a != b)


def _is_instalment(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> bool:
    """As in "12 cuotas de …": the facts name that count, and it times the amount is the price."""
    match = _INSTALMENTS.search(reading.folded, *sentence)
    if match is None or not re.search(rf"\b{match['count']}\b", reading.evidence.facts.text):
        return False
    count, prices = int(match["count"]), reading.evidence.prices
    among = {i for owner in owners for i in owner.products} or range(len(prices))
    # Each instalment is rounded to the unit, so the whole may be off by one for each.
    return any(abs(amount.value * count - prices[i]) <= count for i in among)


def _is_discounted(reading: Reading, amount: Amount, owners: Owners, sentence: Span) -> bool:
    """As in "Con transferencia te queda en …": the price less what the facts grant for that."""
    said, prices = words_of(reading.folded[slice(*sentence)]), reading.evidence.prices
    among = {i for owner in owners for i in owner.products} or range(len(prices))
    shares = {
        Decimal(claim.figure.rstrip("%")) / 100
        for grant in reading.evidence.facts.grants
        if grant.words & said and not grant.amounts
        for claim in grant.claims
        if re.fullmatch(r"\d{1,2}%", claim.figure)
    }
    return any(same(amount, prices[i] * (1 - share)) for i in among for share in shares)
