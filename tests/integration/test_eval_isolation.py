"""A shop on either database is copied for an evaluation: what it sells and says, nobody's talk."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.house import House
from bot import inbox
from bot.messages import InboundMessage
from bot.metrics import Metrics
from bot.tables import Message
from catalog.products import count_products
from catalog.sample import load_sample_products
from catalog.search import CatalogSearch
from catalog.tables import Category
from core.database import Database
from core.settings import Settings
from evals.isolation import copy_of
from shop.facts import load
from shop.sample import load_sample_facts
from tests.fakes import FixedClock


@pytest.fixture
def house(database: Database, clock: FixedClock) -> House:
    now = clock.now()
    database.write(lambda c: load_sample_products(c, now))
    database.write(lambda c: load_sample_facts(c, now))
    said = InboundMessage("whatsapp", "SM1", "whatsapp:+573001112233", "whatsapp:+15550001", "hola")
    database.write(lambda c: inbox.accept(c, said, now=now, wait_s=0, max_wait_s=0))
    return House(
        Settings.from_env({}, env_file=None), database, clock, CatalogSearch(), Metrics(), {}
    )


def searched(house: House) -> list[str]:
    hits = house.database.read(lambda c: house.search.search(c, "televisor"))
    return [hit.product.sku for hit in hits]


def test_products_and_facts_are_copied(house: House) -> None:
    with copy_of(house) as copy:
        assert copy.database.read(count_products) == house.database.read(count_products) == 118
        assert copy.database.read(load).values == house.database.read(load).values
        found = [
            [
                hit.product.sku
                for hit in one.database.read(lambda c, s=one.search: s.search(c, "tv"))
            ]
            for one in (house, copy)
        ]
    assert found[0] == found[1] != []


def test_a_category_may_be_read_before_the_one_it_belongs_to(house: House) -> None:
    count = select(func.count()).select_from(Category)
    tops = update(Category).where(Category.parent_id.is_(None)).values(name=Category.name + "!")
    house.database.write(lambda c: c.execute(tops))  # on PostgreSQL they stand last from now on
    with copy_of(house) as copy:
        copied = copy.database.read(lambda c: c.execute(count).scalar_one())
    assert copied == house.database.read(lambda c: c.execute(count).scalar_one())


def test_what_customers_said_stays_behind(house: House) -> None:
    count = select(func.count()).select_from(Message)

    with copy_of(house) as copy:
        assert copy.database.read(lambda c: c.execute(count).scalar_one()) == 0
    assert house.database.read(lambda c: c.execute(count).scalar_one()) == 1


def test_what_happens_in_the_copy_does_not_reach_the_shop(house: House, clock: FixedClock) -> None:
    with copy_of(house, facts={"hours": "siempre"}) as copy:
        assert copy.database.read(load).values == {"hours": "siempre"}
    assert len(house.database.read(load).values) > 1
