"""A question on the shop and its facts enter; what the shop says on it, and no more, leaves."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bot.intents import Reading, asked
from bot.language import words
from bot.offline.saying import say
from bot.turn_context import TurnContext
from catalog.chatter import LINK_WORDS
from core.texts import text
from shop import facts as shop_facts
from shop.hours import DAY_MIN, Opening, read_hours

_SAME_PLACE_FROM = 6
"""Letters a place needs before one letter may be wrong."""
_SETTINGS = frozenset({*shop_facts.TOPICS, "name", "currency", "timezone", "website"})


def answer(context: TurnContext, reading: Reading, topic: str) -> str:
    """What the shop says on a topic, as narrowly as it was asked; "" when that is unknown."""
    if not is_known(context, topic):
        return ""
    said = set(words(asked(context.waiting)))
    narrow = _NARROW[topic](context, said, reading)
    return narrow or _all(context, topic)


def is_known(context: TurnContext, topic: str) -> bool:
    """Whether the shop said anything on a topic."""
    return bool(shop_facts.describe(context.facts, topic))


def own_fields(context: TurnContext) -> str:
    """What the shop says under a name of its own ("parqueadero") that the question holds."""
    said = set(words(asked(context.waiting)))
    return "\n".join(
        f"*{key.replace('_', ' ').capitalize()}*: {shop_facts.describe(context.facts, key)}"
        for key in context.facts.values
        if key not in _SETTINGS and _named(key, said) and shop_facts.describe(context.facts, key)
    )


def topic_name(context: TurnContext, topic: str) -> str:
    """What customers call a topic."""
    return text(f"customer.topic.{topic}", context.language)


def _all(context: TurnContext, topic: str) -> str:
    known = shop_facts.describe(context.facts, topic, context.language, context.currency)
    head = f"*{topic_name(context, topic).capitalize()}*"
    now = _open_now(context) if topic == "hours" else ""
    return "\n".join(part for part in (head, known, now) if part)


# Hours


def _hours(context: TurnContext, said: set[str], _reading: Reading) -> str:
    openings = read_hours(context.facts.values.get("hours"))
    days = _days(context, said)
    if openings is None or not days:
        return ""
    told = [_on_day(context, day, openings) for day in days]
    if _lexicon()["days"]["holiday"] & said and not _speaks_of_holidays(context):
        told.append(say(context, "holiday_unknown"))
    if _lexicon()["days"]["today"] & said:
        told.append(_open_now(context))
    return "\n".join(part for part in told if part)


def _speaks_of_holidays(context: TurnContext) -> bool:
    days = (str(entry.get("days", "")) for entry in _entries(context, "hours"))
    return any(_lexicon()["days"]["holiday"] & set(words(named)) for named in days)


def _days(context: TurnContext, said: set[str]) -> list[int]:
    """The weekdays a question names, today and tomorrow among them."""
    named = _lexicon()["days"]
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


def _open_now(context: TurnContext) -> str:
    is_open = shop_facts.is_open(context.facts, context.now) if context.now else None
    if is_open is None or context.now is None:
        return ""
    opens = None if is_open else shop_facts.next_opening(context.facts, context.now)
    if opens is None:
        return say(context, "open_now" if is_open else "closed_now")
    weekday = text(f"catalog.weekday.{opens.weekday()}", context.language)
    return say(context, "closed_until", weekday=weekday, time=f"{opens:%H:%M}")


# Delivery, payment, returns, branches


def _delivery(context: TurnContext, said: set[str], reading: Reading) -> str:
    """The zone of the place named; for a place no zone names, that, and the zones there are."""
    zones = _entries(context, "delivery")
    fitting = [zone for zone in zones if _names_place(str(zone.get("zone", "")), said)]
    if fitting:
        return _described(context, "delivery", fitting)
    if reading.places and len(zones) > 1:
        place = " ".join(reading.places[:2])
        unknown = say(context, "unknown_zone", place=place)
        return f"{unknown}\n{_described(context, 'delivery', zones)}"
    return ""


def _names_place(zone: str, said: set[str]) -> bool:
    places = {word for word in words(zone) if len(word) > 3} - _lexicon()["zones"]["generic"]
    return any(_is_same(place, word) for place in places for word in said)


def _is_same(place: str, word: str) -> bool:
    return place == word or (
        len(place) >= _SAME_PLACE_FROM and OSA.distance(place, word, score_cutoff=1) <= 1
    )


def _payment(context: TurnContext, _said: set[str], _reading: Reading) -> str:
    """Yes with the shop's own words on the ways named, or that it names no such way."""
    value = context.facts.values.get("payment")
    ways = [str(way) for way in value] if isinstance(value, list) else [str(value)]
    named = _with_pairs(asked(context.waiting))
    asked_for = [group for group in _lexicon()["payment"].values() if group & named]
    held = {word for way in ways for word in _with_pairs(way)}
    told = [
        say(context, "payment_no", way=min(group & named))
        for group in asked_for
        if not group & held
    ]
    if told:
        told.append(_all(context, "payment"))
    elif asked_for:
        told.append(_ways_told(context, ways, asked_for, named))
    elif _lexicon()["invoice"]["words"] & named and not _lexicon()["invoice"]["words"] & held:
        told.append(say(context, "unknown_fact", topic=topic_name(context, "invoice")))
    return "\n".join(told)


