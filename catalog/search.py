"""Customer words enter, ranked products leave, each with the reason it matched."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as the rest of the house sees it. `stock` None means unknown."""

    id: int
    external_id: str
    sku: str
    name: str
    brand: str
    category: str
    description: str
    price_minor: int
    currency: str
    stock: int | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that matched; `reason` names the words of the query it matched by."""

    product: ProductView
    score: float
    reason: str


class CatalogSearch:
    """Searches one catalog; keeps the vocabulary in memory until the catalog's revision moves."""

    def search(self, connection: Connection, query: str, limit: int = 8) -> list[Hit]:
        """The products `query` asks for, best first; [] when nothing fits.

        Args:
            connection: an open transaction.
            query: as the customer wrote it.
            limit: most hits, at least 1.
        """
        raise NotImplementedError

    def by_ids(self, connection: Connection, ids: list[int]) -> list[ProductView]:
        """The active products with these ids, in the order of `ids`."""
        raise NotImplementedError
