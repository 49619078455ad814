from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shop.hours import is_open_at, next_opening_after, read_days, read_hours, read_time

MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("America/Bogota"))
HOURS = [
    {"days": "lunes a viernes", "open": "09:00", "close": "13:00"},
    {"days": "lunes a viernes", "open": "14:00", "close": "18:00"},
    {"days": "sábado", "open": "20:00", "close": "02:00"},
    {"days": "domingo", "closed": True},
]


def at(day: int, time: str) -> datetime:
    hour, minute = map(int, time.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("lunes a viernes", {0, 1, 2, 3, 4}),
        ("lun-vie", {0, 1, 2, 3, 4}),
        ("Lunes – Sábado", {0, 1, 2, 3, 4, 5}),
        ("lunes y martes", {0, 1}),
        ("lun, mié y vie", {0, 2, 4}),
        ("de martes a jueves", {1, 2, 3}),
        ("viernes a lunes", {4, 5, 6, 0}),
        ("sábados, domingos y festivos", {5, 6}),
        ("todos los días", {0, 1, 2, 3, 4, 5, 6}),
        ("fines de semana", {5, 6}),
        ("Monday to Friday", {0, 1, 2, 3, 4}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("segunda a sexta-feira", {0, 1, 2, 3, 4}),
        (["lunes", "miércoles"], {0, 2}),
        ("festivos", set()),
    ],
)
def test_days_are_read_in_three_languages(words: Any, days: set[int]) -> None:
    assert read_days(words) == days


@pytest.mark.parametrize("words", ["luness", "cuando se pueda", "", None, 3, ["lunes", "x"]])
def test_days_not_understood_are_not_guessed(words: Any) -> None:
    assert read_days(words) is None


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("09:00", 540),
        ("9", 540),
        ("9 am", 540),
        ("6:30 p. m.", 1110),
        ("12 pm", 720),
        ("12 am", 0),
        ("18h30", 1110),
        ("24:00", 1440),
    ],
)
def test_times_are_read(words: str, minutes: int) -> None:
    assert read_time(words) == minutes


@pytest.mark.parametrize("words", ["25:00", "24:30", "9:75", "13 pm", "tarde", "", None, 9])
def test_times_not_understood_are_not_guessed(words: Any) -> None:
    assert read_time(words) is None


@pytest.mark.parametrize(
    ("day", "time", "is_open"),
    [
        (0, "08:59", False),
        (0, "09:00", True),
        (0, "12:59", True),
        (0, "13:00", False),
        (0, "14:00", True),
        (4, "18:00", False),
        (5, "21:00", True),
        (6, "01:59", True),
        (6, "02:00", False),
        (6, "12:00", False),
    ],
)
def test_the_shop_is_open_from_opening_until_closing(day: int, time: str, is_open: bool) -> None:
    assert is_open_at(read_hours(HOURS), at(day, time)) is is_open


def test_sunday_night_runs_into_monday() -> None:
    hours = [{"days": "domingo", "open": "22:00", "close": "03:00"}]
    assert is_open_at(read_hours(hours), at(0, "02:00")) is True


def test_a_closed_day_wins_over_a_range_that_names_it() -> None:
    hours = [{"days": "todos los días", "open": "08:00", "close": "20:00"}, HOURS[3]]
    assert is_open_at(read_hours(hours), at(6, "12:00")) is False


def test_a_day_without_end_is_open_all_day() -> None:
    assert is_open_at(
        read_hours([{"days": "lunes", "open": "00:00", "close": "24:00"}]), at(0, "23:59")
    )


@pytest.mark.parametrize(
    "hours", [None, [], "de 9 a 6", [{"days": "lunes"}], [{"days": "x", "closed": True}], ["lunes"]]
)
def test_hours_that_cannot_be_read_say_nothing(hours: Any) -> None:
    assert is_open_at(read_hours(hours), MONDAY) is None
    assert next_opening_after(read_hours(hours), MONDAY) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(0, "08:00"), at(0, "09:00")),
        (at(0, "09:00"), at(0, "14:00")),
        (at(4, "18:30"), at(5, "20:00")),
        (at(6, "12:00"), at(7, "09:00")),
    ],
)
def test_the_next_opening_is_the_first_after_now(now: datetime, opens: datetime) -> None:
    assert next_opening_after(read_hours(HOURS), now) == opens
