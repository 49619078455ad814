"""A folded text in es, en or pt enters, the stretches of time it names leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.truth.gates import Gated
from bot.truth.number_words import SMALL

_NUMBER = rf"\d{{1,3}}|(?:{'|'.join(sorted(SMALL, key=len, reverse=True))})\b|an?\b"
_UNITS = {
    "minute": (1, "min"),
    "hour": (1, "hour"),
    "day": (1, "day"),
    "week": (7, "day"),
    "month": (1, "month"),
    "year": (12, "month"),
}
_UNIT = (
    r"(?P<minute>minut[oe]s?|mins?)|(?P<hour>horas?|hours?|hrs?|h)|(?P<day>dias?|days?)"
    r"|(?P<week>semanas?|weeks?)|(?P<month>mes(?:es)?|months?)|(?P<year>anos?|years?)"
)
_DURATION = Gated(
    rf"(?<![a-z0-9.,:/#$-])(?P<low>{_NUMBER})(?:\s*(?:a|y|o|e|ou|or|to|and|ate|hasta|-|–|—)\s*"
    rf"(?P<high>{_NUMBER}))?[ -]?(?:(?:business|working|calendar) )?(?:{_UNIT})(?![a-z0-9])"
)
_LAST_HOUR = 24
_IS_CLOCK = re.compile(r"\b(?:as|das|las?|at|de) (?:las? )?$")


@dataclass(frozen=True, slots=True)
class Duration:
    """From `low` to `high` minutes, hours, days or months; the same twice when only one is named.

    Args:
        is_counted: a figure or a number above one says how long; "un día" may be any day.
    """

    low: int
    high: int
    unit: str
    start: int
    end: int
    is_counted: bool = True

    @property
    def is_range(self) -> bool:
        return self.low != self.high


def find_durations(folded: str) -> Iterator[Duration]:
    """Every stretch of time in a text; 7 days are a week, 12 months a year."""
    for match in _DURATION.finditer(folded):
        name = str(match.lastgroup)
        if name == "hour" and _is_clock(match, folded):
            continue
        size, unit = _UNITS[name]
        low = _value(match["low"]) * size
        high = _value(match["high"]) * size if match["high"] else low
        is_counted = match["low"][0].isdigit() or _value(match["low"]) > 1
        yield Duration(low, high, unit, match.start(), match.end(), is_counted)


def _is_clock(match: re.Match[str], folded: str) -> bool:
    """As in "de 9 a 19 horas", "às 9h"."""
    last = _value(match["high"] or match["low"])
    led = _IS_CLOCK.search(folded[max(0, match.start() - 10) : match.start()])
    return led is not None and last <= _LAST_HOUR


def _value(number: str) -> int:
    return int(number) if number.isdigit() else SMALL.get(number, 1)
