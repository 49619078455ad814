"""What somebody wants to know of a product enters; what its description says on it leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.offline.matching import has_word, stem
from bot.offline.saying import say
from bot.reading.language import words
from bot.turn_context import TurnContext
from catalog.search import ProductView

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+|\n")
_PROMISES = re.compile(
    r"[$%€£]|\b(?:gratis|free|gratuit|descuent|descont|discount|pesos|soles)", re.I
)
"""Money, discounts and gifts are told by price and facts alone, whatever a description says."""
_MOST_CHARS = 200


def told(context: TurnContext, products: Sequence[ProductView], asks: Sequence[str]) -> str:
    """The sentences of the descriptions that hold what is asked, or that none does."""
    if found := sentences(products, asks):
        return found
    if any(has_word(word, product) for product in products for word in asks):
        return ""
    return say(context, "no_detail", what=" ".join(asks))


def sentences(products: Sequence[ProductView], asks: Sequence[str]) -> str:
    """The sentences of the descriptions that hold one of the words, one a line."""
    found = [sentence for product in products for sentence in _sentences_on(product, asks)]
    return "\n".join(f"_{sentence}_" for sentence in dict.fromkeys(found))


def _sentences_on(product: ProductView, asks: Sequence[str]) -> list[str]:
    wanted = {stem(word) for word in asks}
    said = (part.strip(" .;") for part in _SENTENCE_END.split(product.description))
    return [
        sentence.replace("_", " ")
        for sentence in said
        if wanted & {stem(word) for word in words(sentence)}
        and len(sentence) <= _MOST_CHARS
        and not _PROMISES.search(sentence)
    ]
