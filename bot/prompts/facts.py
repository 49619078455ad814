"""A turn's context enters; what the shop says about itself leaves: always, and where asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from bot.messages import TalkMessage
from bot.prompts.inert import BAR, inert
from bot.prompts.tokens import clipped, estimate_tokens
from bot.reading import intents
from bot.reading.language import words
from bot.turn_context import TurnContext
from core.texts import text
from shop import facts as shop_facts
from shop.facts import ShopFacts

ALWAYS_TOKENS = 250
"""Room of what is sent every time; fields that do not fit are sent where asked for."""
_FIELD_TOKENS = 120
_SAID_ELSEWHERE = frozenset({"name", "currency", "timezone", "website", *shop_facts.TOPICS})
_RELATED = {
    "buying": {"payment", "delivery"},
    "complaint": {"returns"},
    "discount": {"payment"},
    "order_status": {"delivery"},
    "person": {"hours", "branches"},
}
"""What whoever says this needs to know besides."""
_NEED_NO_FACTS = frozenset({"greeting", "thanks", "goodbye", "identity", "overview", "off_topic"})
_MESSAGES_BACK = 2
"""How many of the customer's earlier messages "¿y a Cali?" may go on from."""
_TELLING_LETTERS = 4
_MOST_PHONES = 5
"""Of a chain of shops; all of them stand with the branches, for whoever asks for those."""


def always(facts: ShopFacts, language: str, currency: str) -> str:
    """Contact, the shop's own fields and the topics it has spoken on: the same in every turn."""
    known = [(key, said) for key, said in contact(facts).items() if said]
    fitting, _ = _own_fields(facts)
    topics = ", ".join(
        _topic(topic, language)
        for topic in shop_facts.TOPICS
        if _entries(facts, topic, language, currency)
    )
    if not (known or fitting or topics):
        return text("prompt.no_facts", language)
    head = [text("prompt.topics", language, topics=topics)] if topics else []
    return _lines(*(f"{key}: {said}" for key, said in known), *fitting, *head)


def asked(context: TurnContext, limit_tokens: int) -> str:
    """What the shop says on the topics at hand, within a limit; "" when none is.

    Where it does not all fit, the entries with words of the question go first.
    """
    facts, topics = context.facts, topics_at_hand(context)
    entries = [
        (topic, entry)
        for topic in shop_facts.TOPICS
        if topic in topics
        for entry in _entries(facts, topic, context.language, context.currency)
    ]
    said = _said(context)
    _, others = _own_fields(facts)
    entries += [("", field) for field in others if _shares_words(field, said)]
    return _grouped(context.language, _fitting(entries, said, limit_tokens))


def topics_at_hand(context: TurnContext) -> frozenset[str]:
    """The topics this message or the ones before it ask for; all when it cannot be told."""
    now = _asked_now(context)
    earlier = (_topics(intents.intents(said)) for said in _asked_before(context))
    wanted = _topics(now).union(*earlier)
    if now == {"assent"}:  # "sí": to what the shop offered
        return wanted | _topics(intents.intents(_last_reply(context.history)))
    if wanted or context.found or is_small_talk(context):
        return wanted
    return frozenset(shop_facts.TOPICS)


def is_small_talk(context: TurnContext) -> bool:
    """Whether the waiting messages ask nothing that catalog or facts could answer in detail."""
    now = _asked_now(context)
    return bool(now) and now <= _NEED_NO_FACTS


def _asked_now(context: TurnContext) -> frozenset[str]:
    return intents.intents(intents.asked(context.waiting))


def _topics(found: frozenset[str]) -> frozenset[str]:
    related = (topic for intent in found for topic in _RELATED.get(intent, ()))
    return (found & {*shop_facts.TOPICS}).union(related)


def _asked_before(context: TurnContext) -> list[str]:
    earlier = [message for message in context.history if message.author == "customer"]
    return [intents.asked([message]) for message in earlier[-_MESSAGES_BACK:]]


def _last_reply(history: Sequence[TalkMessage]) -> str:
    return next((m.body for m in reversed(history) if m.author != "customer"), "")


def _said(context: TurnContext) -> frozenset[str]:
    return _telling(" ".join([*_asked_before(context), intents.asked(context.waiting)]))


@lru_cache(maxsize=512)
def _telling(said: str) -> frozenset[str]:
    """Words and numbers by which an entry is recognised: "Zipaquirá", "sede 39"."""
    return frozenset(
        word for word in words(said) if len(word) >= _TELLING_LETTERS or word.isdigit()
    )


def _shares_words(entry: str, said: frozenset[str]) -> bool:
    return not said.isdisjoint(_telling(entry))


def _fitting(
    entries: Sequence[tuple[str, str]], said: frozenset[str], limit_tokens: int
) -> list[tuple[str, str]]:
    """As many entries as fit, those that share a word with what was said first, in their order."""
    by_need = sorted(range(len(entries)), key=lambda at: not _shares_words(entries[at][1], said))
    kept: dict[int, str] = {}
    for at in by_need:
        entry = clipped(entries[at][1], max(_FIELD_TOKENS, limit_tokens // 2))
        limit_tokens -= estimate_tokens(entry) + 1
        if limit_tokens < 0:
            break
        kept[at] = entry
    return [(entries[at][0], kept[at]) for at in sorted(kept)]


def _grouped(language: str, entries: Sequence[tuple[str, str]]) -> str:
    """One line a topic, its entries side by side; the shop's own fields a line each."""
    grouped: dict[str, list[str]] = {}
    for topic, entry in entries:
        grouped.setdefault(topic, []).append(entry)
    own = grouped.pop("", [])
    told = (f"{_topic(topic, language)}: {'; '.join(said)}" for topic, said in grouped.items())
    return _lines(*told, *own)


def contact(facts: ShopFacts) -> dict[str, str]:
    """How to reach the shop; "" for what is not known."""
    website = facts.values.get("website")
    return {
        "phone": inert("; ".join(shop_facts.phones(facts)[:_MOST_PHONES])),
        "website": inert(website) if isinstance(website, str) else "",
    }


@lru_cache(maxsize=8)
def _own_fields(facts: ShopFacts) -> tuple[Sequence[str], Sequence[str]]:
    """Fields only this shop has, as they are: those always sent, and the rest."""
    fitting: list[str] = []
    rest: list[str] = []
    room = ALWAYS_TOKENS
    for field in _fields(facts):
        cost = estimate_tokens(field) + 1
        if cost <= min(room, _FIELD_TOKENS):
            fitting.append(field)
            room -= cost
        else:
            rest.append(field)
    return fitting, rest


def _fields(facts: ShopFacts) -> Iterator[str]:
    for key, value in facts.values.items():
        if key not in _SAID_ELSEWHERE and value not in (None, "", [], {}):
            yield f"{inert(key)}: {inert(_plain(value))}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=64)
def _entries(facts: ShopFacts, topic: str, language: str, currency: str) -> tuple[str, ...]:
    """What the shop says on one topic, entry by entry."""
    told = shop_facts.describe(facts, topic, language, currency)
    return tuple(inert(entry) for entry in told.splitlines())


def _topic(topic: str, language: str) -> str:
    return text(f"customer.topic.{topic}", language)


def _lines(*entries: str) -> str:
    return "\n".join(f"{BAR}{entry}" for entry in entries)
