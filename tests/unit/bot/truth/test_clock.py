"""Folded texts enter, the clock times and weekdays they name leave."""

from __future__ import annotations

import pytest

from bot.truth.clock import find_days, find_times

WEEK = frozenset(range(7))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("abrimos a las 9", [{9, 21}]),
        ("de 9 a 5", [{9, 21}, {5, 17}]),
        ("hasta las 7 p. m.", [{19}]),
        ("desde las 8 de la manana", [{8}]),
        ("hasta las siete de la noche", [{19}]),
        ("das 9h as 19h", [{9, 21}, {19}]),
        ("9am-7pm", [{9}, {19}]),
        ("cuesta 9", []),
    ],
)
def test_times(text: str, hours: list[set[int]]) -> None:
    found = [{minute // 60 for minute in time.minutes} for time in find_times(text) if time.is_led]
    assert found == hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("de lunes a viernes", [frozenset(range(5))]),
        ("los sabados y domingos", [frozenset({5, 6})]),
        ("on sundays", [frozenset({6})]),
        ("monday to friday", [frozenset(range(5))]),
        ("de segunda a sexta", [frozenset(range(5))]),
        ("todos los dias", [WEEK]),
        ("24/7", [WEEK]),
        ("hoy", [frozenset({2})]),
        ("manana lunes", [frozenset({3})]),
        ("a las 9 de la manana", []),
        ("en 2 dias habiles", []),
    ],
)
def test_days_of_a_wednesday(text: str, days: list[frozenset[int]]) -> None:
    assert [named.days for named in find_days(text, 0, len(text), today=2)] == days
