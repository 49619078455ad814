"""What is kept in memory follows the stored catalog, change by change, on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from catalog.files.rows import ProductRow
from catalog.index.reindex import reindex
from catalog.index.segment import SegmentBuilder
from catalog.products import IMPORT
from catalog.search import CatalogSearch
from catalog.store import apply_plan, make_plan
from catalog.words.own_synonyms import save_own_table
from core.database import Database
from core.errors import ImportRejected

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FIELDS = frozenset(ProductRow.__dataclass_fields__)
THINGS = ("Mesa", "Silla", "Lámpara", "Cama", "Sofá")
COLORS = ("negra", "blanca", "azul", "de madera de roble", "plegable")
QUERIES = (
    *THINGS,
    "mesa azul",
    "silla que no sea negra",
    "la cama más barata",
    "algo de menos de 40 mil",
    "zofa",
    "lampara plegable entre 20 mil y 60 mil",
)


def row(number: int, chance: random.Random) -> ProductRow:
    return ProductRow(
        external_id=str(number),
        sku=f"SKU-{number:04d}",
        name=f"{chance.choice(THINGS)} {chance.choice(COLORS)}",
        brand="",
        category="Hogar > Muebles",
        description=f"También en {chance.choice(COLORS)}.",
        price_minor=chance.randrange(10, 90) * 100_000,
        currency="COP",
        stock=chance.choice((None, 0, 5)),
        image_url="",
        url="",
        active=chance.random() > 0.1,
    )


def store(database: Database, rows: list[ProductRow], *, replaces: bool = False) -> None:
    plan = database.read(lambda c: make_plan(c, rows, FIELDS, source=IMPORT, replace=replaces))
    database.write(lambda c: apply_plan(c, plan.with_terms(), NOW))


def answers(database: Database, search: CatalogSearch) -> list[list[tuple[str, float, str]]]:
    return [
        [
            (hit.product.external_id, hit.score, hit.reason)
            for hit in database.read(lambda c, query=query: search.search(c, query, 20))
        ]
        for query in QUERIES
    ]


def test_following_changes_gives_what_reading_everything_gives(database: Database) -> None:
    chance = random.Random(11)
    rows = {number: row(number, chance) for number in range(60)}
    store(database, list(rows.values()))
    follower = CatalogSearch()
    for _ in range(12):
        for number in chance.sample(range(80), 6):
            rows[number] = row(number, chance)
        for number in chance.sample(sorted(rows), 3):
            rows[number] = replace(rows[number], price_minor=rows[number].price_minor + 100)
        if chance.random() < 0.4:
            del rows[chance.choice(sorted(rows))]
        store(database, list(rows.values()), replaces=True)
        assert answers(database, follower) == answers(database, CatalogSearch())


def test_many_changes_at_once_are_followed_too(database: Database) -> None:
    chance = random.Random(12)
    store(database, [row(number, chance) for number in range(30)])
    follower = CatalogSearch()
    answers(database, follower)
    store(database, [row(number, chance) for number in range(700)])
    assert answers(database, follower) == answers(database, CatalogSearch())


def test_a_reading_that_fails_half_way_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(14)
    rows = [row(number, chance) for number in range(1500)]
    store(database, rows)
    follower = CatalogSearch()
    answers(database, follower)
    store(database, [row(number, chance) for number in range(700)])
    with monkeypatch.context() as patch:
        patch.setattr(SegmentBuilder, "build", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            answers(database, follower)
    store(database, [row(number, chance) for number in range(5)])
    assert answers(database, follower) == answers(database, CatalogSearch())


def test_both_databases_give_the_same_answers(
    sqlite_database: Database, postgres_database: Database
) -> None:
    for database in (sqlite_database, postgres_database):
        chance = random.Random(13)
        store(database, [row(number, chance) for number in range(200)])
        store(database, [row(number, chance) for number in range(50, 90)])
    expected = answers(sqlite_database, CatalogSearch())
    assert any(expected)
    assert answers(postgres_database, CatalogSearch()) == expected


def find(database: Database, query: str) -> list[str]:
    hits = database.read(lambda c: CatalogSearch().search(c, query))
    return [hit.product.name for hit in hits]


@pytest.fixture
def shop(database: Database) -> Database:
    chance = random.Random(1)
    names = ("Pantuflas de lana", "Celular Andino A1", "Gaseosa Cola 1,5 L")
    store(
        database,
        [
            replace(row(n, chance), name=name, description="", category="", stock=5, active=True)
            for n, name in enumerate(names)
        ],
    )
    reindex(database)
    return database


def own(database: Database, table: str) -> None:
    database.write(lambda c: save_own_table(c, table, now=NOW))
    reindex(database)


def test_the_shops_own_words_are_found(shop: Database) -> None:
    assert find(shop, "chinelas") == find(shop, "perol") == []
    own(shop, "# calzado de casa\npantuflas, chinelas\nperol, celular")
    assert find(shop, "chinelas") == ["Pantuflas de lana"]
    assert find(shop, "un perol") == ["Celular Andino A1"]
    assert find(shop, "smartphone") == ["Celular Andino A1"]


def test_a_running_search_learns_them(shop: Database) -> None:
    search = CatalogSearch()
    assert shop.read(lambda c: search.search(c, "chinelas")) == []
    own(shop, "pantuflas, chinelas")
    assert shop.read(lambda c: search.search(c, "chinelas"))


def test_a_shipped_word_can_be_taken_out(shop: Database) -> None:
    assert find(shop, "smartphone")
    own(shop, "- smartphone")
    assert find(shop, "smartphone") == []


def test_an_empty_table_goes_back_to_the_shipped_one(shop: Database) -> None:
    own(shop, "pantuflas, chinelas")
    own(shop, "")
    assert find(shop, "chinelas") == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("pantuflas, chinelas\nsolo", "Línea 2"),
        ("- una, dos", "Línea 1"),
        ("pantuflas, ", "Línea 1"),
        ("pantuflas, mesa silla cama sofá lámpara", "Línea 1"),
        ("a, b\n" * 30_000, "100000"),
    ],
)
def test_a_table_that_cannot_be_read_changes_nothing(shop: Database, table: str, said: str) -> None:
    own(shop, "pantuflas, chinelas")
    with pytest.raises(ImportRejected, match=said):
        own(shop, table)
    assert find(shop, "chinelas") == ["Pantuflas de lana"]


def test_terms_are_made_anew_only_when_something_changed(shop: Database) -> None:
    assert reindex(shop) == 0
    own_before = find(shop, "celular")
    shop.write(lambda c: save_own_table(c, "perol, celular", now=NOW))
    assert reindex(shop) == 3
    assert find(shop, "celular") == own_before
