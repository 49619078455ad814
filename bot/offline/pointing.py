"""A talk enters; the products that "ese", "el segundo" or "los dos" mean in it leave."""

from __future__ import annotations

from itertools import pairwise

from bot.offline.matching import has_word
from bot.offline.saying import name
from bot.reading import traits
from bot.reading.intents import Reading, asked, read
from bot.reading.language import words
from bot.turn_context import TurnContext
from catalog.search import ProductView

_BEFORE_PLACE = frozenset(
    {"el", "la", "del", "al", "the", "o", "a", "do", "da", "ese", "este", "y"}
)
_NO_PLACES = frozenset({"precio", "price", "preco"})
"""What "el último" may stand before without meaning a place in the list."""
_BOTH = frozenset({"los dos", "las dos", "os dois", "as duas", "the two", "of them"})
_BOTH_WORDS = frozenset({"ambos", "ambas", "both"})
_THIS = frozenset(
    {"ese", "esa", "eso", "este", "esta", "esos", "esas", "estos", "estas", "esse", "essa"}
    | {"that", "this", "it", "these", "those", "them"}
)
_OPENINGS = frozenset({"y", "e", "and", "pero"})
_IS = frozenset({"es", "trae", "incluye", "viene", "sirve", "soporta", "is", "does"})
_HAS = frozenset({"tiene", "tem", "has"})
_SHORT = 7
"""A message of so few words that says "ese" speaks of what was shown."""


def last_named(context: TurnContext) -> tuple[ProductView, ...]:
    """The products of the last reply that named any."""
    for message in reversed(context.history):
        if message.author == "bot":
            body = " ".join(message.body.replace("*", "").split())
            if found := tuple(p for p in context.mentioned if name(p) in body):
                return found
    return context.mentioned


def pointed_at(context: TurnContext, reading: Reading) -> tuple[ProductView, ...]:
    """The products a message points at instead of naming them; () when it does not."""
    known = last_named(context)
    said = words(asked(context.waiting))
    places = [
        place
        for (before, word), after in zip(pairwise(["", *said]), [*said[1:], ""], strict=True)
        if before in _BEFORE_PLACE and after not in _NO_PLACES and (place := traits.ordinal(word))
    ]
    if known and places:
        shown = known if max(places) <= len(known) else context.mentioned
        return tuple(shown[p - 1 if p > 0 else p] for p in places if p <= len(shown))
    if means_both(said):
        return known[:2] if len(known) > 1 else context.mentioned[:2]
    names_more = any(not traits.is_trait(word) for word in reading.content)
    if not names_more and _THIS & set(said) and len(said) <= _SHORT:
        return known[:1] if _is_ordered(context) else known
    return _named_again(reading, known, said)


def _is_ordered(context: TurnContext) -> bool:
    """Whether the last list began with the one asked for: "¿cuál es el más barato?"."""
    before = next((m.body for m in reversed(context.history) if m.author == "customer"), "")
    return bool(read(before).markers & {"cheapest", "dearest"})


def asks_of_last(context: TurnContext, reading: Reading) -> bool:
    """Whether a question begins with what the one thing shown is or has: "¿es de algodón?".

    "¿Tiene mouse?" may be put to the shop as well, unless it goes on ("¿y tiene…?").
    """
    known = last_named(context)
    said = [word for word in words(asked(context.waiting)) if word not in _OPENINGS]
    if len(known) != 1 or not said:
        return False
    return said[0] in _IS or (said[0] in _HAS and reading.is_follow_up)


def means_both(said: list[str]) -> bool:
    """Whether words speak of two things shown before."""
    return bool({" ".join(pair) for pair in pairwise(said)} & _BOTH or _BOTH_WORDS & set(said))


def _named_again(
    reading: Reading, known: tuple[ProductView, ...], said: list[str]
) -> tuple[ProductView, ...]:
    """Of several products shown, those that "la de Samsung" means."""
    if "shopping" in reading.markers or len(said) > _SHORT or not reading.content:
        return ()
    named = tuple(p for p in known if all(has_word(word, p) for word in reading.content))
    return named if len(named) < len(known) else ()
