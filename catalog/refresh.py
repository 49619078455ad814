"""What a source holds enters, a catalog that agrees with it leaves; too great a loss is refused.

The catalog becomes what the source says, as with `catalog import --replace`, with two cares that
somebody at a keyboard takes by hand: rows that were rejected never remove their product, and no run
removes more than a share of the catalog.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.engine import Connection

from catalog.files.checking import CheckedFile, check_content
from catalog.files.source import Content, read_source, settle, shown
from catalog.importer import Adjust, ImportReport, bring_in
from catalog.products import IDS_PER_QUERY
from catalog.store import Plan
from catalog.tables import Product
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable, ImportRejected
from core.log import log_event
from core.texts import text

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

MOST_REMOVED = 0.3
"""A source that lost more of the catalog than this is taken for broken."""


class CatalogRefresh:
    """Keeps the catalog at what CATALOG_SOURCE holds.

    Args:
        source: the path or address as it is set now; None for none.
        currency: of prices that name none.
        today: the shop's day, for prices that hold on some days only.
        folder: where a relative path begins.
        heard: told of each look why it was refused, or None when all is well.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        client: httpx.AsyncClient,
        *,
        source: Callable[[], str | None],
        currency: Callable[[], str],
        today: Callable[[], date],
        folder: Path,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heard: Callable[[str | None], None] = lambda _reason: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._client = client
        self._source = source
        self._currency = currency
        self._today = today
        self._folder = folder
        self._sleep = sleep
        self._heard = heard
        self._seen: tuple[str, date, Content] | None = None
        self._fault = ""
        self._refusal: str | None = None
        """Why what was seen was refused; the same is not looked at again."""

    async def run(self) -> None:
        """Bring in what has changed; what went wrong is logged once, until it changes."""
        source = self._source()
        if source is None:
            self._heard(None)
            return
        today = self._today()
        # On another day the same content may mean other prices.
        seen = self._seen[2] if self._seen and self._seen[:2] == (source, today) else None
        try:
            await settle(source, self._folder, now=self._clock.now(), sleep=self._sleep)
            content = await read_source(source, self._client, self._folder, seen=seen)
            if content is None:
                self._fault = ""
                self._heard(self._refusal)
                return
        except ImportRejected as error:
            self._refused(source, str(error))
            return
        try:
            self._imported(source, await self._bring_in(content, today))
            self._refusal = None
        except ImportRejected as error:
            self._refusal = str(error)
            self._refused(source, str(error))
        except DatabaseUnavailable:
            raise  # it passes: the next look tries again
        except Exception as error:
            log.exception("an import failed")
            self._refusal = repr(error)
            self._refused(source, repr(error))
        # Also when refused: the same content would be refused again.
        self._seen = source, today, dataclasses.replace(content, raw=b"")

    async def look(self) -> ImportReport:
        """What `run` would do if it had seen nothing yet.

        Raises:
            ImportRejected: it would be refused.
        """
        source = self._source() or ""
        content = await read_source(source, self._client, self._folder)
        assert content is not None, "nothing was seen before"
        return await self._bring_in(content, self._today(), dry_run=True)

    async def _bring_in(
        self, content: Content, today: date, *, dry_run: bool = False
    ) -> ImportReport:
        """In a thread: a large catalog takes many seconds."""
        stopped = threading.Event()

        def go_on(_stage: str, _done: int, _total: int) -> None:
            if stopped.is_set():
                raise ImportRejected("stopped")  # nobody waits for it any more

        def work() -> ImportReport:
            checked = check_content(
                content.raw,
                default_currency=self._currency(),
                today=today,
                progress=go_on,
            )
            return bring_in(
                self._database,
                checked,
                now=self._clock.now(),
                replace=True,
                dry_run=dry_run,
                adjust=careful(checked),
                progress=go_on,
            )

        try:
            return await asyncio.to_thread(work)
        except asyncio.CancelledError:
            stopped.set()
            raise

    def _refused(self, source: str, reason: str) -> None:
        if reason != self._fault:
            said = text("catalog.source.refused", source=shown(source), reason=reason)
            log_event(log, logging.ERROR, "catalog_import_refused", said, reason=reason)
        self._fault = reason
        self._heard(reason)

    def _imported(self, source: str, report: ImportReport) -> None:
        self._fault = ""
        self._heard(None)
        counts = report.as_json() | {"rejected": len(report.rejected)}
        said = text("catalog.source.imported", source=shown(source), **counts)
        if report.rejected:
            first = report.rejected[0]
            said += " " + text("catalog.source.rejected", line=first.line, reason=first.reason)
        level = logging.WARNING if report.rejected else logging.INFO
        log_event(log, level, "catalog_imported", said, **counts)


def careful(checked: CheckedFile) -> Adjust:
    """Keeps the products of rejected rows, and refuses to remove more than MOST_REMOVED.

    A rejected row whose code cannot be read may be any product: then none is removed.
    """
    codes = [bad.code for bad in checked.rejected]
    hides_some = any(bad.may_be_any for bad in checked.rejected)

    def adjust(connection: Connection, plan: Plan) -> Plan:
        stored = plan.unchanged + len(plan.updated) + len(plan.removed)
        kept = _ids_of(connection, plan.source, codes)
        removed = () if hides_some else tuple(id_ for id_ in plan.removed if id_ not in kept)
        if len(removed) > MOST_REMOVED * stored:
            raise ImportRejected(
                text(
                    "catalog.source.too_many_removed",
                    count=len(removed),
                    stored=stored,
                    limit=f"{MOST_REMOVED:.0%}",
                )
            )
        return dataclasses.replace(plan, removed=removed)

    return adjust


def _ids_of(connection: Connection, source: str, codes: list[str]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(codes), IDS_PER_QUERY):
        chunk = codes[start : start + IDS_PER_QUERY]
        mine = Product.source == source, Product.external_id.in_(chunk)
        found |= set(connection.execute(select(Product.id).where(*mine)).scalars())
    return found
