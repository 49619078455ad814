"""A reply taken apart enters; measures that the text of its product does not hold leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.truth.evidence import product_text
from bot.truth.folding import PRODUCTS_KEPT, fold, plain
from bot.truth.gates import Gated
from bot.truth.number_words import parse_digits
from bot.truth.reading import Reading, Rejection
from catalog.words.analysis import words

_MEASURE = Gated(
    r"(?<![\w.,$#])(?P<number>\d+(?:[.,]\d+)*) ?(?P<unit>gb|tb|mb|gigas?|teras?|megapix\w+|mpx?|mah"
    r"|pulgadas?|polegadas?|inch(?:es)?|pulg\b|[\"”″]|hz|khz|btu|rpm|dpi|w|watts?|vatios?|litros?"
    r"|liters?|lts?|l|kg|kilos?|quilos?|ml|cm|mm|oz|m2|mts2|metros cuadrados|lumenes|lumens|lm"
    r"|(?P<loose>segundos?|segs?|seconds?|(?<=\d{3} )(?:horas|hours))"
    r"|% (?:de |of )?(?:algodon|algodao|cotton|poliester|polyester|lana|wool|lino|linho|linen"
    r"|cuero|couro|leather|seda|silk|viscosa|nylon|acrilico|bambu|cacao|cacau|cocoa))(?!\w)"
)
"""What is loose says other things too, unless a product stands beside it."""


def untrue_measures(reading: Reading) -> Iterator[Rejection]:
    """Every capacity, size or power that neither the product spoken of nor the customer named."""
    for match in _MEASURE.finditer(reading.folded):
        measure = _measure(match)
        elsewhere = (reading.evidence.said, reading.evidence.facts.folded)
        if any(measure in _measures(text) for text in elsewhere):
            continue
        if not reading.asserts(*match.span()):
            continue
        sentence = reading.sentence_of(match.start())
        is_named = any(m.products for m in reading.mentions_in(sentence))
        if match["loose"] and not is_named:
            continue
        among = reading.spoken_of(sentence) if is_named else range(len(reading.evidence.products))
        is_held = any(measure in _measures(_text(reading, i)) for i in among)
        if is_held or reading.is_quoted(sentence):
            reading.rests_on("attribute")
        else:
            yield reading.reject("attribute", *match.span(), "not_held")


def _text(reading: Reading, product: int) -> str:
    return product_text(reading.evidence.products[product])


@lru_cache(maxsize=PRODUCTS_KEPT)
def _measures(text: str) -> frozenset[str]:
    return frozenset(_measure(match) for match in _MEASURE.finditer(fold(plain(text))))


def _measure(match: re.Match[str]) -> str:
    """Number and unit in one spelling: "15,6 pulgadas" and `15.6"` are the same."""
    unit = match["unit"].split()[-1]
    if not match["unit"].startswith("%"):
        unit = words(f"1 {match['unit']}")[0].removeprefix("1")
    return f"{parse_digits(match['number']).normalize()}{unit}"
