"""The posting table enters, one revision of its vocabulary leaves, in memory for all threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import cached_property

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from catalog.money import minor_from_major
from catalog.repair import Repairer
from catalog.synonyms import Synonyms
from catalog.tables import Posting, Product

MAX_CACHED_POSTINGS = 500_000
PASSING_MENTION = 1.0
"""A term of a lower weight stands only in a description."""
SMALL_PRICES_BELOW = 1000
"""A shop whose middle price in major units lies below this sells in dollars, soles or euros."""

_posting = Posting.__table__


class LoadedVocabulary:
    """The terms of one catalog revision; postings are read once and remembered.

    Args:
        number: the catalog's revision this belongs to.
        size: number of active products.
        frequencies: term → number of products that have it as more than a passing mention.
        small_prices: whether the shop's prices are small numbers.
    """

    def __init__(
        self,
        number: int,
        size: int,
        frequencies: Mapping[str, int],
        small_prices: bool,
        synonyms: Synonyms,
    ) -> None:
        self.number = number
        self.size = size
        self.frequencies = frequencies
        self.small_prices = small_prices
        self.synonyms = synonyms
        self._postings: dict[str, dict[int, float]] = {}
        self._cached = 0
        self._lock = threading.Lock()

    def repair(self, word: str) -> str | None:
        """The known word that a misspelt one stands for, or None."""
        return self._repairer.repair(word)

    @cached_property
    def _repairer(self) -> Repairer:
        known = dict.fromkeys(self.synonyms.spellings, 1)
        return Repairer(known | dict(self.frequencies))

    def postings(self, connection: Connection, terms: Iterable[str]) -> dict[str, dict[int, float]]:
        """term → product id → weight, for every term given."""
        with self._lock:
            found = {term: self._postings[term] for term in terms if term in self._postings}
        missing = [term for term in terms if term not in found]
        if missing:
            read = _read_postings(connection, missing)
            self._remember(read)
            found |= read
        return found

    def _remember(self, read: dict[str, dict[int, float]]) -> None:
        with self._lock:
            self._cached += sum(map(len, read.values()))
            if self._cached > MAX_CACHED_POSTINGS:
                self._postings.clear()
                self._cached = sum(map(len, read.values()))
            self._postings |= read


def _read_postings(connection: Connection, terms: list[str]) -> dict[str, dict[int, float]]:
    rows = connection.execute(
        select(_posting.c.term, _posting.c.product_id, _posting.c.weight).where(
            _posting.c.term.in_(terms)
        )
    )
    found: dict[str, dict[int, float]] = {term: {} for term in terms}
    for term, product_id, weight in rows:
        found[term][product_id] = weight
    return found


def load_vocabulary(connection: Connection, number: int, synonyms: Synonyms) -> LoadedVocabulary:
    """Read the vocabulary as it stands in this transaction."""
    is_named = case((_posting.c.weight >= PASSING_MENTION, 1), else_=0)
    frequencies = connection.execute(
        select(_posting.c.term, func.sum(is_named)).group_by(_posting.c.term)
    )
    return LoadedVocabulary(
        number,
        connection.execute(select(func.count()).where(Product.active)).scalar_one(),
        {term: int(count) for term, count in frequencies},
        _has_small_prices(connection),
        synonyms,
    )


def _has_small_prices(connection: Connection) -> bool:
    """Whether the middle price is a small number, judged in the most common currency."""
    common = connection.execute(
        select(Product.currency, func.count())
        .where(Product.active)
        .group_by(Product.currency)
        .order_by(func.count().desc(), Product.currency)
        .limit(1)
    ).first()
    if common is None:
        return False
    currency, count = common
    dear = connection.execute(
        select(func.count())
        .where(Product.active, Product.currency == currency)
        .where(Product.price_minor >= minor_from_major(SMALL_PRICES_BELOW, currency))
    ).scalar_one()
    return bool(dear * 2 < count)
