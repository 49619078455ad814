"""An empty catalog enters, the sample shop's products leave in it, marked as such."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from catalog.importer import read_file
from catalog.products import SAMPLE, has_own_products
from catalog.revision import bump_revision
from catalog.store import apply_plan, make_plan
from catalog.tables import Product

SAMPLE_CURRENCY = "COP"


def sample_path() -> Path:
    """The file of the sample products, a model for a shop's own file."""
    return Path(__file__).with_name("sample.csv")


def load_sample_products(connection: Connection, now: datetime) -> bool:
    """Put the sample products into a catalog that has no product at all.

    The caller decides whether a sample is wanted: never where real customers may write.

    Args:
        now: aware UTC.
    Returns:
        Whether they were put in.
    """
    if connection.execute(select(Product.id).limit(1)).first():
        return False
    checked = read_file(sample_path(), default_currency=SAMPLE_CURRENCY)
    plan = make_plan(connection, checked.rows, checked.given, source=SAMPLE)
    apply_plan(connection, plan.with_terms(), now)
    return True


def remove_sample_products(connection: Connection) -> int:
    """Take the sample products out, where real customers may write; answers how many."""
    removed = connection.execute(
        delete(Product).where(Product.source == SAMPLE).returning(Product.id)
    ).all()
    if removed:
        bump_revision(connection, removes=True)
    return len(removed)


def is_sample_catalog(connection: Connection) -> bool:
    """Whether the products are the sample shop's."""
    found = connection.execute(select(Product.id).where(Product.source == SAMPLE).limit(1))
    return found.first() is not None and not has_own_products(connection)
