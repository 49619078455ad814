"""How long a provider that is about to refuse is left alone."""

from __future__ import annotations

import pytest

from bot.health.windows import Need, RateWindows
from bot.messages import Window


@pytest.mark.parametrize(
    ("window", "tokens", "expected_s"),
    [
        pytest.param(Window("requests", 1, 30, 20), 100, 0, id="one request left"),
        pytest.param(Window("requests", 0, 30, 20), 100, 20, id="no request left"),
        pytest.param(Window("tokens", 500, 8000, 45), 400, 0, id="enough tokens left"),
        pytest.param(Window("tokens", 300, 8000, 45), 400, 45, id="too few tokens left"),
        pytest.param(Window("tokens", 300, 350, 45), 400, 0, id="it never has so many"),
        pytest.param(Window("requests", 0, 10, None), 0, 60, id="its end is not told"),
        pytest.param(Window("requests", 0, 10, -5), 0, 0, id="it is over already"),
        pytest.param(Window("requests", 0, 1000, 86400), 0, 86.4, id="a day that refills"),
        pytest.param(Window("requests", 0, 100_000, 86400), 0, 60, id="a day that refills fast"),
        pytest.param(Window("requests", 0, None, 600), 0, 600, id="size unknown"),
    ],
)
def test_wait_until_there_is_room(window: Window, tokens: int, expected_s: float) -> None:
    windows = RateWindows()
    windows.read([window], now=100.0)
    assert windows.wait_s(Need(tokens), now=100.0) == pytest.approx(expected_s)


def test_calls_begun_since_count_against_what_was_left() -> None:
    windows = RateWindows()
    windows.read([Window("requests", 2, 30, 20)], now=0.0)
    waits = []
    for call in range(3):
        waits.append(windows.wait_s(Need(), now=1.0))
        windows.take(call, Need())
    assert waits == [0, 0, 19]


def test_fresh_numbers_replace_old_ones() -> None:
    windows = RateWindows()
    windows.read([Window("requests", 0, 30, 20)], now=0.0)
    windows.read([Window("requests", 9, 30, 20)], now=1.0)
    assert windows.wait_s(Need(), now=1.0) == 0


def test_the_longest_of_several_windows_decides() -> None:
    windows = RateWindows()
    windows.read([Window("requests", 0, 30, 5), Window("tokens", 0, 8000, 30)], now=0.0)
    assert windows.wait_s(Need(10), now=0.0) == 30


def test_calls_still_under_way_are_taken_off_fresh_numbers() -> None:
    windows = RateWindows()
    for call in range(3):
        windows.take(call, Need(100, 50))
    windows.end(0)
    windows.read([Window("requests", 3, 30, 20), Window("tokens", 450, 8000, 20)], now=0.0)
    assert windows.wait_s(Need(100, 50), now=0.0) == 0
    windows.take(3, Need(100, 50))
    assert windows.wait_s(Need(100, 50), now=0.0) == 20


@pytest.mark.parametrize(
    ("kind", "units"),
    [("requests", 1), ("tokens", 150), ("input_tokens", 100), ("output_tokens", 50)],
)
def test_what_a_call_needs_depends_on_what_is_counted(kind: str, units: float) -> None:
    assert Need(100, 50).of(kind) == units


def test_of_two_windows_of_a_kind_the_emptier_one_counts() -> None:
    windows = RateWindows()
    windows.read([Window("requests", 0, 30, 20), Window("requests", 900, 1000, 3600)], now=0.0)
    assert windows.wait_s(Need(), now=0.0) == 20