def _ways_told(
    context: TurnContext, ways: list[str], asked_for: list[frozenset[str]], named: set[str]
) -> str:
    """Yes, unless the shop's words are wider ("tarjeta" for "amex") or hold under a condition."""
    fitting = [way for way in ways if any(group & _with_pairs(way) for group in asked_for)]
    held = {word for way in fitting for word in words(way)}
    is_sure = not _CONDITION & held and not (_lexicon()["brands"]["cards"] & named) - held
    return say(context, "payment_yes" if is_sure else "payment_known", ways="; ".join(fitting))


_CONDITION = frozenset({"en", "solo", "desde", "in", "only", "from", "em", "so", "para", "hasta"})
"""A way to pay with one of these words holds under a condition: "contraentrega en Bogotá"."""


def _with_pairs(text: str) -> set[str]:
    """The words of a text, and neighbours as one: "mercado pago", "contra entrega"."""
    said = words(text)
    return {*said, *(first + second for first, second in pairwise(said))}


def _returns(context: TurnContext, said: set[str], _reading: Reading) -> str:
    """The shop's words; a warranty they do not speak of is admitted to be unknown."""
    known = _all(context, "returns")
    warranty = _lexicon()["warranty"]["words"]
    if warranty & said and not warranty & set(words(known)):
        return f"{known}\n{say(context, 'unknown_fact', topic=topic_name(context, 'warranty'))}"
    return known


def _branches(context: TurnContext, said: set[str], _reading: Reading) -> str:
    """The one branch a question names; a way to write to the shop that no fact holds is admitted
    to be unknown."""
    held = set(words(" ".join(shop_facts.overview(context.facts, context.language))))
    ways = _lexicon()["contact"].values()
    if any(way & said and not way & held for way in ways):
        unknown = say(context, "unknown_fact", topic=topic_name(context, "contact"))
        return f"{unknown}\n{_all(context, 'branches')}"
    branches = _entries(context, "branches")
    named = [
        branch
        for branch in branches
        if set(words(str(branch.get("name", "")))) & said - _SHOP_WORDS - LINK_WORDS
    ]
    return _described(context, "branches", named) if len(branches) > 1 and named else ""


_SHOP_WORDS = frozenset({"sede", "tienda", "sucursal", "local", "store", "branch", "loja", "shop"})


def _entries(context: TurnContext, topic: str) -> list[Mapping[str, Any]]:
    value = context.facts.values.get(topic)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _described(context: TurnContext, topic: str, entries: list[Mapping[str, Any]]) -> str:
    values = {**context.facts.values, topic: entries}
    known = shop_facts.describe(
        shop_facts.ShopFacts(values), topic, context.language, context.currency
    )
    return f"*{topic_name(context, topic).capitalize()}*\n{known}"


def _named(key: str, said: set[str]) -> bool:
    singular = {word.removesuffix("s") for word in said}
    return any(len(word) > 3 and word.removesuffix("s") in singular for word in words(key))


_NARROW = {
    "hours": _hours,
    "delivery": _delivery,
    "payment": _payment,
    "returns": _returns,
    "branches": _branches,
}


def asks_warranty(said: set[str]) -> frozenset[str]:
    """The words on a warranty a question holds."""
    return _lexicon()["warranty"]["words"] & said


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, dict[str, frozenset[str]]]:
    path = Path(__file__).with_name("facts.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        table: {name: frozenset(line.split()) for name, line in lines.items()}
        for table, lines in data.items()
    }
