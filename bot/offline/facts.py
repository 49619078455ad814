"""A question on the shop and its facts enter; what the shop says on it, and no more, leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapidfuzz.distance import OSA

from bot.offline import opening, paying
from bot.offline.lexicon import lexicon, with_pairs
from bot.offline.saying import say
from bot.reading import intents
from bot.reading.intents import Reading, asked
from bot.reading.language import words
from bot.turn_context import TurnContext
from catalog.words.chatter import LINK_WORDS
from core.texts import text
from shop import facts as shop_facts

_SAME_PLACE_FROM = 6
"""Letters a place needs before one letter may be wrong."""
_SHARED_STEM, _ENDING = 5, 1
"""Letters two forms of a word share at least, and those the shorter one may end in."""
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


def answered_by_own(context: TurnContext) -> frozenset[str]:
    """The intents a field of the shop's own answers, whatever else is known on them."""
    said = with_pairs(asked(context.waiting))
    names_way = any(group & said for group in lexicon()["payment"].values())
    is_invoice = bool(lexicon()["invoice"]["words"] & said) and not names_way
    return frozenset({"discount", "payment"} if is_invoice else {"discount"})


def unknown_service(context: TurnContext) -> str:
    """That the shop said nothing on a service for visitors the question holds; "" without one."""
    asked_for = lexicon()["services"]["words"] & set(words(asked(context.waiting)))
    return say(context, "unknown_fact", topic=min(asked_for)) if asked_for else ""


def asks_to_contact(question: str) -> bool:
    """Whether a question is for the phone, the e-mail or the like, and nothing else."""
    ways = frozenset().union(*lexicon()["contact"].values())
    return bool(ways.issuperset(intents.read(question).content) and ways & set(words(question)))


def topic_name(context: TurnContext, topic: str) -> str:
    """What customers call a topic."""
    return text(f"customer.topic.{topic}", context.language)


def _all(context: TurnContext, topic: str) -> str:
    known = shop_facts.describe(context.facts, topic, context.language, context.currency)
    head = f"*{topic_name(context, topic).capitalize()}*"
    now = opening.open_now(context) if topic == "hours" else ""
    return "\n".join(part for part in (head, known, now) if part)


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
    places = {word for word in words(zone) if len(word) > 3} - lexicon()["zones"]["generic"]
    return any(_is_same(place, word) for place in places for word in said)


def _is_same(place: str, word: str) -> bool:
    return place == word or (
        len(place) >= _SAME_PLACE_FROM and OSA.distance(place, word, score_cutoff=1) <= 1
    )


def _returns(context: TurnContext, said: set[str], _reading: Reading) -> str:
    """The shop's words; a warranty they do not speak of is admitted to be unknown."""
    known = _all(context, "returns")
    warranty = lexicon()["warranty"]["words"]
    if warranty & said and not warranty & set(words(known)):
        return f"{known}\n{say(context, 'unknown_fact', topic=topic_name(context, 'warranty'))}"
    return known


def _branches(context: TurnContext, said: set[str], _reading: Reading) -> str:
    """The one branch a question names; a way to write to the shop that no fact holds is admitted
    to be unknown."""
    held = set(words(" ".join(shop_facts.overview(context.facts, context.language))))
    ways = [way for name, way in lexicon()["contact"].items() if name != "phone"]
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
    """Whether words speak of a field by its name, or by another word of its stem."""
    return any(len(part) > 3 and _is_akin(part, word) for part in words(key) for word in said)


def _is_akin(one: str, other: str) -> bool:
    """Whether two words are forms of one: "facturan" and "facturacion"."""
    least = max(_SHARED_STEM, min(len(one), len(other)) - _ENDING)
    same = one.removesuffix("s") == other.removesuffix("s")
    return same or (len(one) >= least and one[:least] == other[:least])


def _hours(context: TurnContext, _said: set[str], _reading: Reading) -> str:
    return opening.on_days(context)


def _payment(context: TurnContext, _said: set[str], _reading: Reading) -> str:
    return paying.on_ways(context, _all(context, "payment"))


_NARROW = {
    "hours": _hours,
    "delivery": _delivery,
    "payment": _payment,
    "returns": _returns,
    "branches": _branches,
}


def asks_warranty(said: set[str]) -> frozenset[str]:
    """The words on a warranty a question holds."""
    return lexicon()["warranty"]["words"] & said
