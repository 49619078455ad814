"""Customer words enter, ranked products leave, each with the reason it matched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.engine import Connection

from catalog.limits import PriceLimits
from catalog.money import exponent, minor_from_major
from catalog.products import (
    IDS_PER_QUERY,
    ProductView,
    count_products,
    find_by_sku,
    select_views,
    view,
    views_by_id,
)
from catalog.query import Query, parse_query, things_apart
from catalog.rank import Match, rank
from catalog.revision import revision
from catalog.synonyms import Synonyms, default_synonyms
from catalog.tables import Product
from catalog.vocabulary import LoadedVocabulary, load_vocabulary

__all__ = [
    "CatalogSearch",
    "Hit",
    "ProductView",
    "count_products",
    "find_by_sku",
    "revision",
]

ONE_PRODUCT_SHARE = 0.75
"""When no product covers more than this, several things asked for are searched one by one."""
SOLD_OUT_FACTOR = 0.9
SIMILAR = 0.8
"""Scores within this share of the best fit equally well when the cheapest is wanted."""
MAX_RANKED_AGAIN = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that matched; `reason` names the words of the query it matched by."""

    product: ProductView
    score: float
    reason: str


class CatalogSearch:
    """Searches one catalog; keeps the vocabulary in memory until the catalog's revision moves.

    One instance may be shared by threads. The transaction passed in must not have changed the
    catalog itself: what it would remember might still be rolled back.
    """

    def __init__(self, synonyms: Synonyms | None = None) -> None:
        self._synonyms = synonyms
        self._vocabulary: LoadedVocabulary | None = None
        self._lock = threading.Lock()

    def search(self, connection: Connection, query: str, limit: int = 8) -> list[Hit]:
        """The products `query` asks for, best first; [] when nothing fits.

        Args:
            connection: an open transaction.
            query: as the customer wrote it.
            limit: most hits, at least 1.
        """
        vocabulary = self._current(connection)
        asked = parse_query(query, vocabulary, vocabulary.synonyms)
        if not asked.concepts:
            return _within_limits(connection, asked.limits, limit) if asked.limits else []
        ranked = rank(connection, vocabulary, asked.concepts)
        things = things_apart(asked.concepts)
        if len(things) < 2 or (ranked and ranked[0].share > ONE_PRODUCT_SHARE):
            return _first_hits(connection, asked, ranked, limit)
        each = [
            _first_hits(connection, part, rank(connection, vocabulary, part.concepts), limit)
            for part in (replace(asked, concepts=concepts) for concepts in things)
        ]
        return _interleaved(each, limit)

    def by_ids(self, connection: Connection, ids: list[int]) -> list[ProductView]:
        """The active products with these ids, in the order of `ids`."""
        found = views_by_id(connection, ids)
        return [found[product_id] for product_id in ids if product_id in found]

    def _current(self, connection: Connection) -> LoadedVocabulary:
        number = revision(connection)
        vocabulary = self._vocabulary
        if vocabulary is None or vocabulary.number != number:
            with self._lock:
                vocabulary = self._vocabulary
                if vocabulary is None or vocabulary.number != number:
                    synonyms = self._synonyms or default_synonyms()
                    vocabulary = load_vocabulary(connection, number, synonyms)
                    self._vocabulary = vocabulary
        return vocabulary


def _first_hits(connection: Connection, asked: Query, ranked: list[Match], limit: int) -> list[Hit]:
    """The best matches that are on sale and within the limits."""
    hits: list[Hit] = []
    least = max(limit, MAX_RANKED_AGAIN if asked.order else 0)
    for found in _fetch(connection, ranked):
        hits += [
            Hit(product, match.score * _availability(product), _reason(asked, match))
            for match, product in found
            if asked.limits.allow(_major(product))
        ]
        if len(hits) >= least:
            break
    best = max((hit.score for hit in hits), default=0.0)
    sign = -1 if asked.order == "dearest" else 1

    def order(hit: Hit) -> tuple[bool, Decimal, float, int]:
        similar = bool(asked.order) and hit.score >= SIMILAR * best
        return (
            not similar,
            (_major(hit.product) * sign) if similar else Decimal(0),
            -hit.score,
            hit.product.id,
        )

    return sorted(hits, key=order)[:limit]


def _interleaved(lists: list[list[Hit]], limit: int) -> list[Hit]:
    """The best of every list first, each product once."""
    hits: dict[int, Hit] = {}
    for level in zip_longest(*lists):
        for hit in level:
            if hit is not None:
                hits.setdefault(hit.product.id, hit)
    return list(hits.values())[:limit]


def _fetch(
    connection: Connection, ranked: list[Match]
) -> Iterator[list[tuple[Match, ProductView]]]:
    """Matches with their products in growing chunks, so that a short answer reads little."""
    start, size = 0, 40
    while start < len(ranked):
        chunk = ranked[start : start + size]
        products = views_by_id(connection, [match.product_id for match in chunk])
        yield [(m, products[m.product_id]) for m in chunk if m.product_id in products]
        start, size = start + size, min(size * 3, IDS_PER_QUERY)


def _within_limits(connection: Connection, limits: PriceLimits, limit: int) -> list[Hit]:
    """Products for somebody who names only a price: in stock first, the dearest of them first."""
    sold_out_last = case((Product.stock == 0, 1), else_=0)
    currencies = connection.execute(select(Product.currency).distinct()).scalars().all()
    rows = connection.execute(
        select_views()
        .where(or_(*(_price_within(limits, currency) for currency in currencies)))
        .order_by(sold_out_last, Product.price_minor.desc(), Product.id)
        .limit(limit)
    )
    return [Hit(view(row), 0.0, "") for row in rows]


def _price_within(limits: PriceLimits, currency: str) -> ColumnElement[bool]:
    bounds = [Product.currency == currency]
    if limits.low is not None:
        bounds.append(Product.price_minor >= minor_from_major(limits.low, currency))
    if limits.high is not None:
        bounds.append(Product.price_minor <= minor_from_major(limits.high, currency))
    return and_(*bounds)


def _major(product: ProductView) -> Decimal:
    return Decimal(product.price_minor).scaleb(-exponent(product.currency))


def _availability(product: ProductView) -> float:
    return SOLD_OUT_FACTOR if product.stock == 0 else 1.0


def _reason(asked: Query, match: Match) -> str:
    named = [c.words for i, c in enumerate(asked.concepts) if match.concepts >> i & 1]
    return ", ".join(dict.fromkeys(named))
