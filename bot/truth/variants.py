"""A reply taken apart enters; colours and sizes that no product spoken of comes in leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.reading import traits
from bot.truth.evidence import product_text
from bot.truth.folding import PRODUCTS_KEPT
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span, clause_around
from bot.truth.stock_claims import find_stock_claims
from catalog.words.analysis import HEAD_MARK, stem, words

_OFFERS = re.compile(
    r"\b(?:hay|tenemos|tengo|vienen?|estan?|disponib\w+|contamos con|manejamos|quedan?|lleg\w+"
    r"|we have|comes? in|available|there (?:is|are)|temos|vem|cuestan?|valen?|salen?)\b"
)
_WISHED = re.compile(
    r"\b(?:quier\w+|quer\w+|prefier\w+|prefer\w*|busc\w+|gust\w+|dese\w+|want\w*|looking|combin\w+"
    r"|luc\w+|us[ae]r\w*|match\w*|luz|light|linea|viernes|friday|vino|lista|tarjeta)\b"
)
_COLOR = re.compile(r"(?<![a-z])[a-z]{3,}(?![a-z])")
_LETTER = r"(?:X{0,3}[SL]|M|[2-4]XL)"
_NEXT = r"(?:, ?| ?/ ?| [yeo] | and | or | ou )"
_ENDS = r"(?![\w/.,:-]*\d|\w)"
_NAMED = r"tall[ae]s?|sizes?|tamanhos?|numeros?"
_SIZES = re.compile(
    rf"\b(?i:en|in|em|hay|y|{_NAMED}) (?P<letters>{_LETTER}(?:{_NEXT}{_LETTER})*){_ENDS}"
    rf"|\b(?i:{_NAMED}) (?P<numbers>\d{{1,2}}(?:{_NEXT}\d{{1,2}})*){_ENDS}"
)
_BEFORE = re.compile(r"\b([a-wyz][a-z]{2,}) $")
"""Another article that is so coloured: "medias y una gorra roja"."""
_SIZE = re.compile(r"\w+")


def untrue_variants(reading: Reading) -> Iterator[Rejection]:
    """Every colour and size given to products that do not come in it, or offered when sold out."""
    given = (*_colors(reading), *_sizes(reading))
    is_sold_out = given and any(c.says == "none" for c in find_stock_claims(reading.written))
    for start, end, kind, trait in given:
        sentence = reading.sentence_of(start)
        if not _is_given(reading, sentence, start, end):
            continue
        kin = _kin(reading, reading.spoken_of(sentence))
        if not any(_of(reading, i, kind) for i in kin):
            continue
        having = {i for i in kin if trait in _of(reading, i, kind)}
        if kind == "size":
            said = set(traits.colors(reading.original[slice(*sentence)]))
            having = {i for i in having if not said or said & _of(reading, i, "color")}
        if not having:
            yield reading.reject("attribute", start, end, "not_held")
        elif not is_sold_out and all(reading.evidence.products[i].stock == 0 for i in having):
            yield reading.reject("stock", start, end, "not_so")


def _colors(reading: Reading) -> Iterator[tuple[int, int, str, str]]:
    """Colours that stand outside names, and in none of the shop's own."""
    for match in _COLOR.finditer(reading.folded):
        found = _colors_of(match[0])
        for color in () if found and _is_in_facts(reading, match[0]) else found:
            before = _BEFORE.search(reading.folded, 0, match.start())
            if not (before and HEAD_MARK + stem(before[1]) in reading.evidence.articles):
                yield *match.span(), "color", color


_colors_of = lru_cache(maxsize=4096)(traits.colors)


def _is_in_facts(reading: Reading, word: str) -> bool:
    return bool(re.search(rf"\b{word}\b", reading.evidence.facts.folded))


def _sizes(reading: Reading) -> Iterator[tuple[int, int, str, str]]:
    """Each size of "talla 40", "en S, M y XL"; names may have swallowed the first of them."""
    for match in _SIZES.finditer(reading.original):
        listed = match.span("letters" if match["letters"] else "numbers")
        for size in _SIZE.finditer(reading.original, *listed):
            if len(size[0]) > 1 or size[0].isupper():
                yield *size.span(), "size", size[0].lower()


def _is_given(reading: Reading, sentence: Span, start: int, end: int) -> bool:
    """Whether what stands there is said of a product: not asked, denied, wished for or compared."""
    clause = clause_around(reading.folded, sentence, start, end)
    if not reading.asserts(start, end) or _WISHED.search(reading.folded, *clause):
        return False
    is_named = any(m.products for m in reading.mentions_in(sentence))
    return is_named or bool(_OFFERS.search(reading.folded, *sentence))


def _kin(reading: Reading, among: set[int]) -> set[int]:
    """The products spoken of and their variants, which differ from them in such traits only."""
    products = reading.evidence.products
    bases = {_base(products[i].name) for i in among}
    return {i for i, product in enumerate(products) if _base(product.name) in bases}


def _of(reading: Reading, product: int, kind: str) -> frozenset[str]:
    return _traits(product_text(reading.evidence.products[product]), kind)


@lru_cache(maxsize=2 * PRODUCTS_KEPT)
def _traits(text: str, kind: str) -> frozenset[str]:
    """The colours or sizes a product's text names; a lone letter between strokes is a size."""
    if kind == "color":
        return frozenset(traits.colors(text)).union(*(traits.colors(word) for word in words(text)))
    lone = {word for word in words(text) if traits.is_size(word, behind="en")}
    return frozenset(traits.sizes(text)) | lone


@lru_cache(maxsize=2 * PRODUCTS_KEPT)
def _base(name: str) -> frozenset[str]:
    """The words of a name without colours and sizes."""
    sizes = _traits(name, "size")
    return frozenset(
        word
        for before, word in zip(["", *words(name)], words(name), strict=False)
        if not (word in sizes or traits.is_trait(word) or traits.colors(f"{before or 'x'} {word}"))
    )
