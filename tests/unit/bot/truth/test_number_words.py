"""Number phrases enter, their values leave."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.truth.number_words import parse_digits, value_of


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("1.299.000", "1299000"),
        ("1,299.00", "1299"),
        ("1.299,50", "1299.5"),
        ("1299", "1299"),
        ("45.9", "45.9"),
        ("1.299", "1299"),
        ("0.500", "0.5"),
        ("1'299.000", "1299000"),
        ("1 299 000", "1299000"),
        ("1299.000", "1299000"),
    ],
)
def test_digits_are_read_with_any_marks(digits: str, value: str) -> None:
    assert parse_digits(digits) == Decimal(value)


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("mil", "1000"),
        ("dos mil", "2000"),
        ("un millon doscientos mil", "1200000"),
        ("medio millon", "500000"),
        ("millon y medio", "1500000"),
        ("899 mil 900", "899900"),
        ("cuarenta y cinco", "45"),
        ("two hundred", "200"),
        ("mil e quinhentos", "1500"),
    ],
)
def test_phrases_are_added_up(phrase: str, value: str) -> None:
    assert value_of(phrase) == Decimal(value)


def test_words_without_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        value_of("hola")
