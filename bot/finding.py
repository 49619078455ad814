"""Waiting messages and their talk enter; the products an answer may be about leave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from bot.messages import TalkMessage
from bot.reading import intents
from bot.reading.language import words
from bot.reading.wishes import Wish
from bot.turn_context import MENTIONED
from catalog.search import Catalog, Hit, ProductView
from catalog.words.limits import read_limits

CANDIDATES = 8
MOST_WISHES = 4
KIND_SHOWN_BY = 3
"""The first hits of a search without limits say what kind of thing is asked for."""
_CHEAP = "barato"
"""Said with a query, the search puts the cheapest first."""
MENTIONED_PLACES = 3
"""Places among the candidates that products of earlier replies keep beside a full search; beside
one for a question that names no product itself ("¿y el segundo?") they keep all they need."""


def candidates(
    catalog: Catalog,
    waiting: Sequence[TalkMessage],
    history: Sequence[TalkMessage],
    named: Sequence[ProductView],
) -> tuple[Hit, ...]:
    """What is found for the waiting messages, then what was talked about before.

    Args:
        named: products of the last replies, the likeliest first.
    """
    query = intents.search_text(waiting, history)
    hits = _found(catalog, query) if query else []
    names_product = intents.read(intents.asked(waiting)).content
    return _with_named(hits, named, MENTIONED_PLACES if names_product else CANDIDATES)


def _found(catalog: Catalog, query: str) -> list[Hit]:
    found = catalog.search(query, CANDIDATES)
    limits, rest = read_limits(query, small_prices=True)
    if limits and rest.strip() and not _is_kind_found(catalog, rest, found):
        # The cheapest of what was asked for says more than nothing.
        return catalog.search(f"{rest} {_CHEAP}", CANDIDATES)
    return _with_overlooked(catalog, intents.read(query).wishes, found)


def _is_kind_found(catalog: Catalog, unlimited: str, found: Sequence[Hit]) -> bool:
    """Whether a price limit left what was asked for: a bag is no cheap laptop, and another model
    not the one named."""
    whole = catalog.search(unlimited, CANDIDATES)
    kinds = {hit.product.category for hit in whole[:KIND_SHOWN_BY]}
    is_kind = any(hit.product.category in kinds for hit in found)
    return not whole or (is_kind and _most_words(found) >= _most_words(whole))


def _most_words(hits: Sequence[Hit]) -> int:
    """How many words of the query the hit that has most of them was found by."""
    said = ([word for word in words(hit.reason) if not word.isdigit()] for hit in hits)
    return max(map(len, said), default=0)


def _with_overlooked(
    catalog: Catalog,
    wishes: Sequence[Wish],
    found: Sequence[Hit],
) -> list[Hit]:
    """With what each product named brings that the search for all of them passed over."""
    said = {word for hit in found for word in words(hit.reason)}
    alone = [wish for wish in wishes[:MOST_WISHES] if not said & set(wish.words)]
    lists = [catalog.search(" ".join(wish.words), CANDIDATES) for wish in alone]
    in_turn = (hit for level in zip_longest(found, *lists) for hit in level if hit)
    return list({hit.product.id: hit for hit in in_turn}.values())[:CANDIDATES]


def _with_named(hits: Sequence[Hit], named: Sequence[ProductView], places: int) -> tuple[Hit, ...]:
    """Hits, then what was talked about before, `CANDIDATES` in all.

    Args:
        places: what was talked about before keeps so many even beside a full search.
    """
    found = {hit.product.id for hit in hits}
    earlier = [Hit(product, 0.0, MENTIONED) for product in named if product.id not in found]
    sure = CANDIDATES - places
    wanted = [hit.product.id for hit in hits[:sure]] + [product.id for product in named]
    wanted += [hit.product.id for hit in hits[sure:]]
    picked = list(dict.fromkeys(wanted))[:CANDIDATES]
    return tuple(hit for hit in (*hits, *earlier) if hit.product.id in picked)
