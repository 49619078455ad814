"""The shop facts file enters, what the shop says about itself leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from catalog.files.table import storable
from catalog.products import has_own_products
from catalog.revision import bump_revision
from shop.checks import check_facts
from shop.hours import Opening, is_open_at, next_opening_after, read_hours
from shop.tables import ShopFact
from shop.wording import TOPICS, describe_topic, overview_lines

__all__ = [
    "TOPICS",
    "ShopFacts",
    "check_facts",
    "describe",
    "import_facts",
    "is_open",
    "load",
    "next_opening",
    "overview",
    "phones",
]


@dataclass(frozen=True, slots=True, eq=False)
class ShopFacts:
    """The facts as they were given: the contract's fields and unknown ones alike.

    They never change, and are the same only as themselves: what is worked out from them is kept
    by them. `values` is {} when the shop has said nothing; then hours, delivery and so on are
    unknown.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    is_sample: bool = False


def load(connection: Connection) -> ShopFacts:
    """What the shop says; nothing when only the sample's facts are known beside own products."""
    rows = connection.execute(
        select(ShopFact.key, ShopFact.value, ShopFact.is_sample).order_by(ShopFact.position)
    ).all()
    is_sample = any(row.is_sample for row in rows)
    if is_sample and has_own_products(connection):
        return ShopFacts()
    return ShopFacts({row.key: row.value for row in rows}, is_sample)


def import_facts(
    connection: Connection, data: Mapping[str, Any], now: datetime, *, is_sample: bool = False
) -> None:
    """Put these facts in the place of all that were known, the sample's included.

    Args:
        data: a facts file that `check_facts` finds no fault in; fields that are null count as
            not given.
        now: aware UTC.
        is_sample: they are the sample shop's.
    """
    connection.execute(delete(ShopFact))
    rows = [
        {
            "key": key,
            "value": value,
            "position": position,
            "is_sample": is_sample,
            "updated_at": now,
        }
        for position, (key, value) in enumerate(_storable(dict(data)).items())
        if value is not None
    ]
    if rows:
        connection.execute(insert(ShopFact), rows)
    bump_revision(connection)


def _storable(value: Any) -> Any:
    """The value without what databases refuse and no message can carry."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {storable(key): _storable(one) for key, one in value.items()}
    return value


def describe(
    facts: ShopFacts, topic: str, language: str = "es", currency: str | None = None
) -> str:
    """What the shop says on one topic, one line for each thing said; "" when it is unknown.

    Args:
        topic: one of TOPICS.
        currency: of delivery costs that name none, when the facts do not give the shop's own.
    """
    return describe_topic(facts.values, topic, language, currency)


def overview(facts: ShopFacts, language: str = "es", currency: str | None = None) -> list[str]:
    """Everything the shop says, line by line, fields this program does not know included."""
    return overview_lines(facts.values, language, currency)


def phones(facts: ShopFacts) -> list[str]:
    """How to reach a person: the branches' phones, each with the branch's name."""
    branches = facts.values.get("branches")
    found = [one for one in branches if isinstance(one, dict)] if isinstance(branches, list) else []
    return [
        f"{one['phone']} ({one['name']})" if one.get("name") else str(one["phone"])
        for one in found
        if one.get("phone")
    ]


def is_open(facts: ShopFacts, now: datetime) -> bool | None:
    """Whether the shop is open at `now` (its local time); None when its hours do not say."""
    return is_open_at(_openings(facts), now)


def next_opening(facts: ShopFacts, now: datetime) -> datetime | None:
    """When the shop opens next after `now` (local time); None when its hours do not say."""
    return next_opening_after(_openings(facts), now)


@lru_cache(maxsize=8)
def _openings(facts: ShopFacts) -> Sequence[Opening] | None:
    return read_hours(facts.values.get("hours"))
