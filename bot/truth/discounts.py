"""A reply taken apart enters; the discounts it grants and nobody holds leave as rejections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.truth.discount_claims import DiscountClaim, find_discount_claims
from bot.truth.evidence import product_text
from bot.truth.facts import DELIVERY, FactText, speaks_of_pickup, words_of
from bot.truth.folding import fold, plain
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span, clause_around

_REASONS = {"percent": "discount", "included": "gift"}
_SENT = re.compile(rf"\b{DELIVERY}\b")
_SALE_STATE = re.compile(
    r"en oferta|rebajad|on sale|liquidac|remate|antes|mitad|half|anterior|regular"
)


def untrue_discounts(reading: Reading) -> Iterator[Rejection]:
    """Every discount, bundle, gift or free thing that neither facts nor product texts grant.

    Run it after the amounts: a minimum purchase may be met by what they add up to.
    """
    for claim in find_discount_claims(reading.written):
        if _is_granted(reading, claim):
            reading.rests_on("discount")
        else:
            reason = _REASONS.get(claim.kind, claim.kind)
            yield reading.reject("discount", claim.start, claim.end, reason)


def _is_granted(reading: Reading, claim: DiscountClaim) -> bool:
    evidence, sentence = reading.evidence, reading.sentence_of(claim.start)
    if _is_measure(reading, claim) or _is_sku(reading, claim):
        return True
    named = {i for m in reading.mentions_in(sentence) for i in m.products}
    spoken_of = reading.spoken_of(sentence)
    if any(_covers(own, claim) for i in spoken_of for own in evidence.discounts_of(i)):
        return True
    return any(
        _covers(own, claim) and _condition_is_said(reading, grant, claim, sentence, bool(named))
        for grant in evidence.facts.grants
        for own in grant.claims
    )


def _covers(own: DiscountClaim, claim: DiscountClaim) -> bool:
    """Whether what is held grants what is claimed: the same kind, and no other figure."""
    if claim.kind == "sale" and own.kind in ("discount", "bundle"):
        return True
    if claim.kind == "percent" and own.kind == "discount":
        return claim.figure == own.figure
    return own.kind == claim.kind and claim.figure in ("", own.figure)


def _is_measure(reading: Reading, claim: DiscountClaim) -> bool:
    """A percentage without a discount word that a text holds: a battery at 80 %, cotton at 95 %."""
    figure = re.escape(claim.figure.rstrip("%"))
    return claim.kind == "percent" and any(
        re.search(rf"\b{figure} ?%", plain(product_text(product)))
        for product in reading.evidence.products
    )


def _is_sku(reading: Reading, claim: DiscountClaim) -> bool:
    """ "El código A15" of a product is no coupon."""
    skus = (fold(product.sku) for product in reading.evidence.products)
    return claim.kind == "coupon" and claim.figure in skus


def _condition_is_said(
    reading: Reading, grant: FactText, claim: DiscountClaim, sentence: Span, beside_name: bool
) -> bool:
    """What a fact grants comes with its condition: its zone, its minimum, its way to pay."""
    if grant.amounts and claim.kind in ("free", "gift"):
        said = {amount.value for amount in reading.amounts}
        return any(v in said or any(s >= v for s in reading.stated) for v in grant.amounts)
    is_state = bool(_SALE_STATE.search(reading.folded, claim.start, claim.end))
    if claim.kind == "interest_free" and claim.figure:
        return True  # who counts the instalments has said how it is paid
    if claim.kind == "free" and speaks_of_pickup(" ".join(grant.words)):
        subject = _subject(reading, claim, sentence)
        return speaks_of_pickup(subject) and not _SENT.search(subject)
    whole = fold(reading.original)
    scope = whole[slice(*sentence)] if beside_name or is_state else whole
    is_said = bool(grant.words & words_of(scope))
    if claim.kind == "sale" and (beside_name or is_state):
        return is_said
    return is_said or not grant.words


def _subject(reading: Reading, claim: DiscountClaim, sentence: Span) -> str:
    """The clause of a claim; with "Retiro en tienda: gratis", what stands before the colon too."""
    start, end = clause_around(reading.folded, sentence, claim.start, claim.end)
    if reading.folded[:start].endswith(":"):
        start = clause_around(reading.folded, sentence, start - 2, start - 1)[0]
    return reading.folded[start:end]
