"""Files are read with the decimal mark, the currency and the codes they have, or told why not."""

from __future__ import annotations

import pytest

from catalog.files.checking import CheckedFile, check_content


def check(content: str, currency: str = "USD") -> CheckedFile:
    return check_content(content.encode(), default_currency=currency)


@pytest.mark.parametrize(
    ("currency", "prices", "minor"),
    [
        pytest.param("COP", ["$1.299.000", "$45.900"], [129900000, 4590000], id="pesos"),
        pytest.param("USD", ["1,299.00", "45.90"], [129900, 4590], id="point before cents"),
        pytest.param("EUR", ["1.299,00", "45,90 €"], [129900, 4590], id="comma before cents"),
        pytest.param("PEN", ["S/ 45.90", "S/. 1,045.90"], [4590, 104590], id="soles"),
        pytest.param("BRL", ["R$ 1.299,90", "R$ 9,90"], [129990, 990], id="reais"),
        pytest.param("CHF", ["1'299.-", "45,-"], [129900, 4500], id="no cents"),
        pytest.param("CLP", ["$12.990", "990"], [12990, 990], id="no cents at all"),
    ],
)
def test_prices_are_read_as_the_shop_writes_them(
    currency: str, prices: list[str], minor: list[int]
) -> None:
    rows = [f'A{number};Mesa;"{price}"' for number, price in enumerate(prices)]
    checked = check("\n".join(["sku;nombre;precio", *rows]), currency)
    assert [row.price_minor for row in checked.rows] == minor


def test_a_currency_in_the_price_columns_name_goes_before_the_shops() -> None:
    (row,) = check("sku,nombre,Precio (USD)\nA1,Mesa,45.90\n", "COP").rows
    assert (row.currency, row.price_minor) == ("USD", 4590)


@pytest.mark.parametrize(
    ("sale", "minor"), [("8,5", 850), ("", 1000), ("0", 1000), ("0,00", 1000), ("-", 1000)]
)
def test_a_sale_price_counts_where_there_is_one(sale: str, minor: int) -> None:
    (row,) = check(f"sku;nombre;precio;precio oferta\nA1;Mesa;10;{sale}\n").rows
    assert row.price_minor == minor


def test_a_barcode_stands_in_for_a_missing_code() -> None:
    checked = check("Código de barras;Nombre;Precio\n7701234567890;Mesa;10\n")
    assert [(row.external_id, row.sku) for row in checked.rows] == [("7701234567890",) * 2]


def test_a_subcategory_is_one_more_level() -> None:
    (row,) = check("sku,nombre,precio,categoría,subcategoría\nA1,Mesa,1,Hogar,Mesas\n").rows
    assert row.category == "Hogar > Mesas"


@pytest.mark.parametrize(
    "code", ["1.23E+12", "7,70123E+12", "2026-03-05 00:00:00", "01-ene", "5-Mar", "########"]
)
def test_a_code_that_a_spreadsheet_damaged_is_told_and_names_no_product(code: str) -> None:
    (bad,) = check(f"sku;nombre;precio\n{code};Mesa;10\n").rejected
    assert "Excel dañó el código" in bad.reason
    assert bad.code == ""


def test_a_rejected_row_says_which_product_it_is_when_it_can() -> None:
    checked = check("sku,nombre,precio\nA1,Mesa,gratis\n,Silla,5\n")
    assert [(bad.line, bad.code) for bad in checked.rejected] == [(2, "A1"), (3, "")]


def test_columns_are_told_as_they_were_read() -> None:
    checked = check("Cód.,Descripción,P. Unit.\nA1,Mesa,5\n")
    assert checked.columns == {"sku": "Cód.", "name": "Descripción", "price": "P. Unit."}
