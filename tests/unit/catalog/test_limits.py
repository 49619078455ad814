from decimal import Decimal

import pytest

from catalog.limits import read_limits


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
    ],
)
def test_price_limits_are_read(text: str, low: int | None, high: int | None) -> None:
    limits, _ = read_limits(text)
    assert (limits.low, limits.high) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "iphone 17 pro max 512",
        "iphone 17 pro max 1000",
        "monitor de menos de 15 pulgadas",
        "de 128 gb a 256 gb",
        "mesa hasta 2000 personas",
        "horno de menos de 1000 w",
        "cable de más de 2 m",
        "televisor hasta 4k",
        "celular de 600 mil",
        "menos de 1.29.0000",
        "",
    ],
)
def test_sizes_models_and_quantities_are_no_limits(text: str) -> None:
    limits, rest = read_limits(text)
    assert not limits
    assert rest.split() == text.replace("á", "a").lower().split()


def test_a_bare_small_number_is_a_price_only_where_prices_are_small() -> None:
    assert not read_limits("laptop menos de 500")[0]
    assert read_limits("laptop menos de 500", small_prices=True)[0].high == 500
    assert not read_limits("laptop menos de 500 gb", small_prices=True)[0]


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
