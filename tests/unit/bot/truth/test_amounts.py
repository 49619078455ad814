"""Texts enter; the amounts of money in them, and nothing else, are found."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.truth.amounts import find_amounts
from bot.truth.folding import fold, plain

ONE_AMOUNT = [
    ("$1.299.000", "1299000"),
    ("$ 1,299.00", "1299"),
    ("1299000 pesos", "1299000"),
    ("1.299.000 COP", "1299000"),
    ("US$ 20", "20"),
    ("S/ 45.90", "45.9"),
    ("S/. 45.90", "45.9"),
    ("R$ 10,50", "10.5"),
    ("20 €", "20"),
    ("20€", "20"),
    ("20usd", "20"),
    ("Bs. 45,50", "45.5"),
    ("₡5.000", "5000"),
    ("₲ 50.000", "50000"),
    ("MX$ 899", "899"),
    ("COP $1.299.000", "1299000"),
    ("$20 USD", "20"),
    ("45 dólares", "45"),
    ("1,3 millones", "1300000"),
    ("$1,5 millones", "1500000"),
    ("medio millón", "500000"),
    ("un millón y medio", "1500000"),
    ("1 millón 299 mil", "1299000"),
    ("899 mil 900", "899900"),
    ("600 mil", "600000"),
    ("20 lucas", "20000"),
    ("2.5 palos", "2500000"),
    ("1299k", "1299000"),
    ("1.3M", "1300000"),
    ("un millón doscientos mil", "1200000"),
    ("mil quinientos pesos", "1500"),
    ("dos mil veinticinco pesos", "2025"),
    ("setecientos noventa y nueve mil pesos", "799000"),
    ("mil e quinhentos reais", "1500"),
    ("um milhão e duzentos mil reais", "1200000"),
    ("one million two hundred thousand pesos", "1200000"),
    ("twenty dollars", "20"),
    ("cuesta mil pesos", "1000"),
    ("te queda en 899900", "899900"),
    ("cuesta 45", "45"),
    ("vale quinientos", "500"),
    ("precio: 45", "45"),
    ("Galaxy A15 - 899900", "899900"),
    ("Redmi 13 899.000 pesos", "899000"),
    ("iPhone 15 $899", "899"),
    ("2 camisetas por 50 mil", "50000"),
    ("28 pesos con 50 centavos", "28.5"),
    ("289 soles con 90.", "289.9"),
    ("28 pesos con 10 % menos", "28"),
]
DISGUISED = [
    ("１２９９０００ pesos", "1299000"),
    ("$1.\u200b299\u200b.000", "1299000"),
    ("1 299 000", "1299000"),
    ("1\u00a0299\u00a0000", "1299000"),
    ("1\u202f299\u202f000 pesos", "1299000"),
    ("1'299.000", "1299000"),
    ("1’299.000", "1299000"),
    ("8️⃣9️⃣9️⃣.000", "899000"),
    ("*$899*.000", "899000"),
    ("$\n899.000", "899000"),
    ("٨٩٩٠٠٠ pesos", "899000"),
    ("𝟖𝟗𝟗.𝟎𝟎𝟎 pesos", "899000"),
    ("899.OOO pesos", "899000"),
]
NO_MONEY = [
    "Galaxy S24",
    "128GB",
    '15.6"',
    "RTX 4050",
    "iPhone 15",
    "2 unidades",
    "1.299 unidades",
    "300 123 4567",
    "+57 300 123 4567",
    "601 234 5678",
    "12/05/2024",
    "el 15 de mayo de 2024",
    "9:00 a 18:00",
    "a las 9",
    "24 horas",
    "100% algodón",
    "20%",
    "19 por ciento",
    "Calle 45 #12-30",
    "Av. 19 # 100-20",
    "5000 mAh",
    "2400 x 1080",
    "18000 DPI",
    "50 Mpx",
    "TV 4K",
    "pedido 12345",
    "pedido #12345",
    "ref. 12345",
    "NIT 900.123.456-7",
    "mil gracias",
    "más de 10 mil clientes",
    "12 meses de garantía",
    "30 días",
    "quedan 3",
    "por 2 años",
    "son 3 modelos",
    "talla 38",
    "Windows 11",
]


@pytest.mark.parametrize(("text", "value"), ONE_AMOUNT + DISGUISED)
def test_amount_is_found_with_its_value(text: str, value: str) -> None:
    assert [amount.value for amount in find_amounts(text)] == [Decimal(value)]


@pytest.mark.parametrize("text", NO_MONEY)
def test_other_numbers_are_no_money(text: str) -> None:
    assert find_amounts(text) == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("entre 300 y 600 mil", ["300000", "600000"]),
        ("de 45 a 60 dólares", ["45", "60"]),
        ("de $399.000 a $899.000", ["399000", "899000"]),
        ("A15: $899.000, G04: $399.000", ["899000", "399000"]),
    ],
)
def test_both_ends_of_a_range_are_found(text: str, values: list[str]) -> None:
    assert [str(int(amount.value)) for amount in find_amounts(text)] == values


@pytest.mark.parametrize(
    ("text", "fits", "does_not"),
    [
        ("$20", "COP", "EUR"),
        ("US$20", "USD", "COP"),
        ("20 pesos", "MXN", "USD"),
        ("20 pesos colombianos", "COP", "MXN"),
        ("20 dólares", "USD", "COP"),
        ("$20 USD", "USD", "COP"),
        ("S/20", "PEN", "USD"),
        ("R$20", "BRL", "USD"),
        ("20 soles", "PEN", "COP"),
        ("20 euros", "EUR", "USD"),
        ("20 reais", "BRL", "EUR"),
        ("Q45.00", "GTQ", "USD"),
        ("Bs 20", "BOB", "PEN"),
        ("COP 20", "COP", "USD"),
    ],
)
def test_currency_fits_what_the_wording_can_mean(text: str, fits: str, does_not: str) -> None:
    (amount,) = find_amounts(text)
    assert amount.fits(fits)
    assert not amount.fits(does_not)


def test_amount_without_currency_fits_every_one() -> None:
    (amount,) = find_amounts("600 mil")
    assert amount.fits("COP")
    assert amount.fits("EUR")


@pytest.mark.parametrize("text", ["casi $900", "alrededor de $900", "about $900", "quase R$ 900"])
def test_approximations_are_noted(text: str) -> None:
    assert [amount.is_approximate for amount in find_amounts(text)] == [True]


def test_a_number_known_by_its_form_alone_is_not_marked() -> None:
    assert [amount.is_marked for amount in find_amounts("(899.000) o $899.000")] == [False, True]


def test_offsets_count_in_the_plain_text() -> None:
    text = "*Galaxy* a \u200b$899.900 hoy"
    (amount,) = find_amounts(text)
    assert plain(text)[amount.start : amount.end] == "$899.900"


def test_digits_inside_names_are_no_money() -> None:
    text = "Redmi 13 899 000 pesos"
    assert [amount.value for amount in find_amounts(text, [(0, 8)])] == [Decimal(899000)]


@pytest.mark.parametrize("text", ["Éste ÑANDÚ cuesta İ 5", "ﬁn　ancho", "a\u00a0b\tc"])
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(plain(text))) == len(plain(text))
