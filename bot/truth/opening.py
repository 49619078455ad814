"""A reply taken apart enters; opening hours and open days that the facts do not hold leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.truth.clock import Days, Time, find_days, find_times
from bot.truth.durations import find_durations
from bot.truth.gates import Gated
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span
from shop.hours import DAY_MIN, Opening, is_open_at

_OPENS = (
    r"abr(?:imos|e|en|ir|iremos|iran?)\b|abiert[oa]s?|atend\w+|atiend\w+|atencion|atendimento"
    r"|horarios?|hours\b"
    r"|\bopen\w*|abert[oa]s?|funcion\w+|estaremos|te esperamos|visit\w+|pasar por la tienda"
)
_CLOSES = r"cerr(?:amos|ad[oa]s?|ar)\b|cierr\w+|clos(?:e|es|ed|ing)\b|fecha(?:mos|d[oa]s?|r)?\b"
_VISIT = re.compile(
    r"\b(?:ven(?:ir|gas)?|pas(?:ar|es|a)|visit\w+|acerc\w+|come|stop by|vir|passar)\b"
)
_TOPIC = Gated(rf"\b(?:{_OPENS}|{_CLOSES})|{_VISIT.pattern}")
_CLOSED = re.compile(
    r"\b(?:cerrad[oa]s?|closed|fechad[oa]s?)\b|\bno (?:abr\w+|atend\w+|hay atenc\w+)"
    r"|\bnao (?:abr\w+|atend\w+)|\b(?:don't|do not|not) open"
)
_CLOSED_ON = re.compile(rf"(?:{_CLOSED.pattern})(?: (?:on|los|el|la|aos|no|em|todos|os|en))* ?$")
_OPEN = re.compile(rf"\b(?:{_OPENS})")
_STATE = re.compile(
    r"\b(?:estamos|seguimos|tienda (?:esta|sigue)|we're|we are|(?:shop|store) is|loja esta"
    r"|esta(?:mos)? ahora|ahora esta(?:mos)?|agora estamos)(?: \w+){0,2}?"
    r" (?:(?P<open>abiert[oa]s?|open|abert[oa]s?)|cerrad[oa]s?|closed|fechad[oa]s?)\b"
)
_HOURS_FIELD = re.compile(rf"hour|{_OPENS}|{_CLOSES}")
_HOLIDAY = re.compile(
    r"\b(?:festivos?|feriados?|holidays?|navidad|nochebuena|ano nuevo|semana santa|christmas"
    r"|new year|natal|carnaval)\b"
)
_UNTIL = re.compile(
    r"(?:\bhasta|\buntil|\btill|\bate|\bcierr\w+|\bcerr\w+|\bclos\w+|\bfecha\w+)"
    r"(?: (?:las?|as|at|a las?|tipo))* ?$"
)
_RANGE_MARK = re.compile(r"\s*(?:a|y|e|to|and|hasta|ate|until|-|–|—)(?: (?:las?|as))?\s*")


def untrue_hours(reading: Reading) -> Iterator[Rejection]:
    """Every opening time, open day and "open now" that the shop's hours do not bear out."""
    for sentence in reading.sentences:
        today = reading.evidence.now.weekday() if reading.evidence.now else None
        days = list(find_days(reading.folded, *sentence, today))
        is_about_opening = bool(_TOPIC.search(reading.folded, *sentence))
        times = _times(reading, sentence, days) if is_about_opening or days else []
        if not (is_about_opening or times):
            continue
        yield from _holidays(reading, sentence)
        openings = reading.evidence.facts.openings
        if openings is None:
            yield from _unread(reading, times, days)
            continue
        yield from _untrue_days(reading, openings, days, sentence)
        yield from _untrue_times(reading, openings, times, days)
        yield from _untrue_now(reading, sentence, days)


def _times(reading: Reading, sentence: Span, days: Sequence[Days]) -> list[Time]:
    taken = [(a.start, a.end) for a in reading.amounts] + [
        (m.start, m.end) for m in reading.mentions
    ]
    taken += [(d.start, d.end) for d in days]
    taken += [(d.start, d.end) for d in find_durations(reading.folded)]
    return [
        time
        for time in find_times(reading.folded, *sentence)
        if time.is_led and not any(s < time.end and time.start < e for s, e in taken)
    ]


