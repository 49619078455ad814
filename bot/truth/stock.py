"""A reply taken apart enters; what it says about stock and is not so leaves as rejections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.truth.evidence import words_in
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import clause_around
from bot.truth.stock_claims import StockClaim, find_stock_claims
from catalog.words.chatter import STOP_WORDS

_SAYS_UNITS = re.compile(r"unid|uds|unit|stock|pieza|queda|left|only|solo")
_OFFERS = re.compile(r"hay|tenemos|tengo|contamos|we have|temos")
_YES = re.compile(r"\W*(?i:sí|yes|sim)[,:!.]* (?:(?:el|la|los|las|the|o|a|os|as) )?")
_FEW = re.compile(r"ultimas|poc[oa]s|few|acabando|agotando|por agotar|almost")
_NOUN = re.compile(
    r"\d (?!(?:de|del|en|of|in|disponib\w+|unid\w+|uds|units?|left|piezas?|pieces?|pecas?"
    r"|pares?)\b)"
    r"([^\W\d_]{4,})"
)
_COUNTED_NAME = re.compile(r"\d ([A-ZÁÉÍÓÚÑ])\w{3}")
_THING = re.compile(r"\b(?:el|la|los|las|del|the|o|a|do|da) ([a-z]{4,})\b")
_ABOUT_STOCK = """
momento producto tienda bodega inventario sistema fecha talla loja temporada proveedor store item
warehouse unidad unidades unit units ultima ultimas ultimos last only color referencia catalogo
catalog primero primera primer segundo segunda tercero tercera first second third otro otra
"""
_NO_THINGS = frozenset(_ABOUT_STOCK.split())
_MOST_FEW = 10
_NOUN_CHARS = 25
_BRIEF_CHARS = 30
"""A sentence as short as "¡Sí, lo tenemos!" speaks of what is named behind it."""


def untrue_stock(reading: Reading) -> Iterator[Rejection]:
    """Every claim that the stock of its product does not bear out; unknown stock bears none."""
    names = {m.start for m in reading.mentions if len(m.products) == 1}
    names |= {match.start(1) for match in _COUNTED_NAME.finditer(reading.written)}
    claims = find_stock_claims(reading.written, frozenset(names))
    says_none = any(claim.says == "none" for claim in claims)
    if not says_none:
        yield from _affirmed(reading)
    for claim in claims:
        if claim.says == "offered" and says_none:
            continue  # "Sí, lo tenemos en catálogo, pero está agotado"
        if _is_of_unknown(reading, claim):
            yield reading.reject("stock", claim.start, claim.end, "not_held")
            continue
        owners = _owners(reading, claim)
        reading.rests_on("stock")
        if not all(_agrees(reading, claim, owner) for owner in owners):
            yield reading.reject("stock", claim.start, claim.end, "not_so")
        elif not owners and not _agrees_with_candidates(reading, claim):
            yield reading.reject("stock", claim.start, claim.end, "not_held")


def _affirmed(reading: Reading) -> Iterator[Rejection]:
    """Sold-out products whose price answers "yes": "Sí, la remera XL está a …"."""
    for mention in reading.mentions:
        start, end = reading.sentence_of(mention.start)
        priced = [a.value for a in reading.amounts if mention.end <= a.start < end]
        is_yes = _YES.fullmatch(reading.written, start, mention.start)
        stocks = {reading.evidence.products[i].stock for i in mention.products}
        if is_yes and priced and stocks == {0} and not reading.evidence.figures & set(priced):
            yield reading.reject("stock", mention.start, mention.end, "not_so")


def _is_of_unknown(reading: Reading, claim: StockClaim) -> bool:
    """Whether a claim of units, or of none being left, is about a thing no candidate is."""
    sentence = reading.sentence_of(claim.start)
    is_named = any(m.products for m in reading.mentions_in(sentence))
    if is_named or (claim.units is None and claim.says != "none"):
        return False
    things = (words_in(match[1]) for match in _THING.finditer(reading.folded, *sentence))
    return any(not _is_known(reading, word) for words in things for word in words)


def _is_known(reading: Reading, word: str) -> bool:
    return word in STOP_WORDS or word in _NO_THINGS or reading.evidence.holds(word)


def _owners(reading: Reading, claim: StockClaim) -> list[tuple[int, ...]]:
    """The products a claim speaks of; each entry holds those one name fits."""
    sentence = reading.sentence_of(claim.start)
    mentions = reading.mentions_in(sentence)
    clause = clause_around(reading.folded, sentence, claim.start, claim.end)
    inside = [m for m in mentions if clause[0] <= m.start < clause[1]]
    found = [m for m in inside if m.start < claim.end] or inside
    if not mentions and (meant := reading.ordinal_in(sentence)):
        return [meant.products]
    if not found:
        found = [m for m in mentions if m.start < claim.start][-1:] or mentions[:1]
    if not found and claim.says in ("offered", "some") and sentence[1] - sentence[0] < _BRIEF_CHARS:
        found = [m for m in reading.mentions if m.start >= sentence[1]][:1]
    if not found and not reading.folded[slice(*sentence)].rstrip().endswith(":"):
        found = [m for m in reading.mentions if m.end <= sentence[0]][-1:]
        if not found and reading.evidence.asked:
            return [tuple({i for m in reading.evidence.asked for i in m.products})]
    return [m.products for m in found if m.products]


def _agrees(reading: Reading, claim: StockClaim, fitting: tuple[int, ...]) -> bool:
    """Whether the claim is so for a product the name means, by the price beside it if one stood."""
    settled = {
        i for m in reading.mentions if m.products == fitting for i in reading.settled.get(m, ())
    }
    products = reading.evidence.products
    return any(_is_so(reading, claim, products[i].stock) for i in settled or fitting)


def _is_so(reading: Reading, claim: StockClaim, stock: int | None) -> bool:
    if claim.says == "offered":
        return stock != 0
    if stock is None:
        return False
    if claim.units is None:
        is_few = bool(_FEW.search(reading.folded, claim.start, claim.end))
        return (stock == 0) == (claim.says == "none") and not (is_few and stock > _MOST_FEW)
    if claim.says == "more_than":
        return stock > claim.units
    if claim.says == "less_than":
        return 0 < stock < claim.units
    if claim.says == "at_least":
        return stock >= claim.units
    # "Sí, tenemos las 2 que necesitas" is so with five on hand; "quedan 2" is not.
    asked = claim.units > 1 and claim.units in reading.evidence.quantities
    is_offer = asked and _OFFERS.match(reading.folded, claim.start)
    return stock == claim.units or bool(is_offer and stock >= claim.units)


def _agrees_with_candidates(reading: Reading, claim: StockClaim) -> bool:
    """A claim of no particular product: true of some candidate, or a count of the options."""
    stocks = [product.stock for product in reading.evidence.products]
    says_units = bool(_SAYS_UNITS.search(reading.folded, claim.start, claim.end))
    if claim.says == "none":
        return True
    counted = _NOUN.search(reading.written, claim.start, claim.end + _NOUN_CHARS)
    if counted and not all(map(reading.evidence.holds, words_in(counted[1]))):
        return False  # "Hay 38 labiales", and no candidate is one
    if claim.units is None:
        return any(stock != 0 for stock in stocks) or (not stocks and claim.says == "offered")
    if not says_units and claim.units <= len(stocks):
        return True
    return any(_is_so(reading, claim, stock) for stock in stocks)
