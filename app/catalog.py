"""A house enters; what looks at the catalog's source leaves."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from app.engine import shop_time
from app.house import ROOT, House, shop_currency
from bot.alarms import Cause
from bot.providers.http import make_client
from catalog.files.source import read_source
from catalog.importer import ImportReport
from catalog.refresh import CatalogRefresh
from core.settings import Settings


def make_refresh(
    house: House, client: httpx.AsyncClient, settings: Callable[[], Settings]
) -> CatalogRefresh:
    """What keeps the catalog at CATALOG_SOURCE, as that is set at the time."""
    return CatalogRefresh(
        house.database,
        house.clock,
        client,
        source=lambda: settings().catalog_source,
        currency=lambda: shop_currency(house),
        today=lambda: shop_time(house, house.clock.now()).date(),
        folder=ROOT,
        heard=lambda reason: house.alarms.set_(
            reason is not None, Cause.CATALOG_REFUSED, reason=reason
        ),
    )


async def look_at_source(house: House) -> ImportReport:
    """What the next look at CATALOG_SOURCE would change.

    Raises:
        ImportRejected: it would be refused, or cannot be read.
    """
    async with make_client() as client:
        return await make_refresh(house, client, lambda: house.settings).look()


async def download_catalog(address: str) -> bytes:
    """The file of products an address holds.

    Raises:
        ImportRejected: it cannot be downloaded.
    """
    async with make_client() as client:
        content = await read_source(address, client, ROOT)
    assert content is not None, "nothing was seen before"
    return content.raw
