"""A question on ways to pay enters; what the shop says of the ones it names leaves."""

from __future__ import annotations

from bot.offline.lexicon import lexicon, with_pairs
from bot.offline.saying import say
from bot.reading.intents import asked
from bot.reading.language import words
from bot.turn_context import TurnContext
from core.texts import text

_CONDITION = frozenset({"en", "solo", "desde", "in", "only", "from", "em", "so", "para", "hasta"})
"""A way to pay with one of these words holds under a condition: "contraentrega en Bogotá"."""


def on_ways(context: TurnContext, whole: str) -> str:
    """Yes with the shop's own words on the ways named, or that it names no such way; "" when the
    question names none.

    Args:
        whole: all ways there are, for whoever asks for one there is not.
    """
    value = context.facts.values.get("payment")
    ways = [str(way) for way in value] if isinstance(value, list) else [str(value)]
    named = with_pairs(asked(context.waiting))
    asked_for = [group for group in lexicon()["payment"].values() if group & named]
    held = {word for way in ways for word in with_pairs(way)}
    told = [
        say(context, "payment_no", way=min(group & named))
        for group in asked_for
        if not group & held
    ]
    if told:
        told.append(whole)
    elif asked_for:
        told.append(_ways_told(context, ways, asked_for, named))
    elif lexicon()["invoice"]["words"] & named and not lexicon()["invoice"]["words"] & held:
        told.append(
            say(context, "unknown_fact", topic=text("customer.topic.invoice", context.language))
        )
    return "\n".join(told)


def _ways_told(
    context: TurnContext, ways: list[str], asked_for: list[frozenset[str]], named: set[str]
) -> str:
    """Yes, unless the shop's words are wider ("tarjeta" for "amex") or hold under a condition."""
    fitting = [way for way in ways if any(group & with_pairs(way) for group in asked_for)]
    held = {word for way in fitting for word in words(way)}
    is_sure = not _CONDITION & held and not (lexicon()["brands"]["cards"] & named) - held
    return say(context, "payment_yes" if is_sure else "payment_known", ways="; ".join(fitting))
