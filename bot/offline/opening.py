"""A question on the opening hours enters; the days it asks for, or the hours as a whole, leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.offline.lexicon import lexicon
from bot.offline.saying import say
from bot.reading.intents import asked
from bot.reading.language import words
from bot.turn_context import TurnContext
from core.texts import text
from shop import facts as shop_facts
from shop.hours import DAY_MIN, Opening, read_hours


def on_days(context: TurnContext) -> str:
    """The hours of the days a question names; "" when it names none or they cannot be read."""
    said = set(words(asked(context.waiting)))
    openings = read_hours(context.facts.values.get("hours"))
    days = _days(context, said)
    if openings is None or not days:
        return ""
    told = [_on_day(context, day, openings) for day in days]
    if lexicon()["days"]["holiday"] & said and not _speaks_of_holidays(context):
        told.append(say(context, "holiday_unknown"))
    if lexicon()["days"]["today"] & said:
        told.append(open_now(context))
    return "\n".join(part for part in told if part)


def _speaks_of_holidays(context: TurnContext) -> bool:
    hours = context.facts.values.get("hours")
    entries = [one for one in hours if isinstance(one, Mapping)] if isinstance(hours, list) else []
    days = (str(entry.get("days", "")) for entry in entries)
    return any(lexicon()["days"]["holiday"] & set(words(named)) for named in days)


def _days(context: TurnContext, said: set[str]) -> list[int]:
    """The weekdays a question names, today and tomorrow among them."""
    named = lexicon()["days"]
    whole = " ".join(words(asked(context.waiting))).replace(" feira", "-feira")
    found = [day for day in range(7) if named[str(day)] & {*said, *whole.split()}]
    if context.now is not None:
        if named["today"] & said:
            found.append(context.now.weekday())
        if named["tomorrow"] & said and "la manana" not in whole.replace("manana en la", ""):
            found.append((context.now + timedelta(days=1)).weekday())
    return list(dict.fromkeys(found))


def _on_day(context: TurnContext, day: int, openings: list[Opening]) -> str:
    weekday = text(f"catalog.weekday.{day}", context.language)
    times = [_times(o) for o in openings if o.start_min // DAY_MIN == day]
    key = "open_on" if times else "closed_on"
    told = say(context, key, weekday=weekday, times=", ".join(times))
    return told[0].upper() + told[1:]


def _times(opening: Opening) -> str:
    return "–".join(
        f"{minute % DAY_MIN // 60:02}:{minute % 60:02}"
        for minute in (opening.start_min, opening.end_min)
    )


def open_now(context: TurnContext) -> str:
    """Whether the shop is open, and when it opens next; "" when its hours do not say."""
    is_open = shop_facts.is_open(context.facts, context.now) if context.now else None
    if is_open is None or context.now is None:
        return ""
    opens = None if is_open else shop_facts.next_opening(context.facts, context.now)
    if opens is None:
        return say(context, "open_now" if is_open else "closed_now")
    weekday = text(f"catalog.weekday.{opens.weekday()}", context.language)
    return say(context, "closed_until", weekday=weekday, time=f"{opens:%H:%M}")
