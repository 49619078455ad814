"""A shop enters, a copy of it without its customers leaves, in a database that goes afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.engine import Connection, CursorResult

import migrations
from app import House, shop_currency
from bot.metrics import Metrics
from catalog.files.checking import CheckedFile
from catalog.importer import import_file, read_file
from catalog.products import IMPORT, SAMPLE
from catalog.sample import is_sample_catalog
from catalog.search import CatalogSearch
from catalog.store import apply_plan, make_plan
from core.database import Base, Database, parse_url
from core.errors import ConfigError, ImportRejected
from core.texts import text
from evals.reading import Talk, fault, raise_faults
from shop.facts import import_facts

ROWS_AT_ONCE = 1000


@contextmanager
def copy_of(
    house: House, *, catalog: Path | None = None, facts: Mapping[str, Any] | None = None
) -> Iterator[House]:
    """The same shop in a temporary SQLite database that holds no talk.

    Args:
        catalog: a file whose products stand in for the shop's.
        facts: what stands in for the shop's facts.
    Raises:
        ConfigError: rows of the file were rejected.
        ImportRejected: the file cannot be read.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = parse_url("sqlite:///eval.db", Path(folder))
        migrations.upgrade(url, Base.metadata)
        database = Database(url)
        # An answer remembered from one run would be judged again in the next.
        settings = house.settings.model_copy(update={"ai_cache_ttl_s": 0})
        copy = replace(
            house, settings=settings, database=database, search=CatalogSearch(), metrics=Metrics()
        )
        try:
            _fill(house, copy, catalog, facts)
            yield copy
        finally:
            database.close()


def _fill(house: House, copy: House, catalog: Path | None, facts: Mapping[str, Any] | None) -> None:
    rooms = ("shop", "core") if catalog else ("catalog", "shop", "core")
    for table in _tables(rooms):
        house.database.read(partial(_copy, target=copy.database, table=table))
    if catalog:
        rejected = import_file(
            copy.database, catalog, now=copy.clock.now(), default_currency=shop_currency(house)
        ).rejected
        raise_faults(text("evals.row", line=bad.line, reason=bad.reason) for bad in rejected)
    if facts is not None:
        copy.database.write(lambda c: import_facts(c, facts, copy.clock.now()))


def _tables(rooms: Sequence[str]) -> list[Table]:
    """Those of these rooms, what others refer to first; talks are the bot's and stay behind."""
    homes = {m.local_table: m.class_.__module__.split(".")[0] for m in Base.registry.mappers}
    return [table for table in Base.metadata.sorted_tables if homes.get(table) in rooms]


def _copy(connection: Connection, target: Database, table: Table) -> None:
    query = select(table).execution_options(yield_per=ROWS_AT_ONCE)
    with connection.execute(query) as rows:
        target.write(partial(_replace, table=table, rows=rows))


def _replace(connection: Connection, table: Table, rows: CursorResult[Any]) -> None:
    # No order is promised: a category may come before the one it belongs to.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.execute(delete(table))
    for part in rows.mappings().partitions():
        connection.execute(insert(table), [dict(row) for row in part])


def own_products(talk: Talk, currency: str) -> CheckedFile:
    """The products only this talk has, checked as those of any file.

    Raises:
        ConfigError: one of them is no product.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "products.json"
        path.write_text(json.dumps(talk.products), encoding="utf-8")
        try:
            checked = read_file(path, default_currency=currency)
        except ImportRejected as error:
            raise ConfigError(fault(talk.id, "products", "wrong", error)) from None
    raise_faults(fault(talk.id, "products", "wrong", bad.reason) for bad in checked.rejected)
    return checked


def add_products(house: House, products: CheckedFile) -> None:
    """Put products into a copy, beside the shop's and of the same source."""

    def store(connection: Connection) -> None:
        source = SAMPLE if is_sample_catalog(connection) else IMPORT
        plan = make_plan(connection, products.rows, products.given, source=source)
        apply_plan(connection, plan.with_terms(), house.clock.now())

    house.database.write(store)
