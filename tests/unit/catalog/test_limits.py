from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.words.analysis import fold
from catalog.words.limits import read_limits


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("celular de menos de 600 mil", None, 600_000),
        ("celulares entre 1 millón y 1.500.000", 1_000_000, 1_500_000),
        ("laptop entre 500 y 800 mil", 500_000, 800_000),
        ("de 500 a 800 mil", 500_000, 800_000),
        ("max 600 mil", None, 600_000),
        ("hasta $50.000", None, 50_000),
        ("hasta 1.5 millones", None, 1_500_000),
        ("no más de 300k", None, 300_000),
        ("presupuesto de 2 palos", None, 2_000_000),
        ("menos de mil pesos", None, 1_000),
        ("hasta medio millón", None, 500_000),
        ("más de 2 millones y menos de 3 millones", 2_000_000, 3_000_000),
        ("under $500", None, 500),
        ("menos de 500 dólares", None, 500),
        ("até 2 mil reais", None, 2_000),
        ("desde 100000 hasta 200000", 100_000, 200_000),
        ("entre 800 y 500 mil", 500_000, 800_000),
        ("menos de 20 lucas", None, 20_000),
        ("entre 1 y 2 millones", 1_000_000, 2_000_000),
        ("20-30 mil", 20_000, 30_000),
        ("por 300 mil pesitos", None, 300_000),
        ("celular de 600 mil", None, 600_000),
        ("celular 600k", None, 600_000),
        ("3 palos", None, 3_000_000),
        ("un millón y medio", None, 1_500_000),
        ("hasta quinientos mil", None, 500_000),
        ("bajo 100 dólares", None, 100),
        ("abaixo de 2 mil", None, 2_000),
        ("R$ 200", None, 200),
        ("US$ 20", None, 20),
        ("de 50 a 100 soles", 50, 100),
        ("alrededor de 200 mil", 150_000, 250_000),
        ("unas 20 lucas", 15_000, 25_000),
        ("máximo 80000", None, 80_000),
        ("menos de 600 mil samsung", None, 600_000),
        ("¿tienen el de 1.299.000?", None, 1_299_000),
    ],
)
def test_price_limits_are_read(text: str, low: int | None, high: int | None) -> None:
    limits, _ = read_limits(text)
    assert (limits.low, limits.high) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "iphone 15 pro max 256",
        "iphone 17 pro max 1000",
        "monitor de menos de 15 pulgadas",
        "de 128 gb a 256 gb",
        "mesa hasta 2000 personas",
        "horno de menos de 1000 w",
        "cable de más de 2 m",
        "televisor hasta 4k",
        "power bank de 20 mil mah",
        "batería hasta 5.000 mah",
        "menos de 1000 gramos",
        "2 palos de escoba",
        "un millón de gracias",
        "de 3 a 6 meses",
        "tornillo 6x1, talla 38",
        "3001234567",
        "menos de 1.29.0000",
        "",
    ],
)
def test_sizes_models_and_quantities_are_no_limits(text: str) -> None:
    limits, rest = read_limits(text)
    assert not limits
    assert rest.split() == fold(text).split()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("laptop menos de 500", None, 500),
        ("vino de menos de 5 euros", None, 5),
        ("hasta $3", None, 3),
        ("hasta S/ 45.90", None, Decimal("45.9")),
        ("entre 5 y 10", 5, 10),
        ("unos 300", 225, 375),
        ("presupuesto 400", None, 400),
    ],
)
def test_bare_small_numbers_are_prices_where_prices_are_small(
    text: str, low: int | None, high: int | None
) -> None:
    limits, _ = read_limits(text, small_prices=True)
    assert (limits.low, limits.high) == (low, high)


@pytest.mark.parametrize(
    "text",
    ["laptop menos de 500 gb", "talla de 8 a 12", "pro max 512", "unos tenis 42", "2 litros"],
)
def test_sizes_stay_sizes_where_prices_are_small(text: str) -> None:
    assert not read_limits(text, small_prices=True)[0]


def test_a_bare_small_number_is_no_price_where_prices_are_large() -> None:
    assert not read_limits("laptop menos de 500")[0]


def test_the_limit_leaves_the_words_to_search_for() -> None:
    assert read_limits("Celular de menos de 600 mil Samsung")[1].split() == [
        "celular",
        "de",
        "samsung",
    ]


def test_limits_include_their_bounds() -> None:
    limits, _ = read_limits("entre 1000 y 2000 pesos")
    allowed = [limits.allow(Decimal(price)) for price in (999, 1000, 2000, 2001)]
    assert allowed == [False, True, True, False]


@given(
    st.from_regex(r"(?:max|entre|hasta|\$)? ?[0-9.,' ]{1,16}(?: (?:y|mil|pesos))?", fullmatch=True)
)
def test_no_number_is_too_odd(said: str) -> None:
    for small in (False, True):
        read_limits(f"laptop {said} gracias", small_prices=small)
