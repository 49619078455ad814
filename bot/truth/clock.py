"""A folded text in es, en or pt enters, the clock times and the days it names leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.truth.gates import Gated
from bot.truth.number_words import SMALL
from shop.hours import DAY_MIN, read_days

_HOUR = r"(?:[01]?\d|2[0-4])"
_HOUR_WORDS = [word for word, value in SMALL.items() if value <= 12]
_WORD = rf"(?:{'|'.join(sorted(_HOUR_WORDS, key=len, reverse=True))})\b"
_HALF = (
    r"(?P<am>a\.? ?m\b\.?|(?:de|en|por) la manana|da manha|in the morning)"
    r"|(?P<pm>p\.? ?m\b\.?|(?:de|en|por) la (?:tarde|noche)|da (?:tarde|noite)"
    r"|in the (?:afternoon|evening)|at night)|(?P<noon>del? (?:mediodia|dia)|noon)"
)
_TIME = re.compile(
    rf"(?<![\d.,:/#$a-z])(?<!\d-)(?P<hour>{_HOUR})(?:[:.h](?P<minute>[0-5]\d))?(?![\d/]|[.,:]\d)"
    rf"(?P<mark> ?(?:h(?:oras|rs?|s)?\b))?(?: ?(?:{_HALF}))?"
    rf"|(?P<led>\b(?:a|hasta|desde|de|y|son) las? )(?P<word>{_WORD})"
    rf"(?: ?(?:{_HALF.replace('<', '<w')}))?"
)
_LED = re.compile(
    r"(?:\blas?|\bas|\bao|\bat|\buntil|\btill|\bfrom|\bto|\bhasta|\bate|\bdesde|\bde|\bdas|\bopens?"
    r"|\bclos\w+|\bbetween|\bentre|\by|\band|\ba|\be|[-–—]|\bto) ?$"
)
_ENDS = re.compile(
    r"\s*(?:$|[.,;:!?)\n–—-]|(?:a|y|e|to|and|hasta|ate|until|las?|los|as|aos|de|entre|on|en|in"
    r"|para|tonight|today|hoy|hoje"
    r"|pero|but|mas)\b)"
)
"""What may stand behind a bare hour: "de 9 a 5", but not "de 1 a 2 días"."""
_DAY = (
    r"(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|mondays?|tuesdays?|wednesdays?"
    r"|thursdays?|fridays?|saturdays?|sundays?|segunda-feira|(?:terca|quarta|quinta|sexta)"
    r"(?:-feira)?|segunda(?= a\b| e\b)|lun|mier?|jue|vie|sab|dom|mon|tue|wed|thu|fri|sat|sun)"
)
_LINK = r"(?:[,\s–—-]|\b(?:y|e|a|al|and|to|ate|hasta|through|los|el|os|as|ao|aos|de)\b)+"
_DAYS = Gated(
    rf"\b{_DAY}\b(?:{_LINK}{_DAY}\b)*"
    r"|(?<!la )(?<!de )(?<!da )\b(?P<relative>hoy|manana(?! ?(?:a\b|por))|today|tomorrow|hoje"
    rf"|amanha)\b(?:,?(?: que)?(?: (?:es|is|e))? {_DAY}\b)?"
    r"|\b(?P<group>todos los dias|cada dia|every day|daily|todos os dias|fin(?:es)? de semana"
    r"|weekends?|fim de semana|entre semana|weekdays|(?<!\d )dias (?:uteis|habiles))\b"
    r"|\b(?P<always>24/7|(?:las )?24 horas|24 hours|24h|around the clock)\b"
)
_GROUPS = {
    "weekdays": "lunes a viernes",
    "weekday": "lunes a viernes",
    "dias habiles": "lunes a viernes",
    "fines de semana": "sabado y domingo",
}
_PLURAL = re.compile(r"days\b")
_TOMORROW = frozenset({"manana", "tomorrow", "amanha"})


@dataclass(frozen=True, slots=True)
class Time:
    """A clock time: every minute of the day the wording can mean."""

    minutes: frozenset[int]
    start: int
    end: int
    is_led: bool
    """A word or a mark says that it is a time of the day."""


@dataclass(frozen=True, slots=True)
class Days:
    """The weekdays a stretch of text names, 0 is Monday."""

    days: frozenset[int]
    start: int
    end: int
    is_around_the_clock: bool = False


def find_times(folded: str, start: int = 0, end: int | None = None) -> Iterator[Time]:
    """Every clock time; bare hours such as "de 9 a 5" can be either half of the day."""
    limit = len(folded) if end is None else end
    for match in _TIME.finditer(folded, start, limit):
        if match["word"]:
            hour, minute, is_led = SMALL[match["word"]], 0, True
        else:
            hour, minute = int(match["hour"]), int(match["minute"] or 0)
            marked = match["minute"] or match["mark"] or match["am"] or match["pm"] or match["noon"]
            led = _LED.search(folded[max(0, match.start() - 8) : match.start()])
            is_led = bool(marked or (led and _ENDS.match(folded, match.end())))
        if hour * 60 + minute <= DAY_MIN:
            yield Time(_meanings(match, hour, minute), *match.span(), is_led)


def _meanings(match: re.Match[str], hour: int, minute: int) -> frozenset[int]:
    at = hour * 60 + minute
    groups = match.groupdict()
    morning, evening = groups["am"] or groups["wam"], groups["pm"] or groups["wpm"]
    if morning:
        return frozenset((at % (12 * 60),))
    if evening or groups["noon"] or groups["wnoon"]:
        return frozenset((at % (12 * 60) + 12 * 60,))
    is_either = hour <= 12 and not (match["minute"] and match["hour"][0] == "0")
    return frozenset((at, at % (12 * 60) + 12 * 60)) if is_either else frozenset((at,))


def find_days(folded: str, start: int, end: int, today: int | None) -> Iterator[Days]:
    """Every naming of weekdays; "hoy" and "mañana" count from `today`, when it is known."""
    for match in _DAYS.finditer(folded, start, end):
        if match["always"]:
            yield Days(frozenset(range(7)), *match.span(), is_around_the_clock=True)
        elif match["relative"]:
            if today is not None:
                step = match["relative"] in _TOMORROW
                yield Days(frozenset(((today + step) % 7,)), *match.span())
        else:
            named = _PLURAL.sub("day", match[0])
            days = read_days(_GROUPS.get(named, named))
            if days:
                yield Days(days, *match.span())
