"""The same words find the same products on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from catalog.files.rows import ProductRow, RowRules, check_row
from catalog.products import IMPORT, count_products, find_by_sku
from catalog.sample import load_sample_products
from catalog.search import CatalogSearch, Hit
from catalog.store import apply_plan, make_plan
from catalog.tables import Product
from core.database import Database

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FIELDS = frozenset(ProductRow.__dataclass_fields__)


def put(database: Database, *products: dict[str, Any], currency: str = "COP") -> None:
    """Make these the catalog."""
    rules = RowRules(currency)
    rows = [
        check_row({"id": str(n), "price": "1000"} | product, rules)
        for n, product in enumerate(products, 1)
    ]

    def store(connection: Any) -> None:
        plan = make_plan(connection, rows, FIELDS, source=IMPORT, replace=True)
        apply_plan(connection, plan.with_terms(), NOW)

    database.write(store)


def find(database: Database, query: str, limit: int = 8) -> list[Hit]:
    return database.read(lambda c: CatalogSearch().search(c, query, limit))


def names(database: Database, query: str, limit: int = 8) -> list[str]:
    return [hit.product.name for hit in find(database, query, limit)]


@pytest.fixture
def shop(database: Database) -> Database:
    database.write(lambda c: load_sample_products(c, NOW))
    return database


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("¿tienen laptops?", "Laptop"),
        ("busco un celular samsung, gracias", "Celular Samsung"),
        ("heladera", "Nevera"),
        ("campera para mujer", "Chaqueta"),
        ("selular xiaomi", "Celular Xiaomi"),
        ("imprezora", "Impresora"),
        ("remera negra", "Camiseta"),
        ("fone de ouvido", "Audífonos"),
        ("do you have headphones?", "Audífonos"),
        ("tv 55 pulgadas", "Televisor TCL 55"),
        ("iphone16", "iPhone 16"),
        ("sku LAP-003", "Laptop HP"),
    ],
)
def test_customers_words_find_what_they_mean(shop: Database, query: str, kind: str) -> None:
    assert names(shop, query)[0].startswith(kind)


@pytest.mark.parametrize(
    "query",
    ["hola, buenas tardes", "muchas gracias 🙏", "¿a qué hora abren?", "llantas para moto", ""],
)
def test_talk_and_things_not_sold_find_nothing(shop: Database, query: str) -> None:
    assert names(shop, query) == []


def test_the_reason_names_the_words_that_matched(shop: Database) -> None:
    assert find(shop, "quiero una remera negra")[0].reason == "remera, negra"


def test_price_limits_are_kept(shop: Database) -> None:
    hits = find(shop, "celular entre 500 mil y 1 millón")
    assert hits
    assert all(500_000_00 <= hit.product.price_minor <= 1_000_000_00 for hit in hits)


def test_a_price_alone_shows_the_dearest_within_it(shop: Database) -> None:
    hits = find(shop, "algo de menos de 50 mil", 3)
    prices = [hit.product.price_minor for hit in hits]
    assert prices == sorted(prices, reverse=True)
    assert max(prices) <= 50_000_00


def test_the_cheapest_comes_first_when_asked_for(shop: Database) -> None:
    prices = [hit.product.price_minor for hit in find(shop, "celulares baratos", 4)]
    assert prices == sorted(prices)


def test_several_things_share_the_answer(shop: Database) -> None:
    found = names(shop, "necesito un mouse y también un teclado", 4)
    assert [name.split()[0] for name in found[:2]] == ["Mouse", "Teclado"]


def test_what_is_in_stock_comes_before_what_is_sold_out(database: Database) -> None:
    put(database, {"name": "Mesa uno", "stock": "0"}, {"name": "Mesa dos", "stock": "3"})
    assert names(database, "mesa") == ["Mesa dos", "Mesa uno"]


def test_the_thing_itself_comes_before_what_is_made_for_it(database: Database) -> None:
    put(database, {"name": "Funda para tablet"}, {"name": "Tablet Lenovo con lápiz y estuche"})
    assert names(database, "tablet") == ["Tablet Lenovo con lápiz y estuche", "Funda para tablet"]


def test_ene_is_told_apart_when_the_customer_writes_it(database: Database) -> None:
    put(database, {"name": "Moño rojo"}, {"name": "Mono de tela"})
    assert names(database, "moño") == ["Moño rojo"]
    assert len(names(database, "mono")) == 2


def test_bare_small_numbers_are_prices_in_a_dollar_shop(database: Database) -> None:
    put(
        database,
        {"name": "Laptop A", "price": "450.50"},
        {"name": "Laptop B", "price": "900"},
        currency="USD",
    )
    assert names(database, "laptop de menos de 500") == ["Laptop A"]


def test_inactive_products_are_not_found(database: Database) -> None:
    put(database, {"name": "Mesa", "active": "no"})
    assert names(database, "mesa") == []
    assert database.read(count_products) == 0
    assert database.read(lambda c: find_by_sku(c, "1")) is None


def test_a_search_notices_a_changed_catalog(database: Database) -> None:
    search = CatalogSearch()
    put(database, {"name": "Mesa"})
    assert database.read(lambda c: search.search(c, "mesa"))
    put(database, {"name": "Silla"})
    assert not database.read(lambda c: search.search(c, "mesa"))
    assert database.read(lambda c: search.search(c, "silla"))


def test_prices_and_stock_are_read_fresh(database: Database) -> None:
    search = CatalogSearch()
    put(database, {"name": "Mesa"})
    database.read(lambda c: search.search(c, "mesa"))
    database.write(lambda c: c.execute(update(Product).values(price_minor=7, stock=2)))
    (hit,) = database.read(lambda c: search.search(c, "mesa"))
    assert (hit.product.price_minor, hit.product.stock) == (7, 2)


def test_a_product_is_found_by_its_sku_before_another_ones_id(database: Database) -> None:
    put(database, {"id": "B", "sku": "A", "name": "Mesa"}, {"id": "A", "sku": "C", "name": "Silla"})
    found = database.read(lambda c: find_by_sku(c, " A "))
    assert found is not None
    assert found.name == "Mesa"


def test_a_large_answer_needs_no_more_than_the_databases_take(database: Database) -> None:
    put(database, *({"name": f"Mesa {n}", "price": str(n)} for n in range(1, 1300)))
    hits = find(database, "mesa de menos de 1.000 pesos", 1200)
    assert len(hits) == 1000


def test_threads_may_share_one_search(shop: Database) -> None:
    search = CatalogSearch()
    queries = ["laptops", "celular samsun", "heladera", "zapatillas blancas"] * 4
    expected = [names(shop, query) for query in queries]
    found: list[list[str]] = [[] for _ in queries]

    def ask(position: int, query: str) -> None:
        hits = shop.read(lambda c: search.search(c, query))
        found[position] = [hit.product.name for hit in hits]

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(queries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected
