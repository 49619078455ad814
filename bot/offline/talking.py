"""What a message wants besides products and facts enters; the sentences on it leave."""

from __future__ import annotations

from bot.offline.saying import say
from bot.reading.intents import Reading
from bot.turn_context import TurnContext
from core.texts import text
from shop import facts as shop_facts

SENTENCES = frozenset(
    {"identity", "discount", "photos", "buying", "complaint", "order_status", "off_topic"}
)
"""Intents that are answered by one sentence of their own name."""
NEEDS_PERSON = frozenset({"person", "complaint", "order_status", "buying"})
_MOST_CATEGORIES = 12


def opening(context: TurnContext, reading: Reading) -> str:
    """Who answers, the first time; later a greeting for whoever greets."""
    if context.is_first_reply and "person" not in reading.intents:  # else the answer says both
        if context.shop_name:
            return say(context, "first", shop=context.shop_name)
        return say(context, "first_unnamed")
    return say(context, "hello_again") if "greeting" in reading.intents else ""


def small_talk(context: TurnContext, reading: Reading) -> str:
    """The one sentence for a message that asks nothing of catalog or facts."""
    if "overview" in reading.intents:
        return _overview(context)
    for intent in ("goodbye", "thanks", "assent"):
        if intent in reading.intents:
            return say(context, intent)
    return say(context, "not_understood" if reading.has_strays else "ask_what")


def _overview(context: TurnContext) -> str:
    """The categories with how much there is of each, and the website."""
    website = str(context.facts.values.get("website") or "")
    if not context.categories:
        return say(context, "overview_website" if website else "overview", website=website)
    shown = context.categories[:_MOST_CATEGORIES]
    lines = [say(context, "category", name=name, count=count) for name, count in shown]
    if len(shown) < len(context.categories):
        lines.append(say(context, "more_categories"))
    end = say(context, "overview_website" if website else "ask_category", website=website)
    return "\n".join([say(context, "categories"), *lines, end])


def person(context: TurnContext, reading: Reading) -> str:
    """How to reach a person: by the shop's phones; without one, what becomes of the message."""
    asked = [text("customer.person_asked", context.language)] if "person" in reading.intents else []
    return " ".join([*asked, way_to_person(context)])


def way_to_person(context: TurnContext) -> str:
    """The shop's phones, or that none is known."""
    phones = "; ".join(shop_facts.phones(context.facts))
    key = "customer.person_phone" if phones else "customer.person_unknown"
    return text(key, context.language, phones=phones)
