"""One revision of the catalog, as search needs it: what each term stands in, prices, who is left.

Values only: nothing here changes once made, so that any thread may read it. Products have slots;
whatever changed since the catalog was read as a whole stands once more, in a second segment, and
its old slot is dead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalog.index.segment import Segment, Slots, Weights
from catalog.money import exponent

SMALL_PRICES_BELOW = 1000
"""A shop whose middle price in major units lies below this sells in dollars, soles or euros."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of the product in each slot.

    Args:
        ids: the product's id in the database.
        prices: in major units; doubles hold every amount of money in minor units exactly.
        currencies: position in `currency_names`.
        sold_out: its stock is known to be 0.
    """

    ids: NDArray[np.int64]
    prices: NDArray[np.float64]
    currencies: NDArray[np.int16]
    sold_out: NDArray[np.bool_]


class Frequencies(Mapping[str, int]):
    """Term → in how many products it stands as more than a passing mention."""

    def __init__(
        self,
        numbers: Mapping[str, int],
        everywhere: NDArray[np.int64],
        named: NDArray[np.int64],
    ) -> None:
        self._numbers = numbers
        self._everywhere = everywhere
        self._named = named

    def number(self, term: str) -> int | None:
        """The term's number; None when no product has it any more, or never had."""
        number = self._numbers.get(term)
        # Terms may have been numbered for a newer revision than this one.
        known = number is not None and number < len(self._everywhere) and self._everywhere[number]
        return number if known else None

    def __getitem__(self, term: str) -> int:
        number = self.number(term)
        if number is None:
            raise KeyError(term)
        return int(self._named[number])

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self.number(term) is not None

    def __iter__(self) -> Iterator[str]:
        return (term for term in list(self._numbers) if term in self)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._everywhere))


@dataclass(frozen=True)
class LoadedCatalog:
    """One revision in memory.

    Args:
        revision: of the catalog.
        index_mark: of the rules the terms were made by.
        alive: by slot; False for a product that was removed, switched off or changed.
    """

    revision: int
    index_mark: str
    segments: tuple[Segment, ...]
    columns: Columns
    currency_names: tuple[str, ...]
    alive: NDArray[np.bool_]
    frequencies: Frequencies

    @cached_property
    def size(self) -> int:
        """Number of active products."""
        return int(np.count_nonzero(self.alive))

    @cached_property
    def _main_currency(self) -> int:
        return int(np.bincount(self.columns.currencies[self.alive]).argmax())

    @property
    def main_currency(self) -> str | None:
        """The currency most products are priced in; None without products."""
        return self.currency_names[self._main_currency] if self.size else None

    @cached_property
    def small_prices(self) -> bool:
        """Whether the middle price in the main currency is a small number."""
        if not self.size:
            return False
        is_common = self.alive & (self.columns.currencies == self._main_currency)
        return bool(np.median(self.columns.prices[is_common]) < SMALL_PRICES_BELOW)

    def postings(self, term: str) -> Iterator[tuple[Slots, Weights]]:
        """Slots and weights of a term, dead slots among them."""
        number = self.frequencies.number(term)
        if number is not None:
            yield from (segment.postings(number) for segment in self.segments)


def major_prices(
    minor: NDArray[np.int64], currencies: NDArray[np.int16], names: tuple[str, ...]
) -> NDArray[np.float64]:
    """Prices in major units."""
    divisors = np.array([10.0 ** exponent(name) for name in names] or [1.0])
    prices: NDArray[np.float64] = minor / divisors[currencies]
    return prices
