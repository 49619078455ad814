"""Opening hours as the facts file gives them enter, whether the shop is open leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.words.analysis import fold

DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN

_NAMES = (
    "lunes lun lu monday mon segunda segunda-feira seg",
    "martes mar ma tuesday tue tues terca terca-feira ter",
    "miercoles mie mier mi wednesday wed quarta quarta-feira qua",
    "jueves jue ju thursday thu thur thurs quinta quinta-feira qui",
    "viernes vie vi friday fri sexta sexta-feira sex",
    "sabado sabados sab sa saturday sat",
    "domingo domingos dom do sunday sun",
)
_WEEKDAYS = {name: day for day, names in enumerate(_NAMES) for name in names.split()}
_GROUPS = {
    "todos los dias": "lunes a domingo",
    "cada dia": "lunes a domingo",
    "every day": "lunes a domingo",
    "daily": "lunes a domingo",
    "todos os dias": "lunes a domingo",
    "fines de semana": "sabado y domingo",
    "fin de semana": "sabado y domingo",
    "weekends": "sabado y domingo",
    "weekend": "sabado y domingo",
    "fim de semana": "sabado y domingo",
    "entre semana": "lunes a viernes",
    "weekdays": "lunes a viernes",
    "dias uteis": "lunes a viernes",
}
_HOLIDAYS = frozenset({"festivo", "festivos", "feriado", "feriados", "holiday", "holidays", "dias"})
_RANGE_MARKS = frozenset({"a", "al", "hasta", "to", "through", "ate", "-"})
_FILLERS = frozenset({"y", "e", "and", "los", "el", "de", "del", "desde", "from", "os"})
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*h?(?:rs|s)?\s*([ap])?\.?\s*(?:m\.?)?")


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of the week the shop is open, in minutes since Monday 00:00.

    `end_min` may lie beyond the week's end when the shop closes after midnight.
    """

    start_min: int
    end_min: int


def read_days(words: Any) -> frozenset[int] | None:
    """The weekdays (0 is Monday) that words such as "lunes a viernes" or "lun, mié" name.

    Holidays name no weekday: "festivos" gives the empty set.

    Returns:
        None when a word is not understood.
    """
    if isinstance(words, list):
        each = [read_days(word) for word in words]
        return None if None in each else frozenset().union(*(days for days in each if days))
    if not isinstance(words, str) or not words.strip():
        return None
    plain = re.sub(r"[–—−]", "-", fold(words)).replace("-feira", "")
    for group, meaning in _GROUPS.items():
        plain = plain.replace(group, meaning)
    days: set[int] = set()
    last: int | None = None
    is_range = False
    for word in re.findall(r"[a-z]+|-", plain):
        if word in _WEEKDAYS:
            day = _WEEKDAYS[word]
            days |= _run(last, day) if is_range and last is not None else {day}
            last, is_range = day, False
        elif word in _RANGE_MARKS:
            is_range = True
        elif word not in _FILLERS and word not in _HOLIDAYS:
            return None
    return frozenset(days)


def _run(first: int, last: int) -> set[int]:
    return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


def read_time(words: Any) -> int | None:
    """Minutes since midnight of "09:00", "9 am", "6:30 p. m." or "24:00"; None if it is no time."""
    if not isinstance(words, str):
        return None
    match = _TIME.fullmatch(fold(words).strip())
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= DAY_MIN else None


def read_hours(hours: Any) -> list[Opening] | None:
    """The stretches of the week that structured hours describe; None when they cannot be read."""
    if not isinstance(hours, list) or not hours:
        return None
    openings: list[Opening] = []
    closed: set[int] = set()
    for entry in hours:
        days = read_days(entry.get("days")) if isinstance(entry, Mapping) else None
        if days is None:
            return None
        if entry.get("closed") is True:
            closed |= days
        elif (read := _openings(days, entry)) is not None:
            openings += read
        else:
            return None
    return [opening for opening in openings if opening.start_min // DAY_MIN not in closed]


def _openings(days: frozenset[int], entry: Mapping[str, Any]) -> list[Opening] | None:
    opens, closes = read_time(entry.get("open")), read_time(entry.get("close"))
    if opens is None or closes is None:
        return None
    length = (closes - opens) % DAY_MIN or DAY_MIN  # "00:00" to "24:00", and past midnight
    return [Opening(day * DAY_MIN + opens, day * DAY_MIN + opens + length) for day in sorted(days)]


def is_open_at(openings: Sequence[Opening] | None, now: datetime) -> bool | None:
    """Whether the shop is open at a local time; None when the hours do not say.

    Holidays are not known here: a Monday counts as any other Monday.

    Args:
        openings: as `read_hours` gives them.
    """
    if openings is None:
        return None
    minute = _minute_of_week(now)
    return any(
        opening.start_min <= at < opening.end_min
        for opening in openings
        for at in (minute, minute + WEEK_MIN)
    )


def next_opening_after(openings: Sequence[Opening] | None, now: datetime) -> datetime | None:
    """The next local time the shop opens after `now`; None when the hours do not say."""
    if not openings:
        return None
    minute = _minute_of_week(now)
    wait_min = min((opening.start_min - minute - 1) % WEEK_MIN + 1 for opening in openings)
    return now.replace(second=0, microsecond=0) + timedelta(minutes=wait_min)


def _minute_of_week(now: datetime) -> int:
    return now.weekday() * DAY_MIN + now.hour * 60 + now.minute
