"""A shop that has said nothing enters, the sample shop's facts leave in it, marked as such."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from catalog.products import has_own_products
from catalog.revision import bump_revision
from shop.facts import import_facts
from shop.tables import ShopFact


def sample_facts() -> dict[str, Any]:
    """The sample shop's facts, a model for a shop's own file."""
    content = Path(__file__).with_name("sample.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(content)
    return facts


def load_sample_facts(connection: Connection, now: datetime) -> bool:
    """Store the sample's facts where there are neither facts nor own products.

    The caller decides whether a sample is wanted: never where real customers may write.

    Args:
        now: aware UTC.
    Returns:
        Whether they were stored.
    """
    known = connection.execute(select(ShopFact.key).limit(1)).first()
    if known or has_own_products(connection):
        return False
    import_facts(connection, sample_facts(), now, is_sample=True)
    return True


def remove_sample_facts(connection: Connection) -> None:
    """Take the sample's facts out, where real customers may write."""
    if connection.execute(delete(ShopFact).where(ShopFact.is_sample)).rowcount:
        bump_revision(connection)
