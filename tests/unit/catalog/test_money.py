from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.money import (
    CURRENCIES,
    MAX_PRICE_MINOR,
    AmbiguousNumber,
    common_decimal_mark,
    exponent,
    format_price,
    is_currency,
    major_from_minor,
    minor_from_major,
    named_currency,
    parse_price,
    plain_price,
)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("$1.299.000", "COP", 129900000),
        ("1299000", "COP", 129900000),
        ("1.299", "COP", 129900),
        ("1.299", "USD", 129900),
        ("1,299.00", "USD", 129900),
        ("1.299,50", "EUR", 129950),
        ("1.299,-", "EUR", 129900),
        ("1.299.-", "CHF", 129900),
        ("45,-", "EUR", 4500),
        ("1'299.-", "CHF", 129900),
        ("45 dólares", "USD", 4500),
        ("12,5", "EUR", 1250),
        ("45,90 €", "EUR", 4590),
        ("S/ 45.90", "PEN", 4590),
        ("R$ 1.299,90", "BRL", 129990),
        ("US$ 1,299", "USD", 129900),
        ("$25.000 COP", "COP", 2500000),
        ("12.990", "CLP", 12990),
        ("$ 12.990.-", "CLP", 12990),
        ("MXN$ 80", "MXN", 8000),
        ("20 mxn", "MXN", 2000),
        ("45 PLN", "PLN", 4500),
        ("45 lempiras", "HNL", 4500),
        ("1 299 000", "COP", 129900000),
        ("1\u00a0299\u202f000", "COP", 129900000),
        ("1'299.00", "CHF", 129900),
        ("1299.000", "USD", 129900),
        ("0.5", "USD", 50),
        ("-5", "USD", -500),
        ("0", "USD", 0),
    ],
)
def test_prices_are_read_as_people_write_them(written: str, currency: str, minor: int) -> None:
    assert parse_price(written, currency) == minor


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("", "USD"),
        ("$", "USD"),
        ("gratis", "COP"),
        ("1.29.000", "COP"),
        ("1,2,3", "USD"),
        ("1..2", "USD"),
        ("10-20", "USD"),
        ("2x1000", "COP"),
        ("12 5", "USD"),
        ("12,50 00", "USD"),
        ("1.299 00", "USD"),
        ("1,29 9", "USD"),
        ("5.000 50", "COP"),
        ("20 mil", "COP"),
        ("25mil", "COP"),
        ("1.5 mil", "COP"),
        ("2 mio", "COP"),
        ("1,3E+06", "COP"),
        ("1.5", "CLP"),
        ("0.005", "USD"),
        ("１２", "USD"),
        ("9" * 40, "USD"),
    ],
)
def test_what_is_no_price_is_refused(written: str, currency: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_price(written, currency)


def test_a_price_that_reads_both_ways_is_refused_beside_proof() -> None:
    assert parse_price("1.299", "USD", decimal_mark=",") == 129900
    with pytest.raises(AmbiguousNumber):
        parse_price("1.299", "USD", decimal_mark=".")


@pytest.mark.parametrize(
    ("prices", "mark"),
    [
        (["45.90", "1.299"], "."),
        (["45,90", "1.299"], ","),
        (["1.299.000", "45"], ","),
        (["1.299", "2.500"], None),
        (["45.90", "45,90"], None),
        (["gratis", ""], None),
    ],
)
def test_a_column_proves_its_decimal_mark(prices: list[str], mark: str | None) -> None:
    assert common_decimal_mark(prices) == mark


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (129900000, "COP", "$1.299.000"),
        (129900050, "COP", "$1.299.000,50"),
        (12990, "CLP", "$12.990"),
        (1234567, "PYG", "₲1.234.567"),
        (129950, "EUR", "1.299,50 €"),
        (129900, "USD", "US$1,299"),
        (129905, "USD", "US$1,299.05"),
        (4590, "PEN", "S/ 45.90"),
        (129990, "BRL", "R$ 1.299,90"),
        (150000, "MXN", "$1,500"),
        (123450, "ABC", "ABC 1,234.50"),
        (-500, "USD", "-US$5"),
        (0, "COP", "$0"),
    ],
)
def test_prices_are_shown_as_customers_expect(minor: int, currency: str, shown: str) -> None:
    assert format_price(minor, currency) == shown


def test_euros_stand_in_front_in_english() -> None:
    assert format_price(129950, "EUR", "en") == "€1,299.50"


@given(st.integers(0, MAX_PRICE_MINOR), st.sampled_from(sorted(CURRENCIES)))
def test_what_is_shown_reads_back_as_the_same_price(minor: int, currency: str) -> None:
    assert parse_price(format_price(minor, currency), currency) == minor
    assert parse_price(plain_price(minor, currency), currency) == minor


@given(st.integers(0, MAX_PRICE_MINOR), st.sampled_from(["COP", "CLP", "KWD", "USD"]))
def test_json_numbers_lose_nothing(minor: int, currency: str) -> None:
    assert minor_from_major(major_from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [(12000, "COP", 1200000), (0.1, "USD", 10), (2.675, "USD", 268), (Decimal("9.5"), "CLP", 10)],
)
def test_major_amounts_are_rounded_half_up(
    amount: float | Decimal, currency: str, minor: int
) -> None:
    assert minor_from_major(amount, currency) == minor


def test_an_amount_that_is_no_number_is_refused() -> None:
    for amount in ("nan", "inf", "doce"):
        with pytest.raises(ValueError, match="not an amount"):
            minor_from_major(amount, "USD")


def test_whole_amounts_become_integers_for_json() -> None:
    assert repr(major_from_minor(129900000, "COP")) == "1299000"
    assert repr(major_from_minor(4590, "PEN")) == "45.9"


def test_units_follow_iso_4217() -> None:
    assert [exponent(code) for code in ("COP", "CLP", "PYG", "JPY", "KWD", "XXX")] == [
        2,
        0,
        0,
        0,
        3,
        2,
    ]


def test_only_currencies_in_use_count() -> None:
    assert all(map(is_currency, ("COP", "EUR", "PLN")))
    assert not any(map(is_currency, ("CPO", "cop", "$", "", "PESOS")))


@pytest.mark.parametrize(
    ("written", "code"),
    [("US$ 45", "USD"), ("45 €", "EUR"), ("45 USD", "USD"), ("S/45", "PEN"), ("$ 45", None),
     ("MX$ 100", "MXN"), ("MXN$80", "MXN"), ("45 PLN", "PLN"), ("Precio top", None)],
)  # fmt: skip
def test_a_mark_names_its_currency_only_beyond_doubt(written: str, code: str | None) -> None:
    assert named_currency(written) == code
