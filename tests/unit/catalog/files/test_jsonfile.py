"""JSON as shops and their systems write it."""

from __future__ import annotations

import json

import pytest

from catalog.files.checking import check_content
from catalog.files.rows import ProductRow
from core.errors import ImportRejected

MESA = {"sku": "A1", "name": "Mesa", "price": 45.9}


def products(value: object) -> dict[str, ProductRow]:
    checked = check_content(json.dumps(value).encode(), default_currency="USD")
    assert checked.rejected == ()
    return {row.external_id: row for row in checked.rows}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([MESA], id="a list"),
        pytest.param({"products": [MESA]}, id="a list in an object"),
        pytest.param({"ok": True, "data": {"items": [MESA], "page": 1}}, id="deeper down"),
    ],
)
def test_the_list_of_products_is_found(value: object) -> None:
    assert products(value)["A1"].price_minor == 4590


def test_numbers_are_numbers_whatever_their_decimals() -> None:
    assert products([{**MESA, "price": 1.299}])["A1"].price_minor == 130
    assert products([{**MESA, "price": 1299, "stock": 3.0}])["A1"].stock == 3


def test_numbers_tell_nothing_of_how_prices_are_written_beside_them() -> None:
    found = products([{**MESA, "price": 4200.5}, {**MESA, "sku": "A2", "price": "$ 3.200"}])
    assert [row.price_minor for row in found.values()] == [420050, 320000]


def test_objects_and_lists_stand_for_what_they_name() -> None:
    shown = products(
        [
            {
                "sku": "A1",
                "name": {"es": "Mesa", "pt": "Mesa de madeira"},
                "price": {"amount": "45.90"},
                "categories": [{"name": "Hogar"}, {"name": "Ofertas"}],
                "images": [{"src": "https://x.example/1.jpg"}, {"src": "https://x.example/2.jpg"}],
                "status": "draft",
            }
        ]
    )["A1"]
    assert (shown.name, shown.category, shown.image_url, shown.active) == (
        "Mesa",
        "Hogar",
        "https://x.example/1.jpg",
        False,
    )


def test_a_shopify_product_becomes_one_for_each_variant() -> None:
    taza = {
        "id": 11,
        "title": "Taza",
        "handle": "taza",
        "body_html": "<p>De <b>barro</b></p>",
        "vendor": "Alfar",
        "product_type": "Cocina",
        "variants": [
            {"id": 1, "title": "Azul / L", "option1": "Azul", "option2": "L", "price": "9.90",
             "sku": "T-A", "available": True},
            {"id": 2, "title": "Roja / S", "option1": "Roja", "option2": "S", "price": "8.90",
             "sku": None, "available": False},
        ],
    }  # fmt: skip
    found = products({"products": [taza]})
    azul, roja = found["taza/azul/l"], found["taza/roja/s"]
    assert (azul.name, azul.sku, azul.price_minor, azul.stock) == (
        "Taza - Azul / L",
        "T-A",
        990,
        None,
    )
    assert (roja.name, roja.sku, roja.price_minor, roja.stock) == (
        "Taza - Roja / S",
        "taza/roja/s",
        890,
        0,
    )
    assert (azul.brand, azul.category, azul.description) == ("Alfar", "Cocina", "De barro")


def test_variants_in_the_shops_own_words_are_told_apart() -> None:
    gorra = {
        "codigo": "G",
        "nombre": "Gorra",
        "precio": 20,
        "variantes": [{"color": "Negro", "stock": 2}, {"color": "Azul", "stock": 0, "precio": 25}],
    }
    found = products([gorra])
    assert {(row.name, row.price_minor, row.stock) for row in found.values()} == {
        ("Gorra - Negro", 2000, 2),
        ("Gorra - Azul", 2500, 0),
    }


def test_a_product_whose_only_variant_is_no_choice_keeps_its_name() -> None:
    variant = {"title": "Default Title", "option1": "Default Title", "price": "5.00"}
    found = products([{"title": "Vela", "handle": "vela", "variants": [variant]}])
    assert found["vela"].name == "Vela"


def test_characters_no_database_takes_are_left_out() -> None:
    assert products([{**MESA, "name": "Me\x00sa \ud83d"}])["A1"].name == "Mesa"


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        pytest.param(b'[{"sku": ', "JSON correcto", id="cut off"),
        pytest.param(b"[" * 100_000, "JSON correcto", id="too deep"),
        pytest.param(b'[{"sku": "A", "name": "B", "price": NaN}]', "NaN", id="no number"),
        pytest.param(b'{"error": "unauthorized"}', "lista de productos", id="an error"),
        pytest.param(b"[]", "lista de productos", id="an empty list"),
    ],
)
def test_what_is_no_list_of_products_is_refused_in_words(raw: bytes, named: str) -> None:
    with pytest.raises(ImportRejected, match=named):
        check_content(raw, default_currency="USD")
