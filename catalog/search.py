"""Customer words enter, ranked products leave, each with the reason it matched."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from catalog.index.loading import Loader
from catalog.index.memory import LoadedCatalog
from catalog.index.rank import Fit, Ranker
from catalog.index.vocabulary import Vocabulary
from catalog.products import ProductView, count_products, find_by_sku, views_by_id
from catalog.revision import State, revision, state
from catalog.words.limits import PriceLimits
from catalog.words.own_synonyms import synonyms_in_force
from catalog.words.query import Query, parse_query, things_apart
from catalog.words.reading import Reader
from catalog.words.synonyms import Synonyms

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
ANSWERS_KEPT = 1024
"""So many questions to one revision keep what they found: most are asked again and again."""


Slots = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that matched; `reason` names the words of the query it matched by."""

    product: ProductView
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit before its product is read."""

    product_id: int
    score: float
    reason: str


class _Loaded:
    """One revision, and the words it knows."""

    def __init__(self, catalog: LoadedCatalog, synonyms: Synonyms, vocabulary: Vocabulary) -> None:
        self.catalog = catalog
        self.synonyms = synonyms
        self.vocabulary = vocabulary
        answer = partial(_answer, catalog, Reader(vocabulary, synonyms))
        self.find = lru_cache(maxsize=ANSWERS_KEPT)(answer)


class Catalog:
    """The catalog as one transaction sees it; nothing is read twice of what it asks for."""

    def __init__(self, connection: Connection, loaded: _Loaded, revision: int) -> None:
        self.revision = revision
        self._connection = connection
        self._loaded = loaded
        self._read: dict[int, ProductView | None] = {}

    @property
    def terms(self) -> Container[str]:
        """Every index term of the catalog; it may be kept, and does not change."""
        return self._loaded.catalog.frequencies

    @property
    def main_currency(self) -> str | None:
        """The currency most products are priced in; None without products."""
        return self._loaded.catalog.main_currency

    def search(self, query: str, limit: int = 8) -> list[Hit]:
        """As `CatalogSearch.search`."""
        found = self._loaded.find(query, limit)
        products = self.products([one.product_id for one in found])
        # A product that was removed in between is no longer there to be shown.
        return [
            Hit(products[one.product_id], one.score, one.reason)
            for one in found
            if one.product_id in products
        ]

    def products(self, ids: Sequence[int]) -> dict[int, ProductView]:
        """The active products among these ids as they are now, by ascending id."""
        read = self._read
        if unread := [id_ for id_ in ids if id_ not in read]:
            read |= dict.fromkeys(unread) | views_by_id(self._connection, unread)
        return {id_: view for id_ in sorted({*ids}) if (view := read[id_])}


class CatalogSearch:
    """Searches one catalog; keeps it in memory and reads what changed when its revision moves.

    One instance may be shared by threads. The transaction passed in must not have changed the
    catalog itself: what it would remember might still be rolled back.
    """

    def __init__(self) -> None:
        self._loader = Loader()
        self._loaded: _Loaded | None = None
        self._lock = threading.Lock()

    def search(self, connection: Connection, query: str, limit: int = 8) -> list[Hit]:
        """The products `query` asks for, best first; [] when nothing fits.

        Args:
            connection: an open transaction.
            query: as the customer wrote it.
            limit: most hits, at least 1.
        """
        return self.at(connection).search(query, limit)

    def at(self, connection: Connection) -> Catalog:
        """The catalog for several questions of one transaction."""
        now = state(connection)
        return Catalog(connection, self._current(connection, now), now.revision)

    def load(self, connection: Connection) -> None:
        """Read the catalog beforehand, so that no customer waits for it."""
        self.at(connection)

    def _current(self, connection: Connection, now: State) -> _Loaded:
        loaded = self._loaded
        if loaded is None or loaded.catalog.revision != now.revision:
            with self._lock:
                loaded = self._loaded
                if loaded is None or loaded.catalog.revision < now.revision:
                    loaded = self._loaded = self._look(connection, now, loaded)
        return loaded

    def _look(self, connection: Connection, now: State, before: _Loaded | None) -> _Loaded:
        catalog = self._loader.look(connection, now)
        if before is not None and before.catalog.index_mark == now.index_mark:
            vocabulary = before.vocabulary.renewed(catalog, self._loader.words_mark)
            return _Loaded(catalog, before.synonyms, vocabulary)
        synonyms = synonyms_in_force(connection)
        vocabulary = Vocabulary(catalog, synonyms, self._loader.words_mark)
        return _Loaded(catalog, synonyms, vocabulary)


def _answer(catalog: LoadedCatalog, reader: Reader, query: str, limit: int) -> list[_Found]:
    return _find(catalog, parse_query(query, reader), limit)


def _find(catalog: LoadedCatalog, asked: Query, limit: int) -> list[_Found]:
    ranker = Ranker(catalog)
    excluded = ranker.is_named(asked.excluded) if asked.excluded else None
    if not asked.concepts:
        is_wished = asked.limits or asked.order
        return _within_limits(catalog, asked, excluded, limit) if is_wished else []

    def best(part: Query, fit: Fit) -> list[_Found]:
        return _best(catalog, part, fit, excluded, limit)

    fit = ranker.rank(asked.concepts)
    things = things_apart(asked.concepts)
    if len(things) < 2 or fit.best_share() > ONE_PRODUCT_SHARE:
        return best(asked, fit)
    parts = (replace(asked, concepts=concepts) for concepts in things)
    return _interleaved([best(part, ranker.rank(part.concepts)) for part in parts], limit)


def _best(
    catalog: LoadedCatalog, asked: Query, fit: Fit, excluded: Flags | None, limit: int
) -> list[_Found]:
    """What fits best, lies within the limits and is not excluded."""
    fit = fit.where(_is_allowed(catalog, fit.slots, asked.limits, excluded))
    sold_out = catalog.columns.sold_out[fit.slots]
    scores = fit.scores * np.where(sold_out, SOLD_OUT_FACTOR, 1.0)
    chosen = _by_fit(catalog, asked, fit.slots, scores, limit)
    return [
        _Found(
            int(catalog.columns.ids[fit.slots[at]]),
            float(scores[at]),
            _reason(asked, int(fit.concepts[at])),
        )
        for at in chosen
    ]


def _by_fit(
    catalog: LoadedCatalog, asked: Query, slots: Slots, scores: NDArray[np.float64], limit: int
) -> list[int]:
    """Positions of the best; those that fit equally well by price, when an order is wanted."""
    ids = catalog.columns.ids[slots]
    if not asked.order or not len(slots):
        return _first(ids, (-scores,), limit)
    is_behind = scores < SIMILAR * scores.max()
    prices = np.where(is_behind, 0.0, _by_price(catalog, slots, asked.order))
    return _first(ids, (is_behind, prices, -scores), limit)


def _by_price(catalog: LoadedCatalog, slots: Slots, order: str) -> NDArray[np.float64]:
    prices = catalog.columns.prices[slots]
    return -prices if order == "dearest" else prices


def _first(ids: NDArray[np.int64], keys: Sequence[NDArray[np.generic]], limit: int) -> list[int]:
    """Positions of the lowest keys, the first key first; of equal ones the oldest products."""
    (key, *_) = keys
    at = np.arange(len(ids))
    if len(ids) > limit:
        at = np.flatnonzero(key <= np.partition(key, limit - 1)[limit - 1])
    order = np.lexsort((ids[at], *(one[at] for one in reversed(keys))))
    chosen: list[int] = at[order[:limit]].tolist()
    return chosen


def _within_limits(
    catalog: LoadedCatalog, asked: Query, excluded: Flags | None, limit: int
) -> list[_Found]:
    """Products for somebody who names only a price: in stock first, the dearest of them first."""
    slots = np.flatnonzero(catalog.alive)
    slots = slots[_is_allowed(catalog, slots, asked.limits, excluded)]
    keys = (catalog.columns.sold_out[slots], _by_price(catalog, slots, asked.order or "dearest"))
    ids = catalog.columns.ids[slots]
    reason = _reason(asked, 0)
    return [_Found(int(ids[at]), 0.0, reason) for at in _first(ids, keys, limit)]


def _is_allowed(
    catalog: LoadedCatalog, slots: Slots, limits: PriceLimits, excluded: Flags | None
) -> Flags:
    """Whether the products in these slots are within the limits and not excluded."""
    prices = catalog.columns.prices[slots]
    allowed = np.ones(len(slots), dtype=np.bool_)
    if limits.low is not None:
        allowed &= prices >= float(limits.low)
    if limits.high is not None:
        allowed &= prices <= float(limits.high)
    return allowed if excluded is None else allowed & ~excluded[slots]


def _interleaved(lists: Sequence[Iterable[_Found]], limit: int) -> list[_Found]:
    """The best of every list first, each product once."""
    found: dict[int, _Found] = {}
    for level in zip_longest(*lists):
        for one in level:
            if one is not None:
                found.setdefault(one.product_id, one)
    return list(found.values())[:limit]


def _reason(asked: Query, matched: int) -> str:
    """The words it matched by, the price limits it keeps, and what it had to be without."""
    named = [c.words for i, c in enumerate(asked.concepts) if matched >> i & 1]
    limits = asked.limits
    if limits.low is not None:
        named.append(f"≥ {limits.low:f}")
    if limits.high is not None:
        named.append(f"≤ {limits.high:f}")
    named += [f"≠ {concept.words}" for concept in asked.excluded]
    return ", ".join(dict.fromkeys(named))