def _untrue_days(
    reading: Reading, openings: Sequence[Opening], days: Sequence[Days], sentence: Span
) -> Iterator[Rejection]:
    """Days said to be open that are closed, or the other way round."""
    open_days = frozenset(o.start_min // DAY_MIN for o in openings)
    for place, named in enumerate(days):
        is_closed = _is_closed(reading, sentence, days, place)
        if named.is_around_the_clock:
            never_closes = all(o.end_min - o.start_min >= DAY_MIN for o in openings)
            is_true = (never_closes and len(open_days) == 7) != is_closed
        elif is_closed:
            is_true = not (named.days & open_days)
        elif _OPEN.search(reading.folded, *sentence) or _times(reading, sentence, days):
            is_true = named.days <= open_days
        else:
            continue
        if is_true:
            reading.rests_on("hours")
        elif is_closed or reading.asserts(named.start, named.end):
            yield reading.reject("hours", named.start, named.end, "days")


def _is_closed(reading: Reading, sentence: Span, days: Sequence[Days], place: int) -> bool:
    """Whether days are said to be closed: right before them, or behind them and no hours first."""
    named = days[place]
    last = place + 1 == len(days)
    behind = reading.folded[named.end : sentence[1] if last else days[place + 1].start]
    before = reading.folded[days[place - 1].end if place else sentence[0] : named.start]
    if _CLOSED_ON.search(before) or (not place and _CLOSED.search(before)):
        return True
    found = _CLOSED.search(behind)
    if found is None or re.search(r"\d", behind[: found.start()]):
        return False
    return last or not _CLOSED_ON.search(behind)


def _untrue_times(
    reading: Reading, openings: Sequence[Opening], times: Sequence[Time], days: Sequence[Days]
) -> Iterator[Rejection]:
    """Times at which the shop neither opens nor closes on the days they stand beside."""
    times_lead = bool(times and days) and times[0].start < days[0].start
    for place, time in enumerate(times):
        if not reading.asserts(time.start, time.end):
            continue
        group = _days_of(time, days, times_lead=times_lead)
        among = [o for o in openings if group is None or o.start_min // DAY_MIN in group]
        ends = _is_end(reading, times, place)
        starts_held = {o.start_min % DAY_MIN for o in among} if ends is not True else set()
        ends_held = {o.end_min % DAY_MIN or DAY_MIN for o in among} if ends is not False else set()
        is_visit = _VISIT.search(reading.folded, reading.sentence_of(time.start)[0], time.start)
        if time.minutes & (starts_held | ends_held) or (is_visit and _is_within(time, among)):
            reading.rests_on("hours")
        else:
            yield reading.reject("hours", time.start, time.end, "times")


def _is_within(time: Time, openings: Sequence[Opening]) -> bool:
    """As in "puedes pasar a las 3": the shop is open then."""
    return any(
        opening.start_min % DAY_MIN <= minute < opening.end_min % DAY_MIN
        for opening in openings
        for minute in time.minutes
    )


def _days_of(time: Time, days: Sequence[Days], *, times_lead: bool) -> frozenset[int] | None:
    """The days a time stands beside: named last before it, or next where times come first."""
    before = [named for named in days if named.end <= time.start][-1:]
    behind = [named for named in days if named.start >= time.end][:1]
    found = (behind or before) if times_lead else (before or behind)
    return found[0].days if found and not found[0].is_around_the_clock else None


def _is_end(reading: Reading, times: Sequence[Time], place: int) -> bool | None:
    """Whether a time is said as a closing time; None where the words do not tell."""
    time = times[place]
    if place and _RANGE_MARK.fullmatch(reading.folded, times[place - 1].end, time.start):
        return True
    after = times[place + 1] if place + 1 < len(times) else None
    if after and _RANGE_MARK.fullmatch(reading.folded, time.end, after.start):
        return False
    if _UNTIL.search(reading.folded[max(0, time.start - 24) : time.start]):
        return True
    return None


def _untrue_now(reading: Reading, sentence: Span, days: Sequence[Days]) -> Iterator[Rejection]:
    """That the shop is open, or closed, at this moment."""
    evidence = reading.evidence
    state = _STATE.search(reading.folded, *sentence)
    if days or state is None or evidence.now is None or not reading.asserts(*state.span()):
        return
    is_open = is_open_at(evidence.facts.openings, evidence.now)
    if is_open is not None and is_open != bool(state["open"]):
        yield reading.reject("hours", *state.span(), "now")


def _holidays(reading: Reading, sentence: Span) -> Iterator[Rejection]:
    for match in _HOLIDAY.finditer(reading.folded, *sentence):
        if reading.asserts(*match.span()) and not _HOLIDAY.search(reading.evidence.facts.folded):
            yield reading.reject("hours", *match.span(), "holidays")


def _unread(reading: Reading, times: Sequence[Time], days: Sequence[Days]) -> Iterator[Rejection]:
    """Where the hours are plain text or unknown: only times and days that stand there."""
    lines = reading.evidence.facts.lines
    told = " ".join(line.said for line in lines if _HOURS_FIELD.search(line.folded))
    held = {minute for time in find_times(told) if time.is_led for minute in time.minutes}
    held_days = {day for named in find_days(told, 0, len(told), None) for day in named.days}
    for time in times:
        if not time.minutes & held and reading.asserts(time.start, time.end):
            yield reading.reject("hours", time.start, time.end, "unknown")
    for named in days:
        if not named.days <= held_days and reading.asserts(named.start, named.end):
            yield reading.reject("hours", named.start, named.end, "unknown")
