"""Facts go in and come out; the sample's make room for the shop's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from catalog.files.rows import ProductRow, RowRules, check_row
from catalog.products import IMPORT
from catalog.revision import revision
from catalog.store import apply_plan, make_plan
from core.database import Database
from shop.facts import ShopFacts, describe, import_facts, is_open, load, next_opening
from shop.sample import load_sample_facts, sample_facts

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OWN = {"returns": "30 días", "hours": "de 9 a 6", "mascotas": True, "website": None}


def bring_in(database: Database, data: dict[str, Any]) -> None:
    database.write(lambda c: import_facts(c, data, NOW))


def put_own_product(database: Database) -> None:
    row = check_row({"sku": "A1", "name": "Mesa", "price": "1"}, RowRules("COP"))

    def store(connection: Any) -> None:
        fields = frozenset(ProductRow.__dataclass_fields__)
        plan = make_plan(connection, [row], fields, source=IMPORT)
        apply_plan(connection, plan.with_terms(), NOW)

    database.write(store)


def test_a_shop_that_said_nothing_has_no_facts(database: Database) -> None:
    assert database.read(load).values == {}


def test_facts_come_back_as_given_in_their_order(database: Database) -> None:
    bring_in(database, OWN)
    facts = database.read(load)
    assert list(facts.values.items()) == list(OWN.items())[:3]
    assert not facts.is_sample


def test_the_sample_is_marked_and_loaded_once(database: Database) -> None:
    assert database.write(lambda c: load_sample_facts(c, NOW))
    assert not database.write(lambda c: load_sample_facts(c, NOW))
    facts = database.read(load)
    assert (facts.values, facts.is_sample) == (sample_facts(), True)


def test_own_facts_replace_every_sample_fact(database: Database) -> None:
    database.write(lambda c: load_sample_facts(c, NOW))
    bring_in(database, {"returns": "30 días"})
    facts = database.read(load)
    assert (facts.values, facts.is_sample) == ({"returns": "30 días"}, False)


def test_new_facts_replace_the_old_ones_as_a_whole(database: Database) -> None:
    bring_in(database, OWN)
    bring_in(database, {"payment": ["efectivo"]})
    assert database.read(load).values == {"payment": ["efectivo"]}
    bring_in(database, {})
    assert database.read(load).values == {}


def test_the_samples_facts_do_not_speak_for_a_shop_with_own_products(database: Database) -> None:
    database.write(lambda c: load_sample_facts(c, NOW))
    put_own_product(database)
    assert database.read(load).values == {}


def test_the_sample_is_not_loaded_beside_own_products(database: Database) -> None:
    put_own_product(database)
    assert not database.write(lambda c: load_sample_facts(c, NOW))


def test_new_facts_are_noticed_by_caches(database: Database) -> None:
    before = database.read(revision)
    bring_in(database, OWN)
    assert database.read(revision) > before


def test_the_samples_hours_say_when_it_opens() -> None:
    facts = ShopFacts(sample_facts())
    sunday = datetime(2026, 3, 8, 12, 0)  # noqa: DTZ001 - the shop's wall clock
    assert is_open(facts, sunday) is False
    assert next_opening(facts, sunday) == sunday.replace(day=9, hour=9)
    assert describe(facts, "hours").endswith("domingo: cerrado")
