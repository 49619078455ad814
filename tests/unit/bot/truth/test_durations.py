"""Texts in three languages enter, the stretches of time they name leave."""

from __future__ import annotations

import pytest

from bot.truth.durations import find_durations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("llega en 1 a 2 dias habiles", [(1, 2, "day")]),
        ("uno o dos dias", [(1, 2, "day")]),
        ("2-4 business days", [(2, 4, "day")]),
        ("5 business days", [(5, 5, "day")]),
        ("una semana", [(7, 7, "day")]),
        ("2 anos de garantia", [(24, 24, "month")]),
        ("a 2-year warranty", [(24, 24, "month")]),
        ("em ate 24 horas", [(24, 24, "hour")]),
        ("fechamos as 19 horas", []),
        ("a las 9 horas", []),
        ("calle 12 # 4-56", []),
        ("128gb, 5000 mah", []),
    ],
)
def test_durations(text: str, found: list[tuple[int, int, str]]) -> None:
    assert [(one.low, one.high, one.unit) for one in find_durations(text)] == found
