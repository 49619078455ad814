"""The part of a talk that is not shown word by word enters; a few lines that sum it up leave.

Computed from what is stored, so that the same talk always gives the same lines: no AI is asked.
Prices are left out, they may have changed since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.messages import TalkMessage
from bot.prompts.inert import BAR, inert
from bot.prompts.tokens import clipped, estimate_tokens
from bot.reading import intents
from catalog.products import ProductView
from core.texts import text
from shop.facts import TOPICS

_WORDS_TOKENS = 30
_NAME_TOKENS = 20
_PRODUCTS_OF_A_REPLY = 4
_TOPICS_TOKENS = 30
_AMOUNT = re.compile(r"(?:[$€]|R\$|S/)\s?\d[\d.,]*|\d[\d.,]{3,}")
_NOT_KEPT = frozenset({"greeting", "thanks", "goodbye", "assent", "identity", "off_topic", *TOPICS})
"""Small talk, what the shop does not do, and questions on facts, which are told by their topic."""


def summary(
    older: Sequence[TalkMessage],
    known: Mapping[int, ProductView],
    language: str,
    limit_tokens: int,
) -> str:
    """What was said and shown, oldest first, as much of the newest as fits; "" for nothing.

    Args:
        older: oldest first.
        known: products that replies named, by id; those no longer sold are missing.
    """
    kept: list[str] = []
    topics: set[str] = set()
    room = limit_tokens - _TOPICS_TOKENS
    for message in reversed(older):
        asked = _asked(message)
        line = _line(message, asked, known, language)
        if line and line not in kept:
            room -= estimate_tokens(BAR + line) + 1
            if room < 0:
                break
            kept.insert(0, line)
        topics |= asked & {*TOPICS}
    if topics and limit_tokens >= _TOPICS_TOKENS:
        kept.append(text("prompt.said.topics", language, topics=_named(topics, language)))
    return "\n".join(BAR + line for line in kept)


def _asked(message: TalkMessage) -> frozenset[str]:
    if message.author != "customer":
        return frozenset()
    return intents.intents(intents.asked([message]))


def _named(topics: set[str], language: str) -> str:
    return ", ".join(
        text(f"customer.topic.{topic}", language) for topic in TOPICS if topic in topics
    )


def _line(
    message: TalkMessage,
    asked: frozenset[str],
    known: Mapping[int, ProductView],
    language: str,
) -> str:
    """What one message adds; "" for small talk, questions on facts, replies without products."""
    if message.author == "customer":
        is_worth = bool(asked - _NOT_KEPT)
        words = _clipped_words(intents.asked([message])) if is_worth else ""
    elif message.author == "person":
        words = _clipped_words(_AMOUNT.sub("…", message.body))
    else:
        named = [known[id_] for id_ in message.products if id_ in known]
        words = "; ".join(_product(product) for product in named[:_PRODUCTS_OF_A_REPLY])
    return text(f"prompt.said.{message.author}", language, words=words) if words else ""


def _clipped_words(body: str) -> str:
    return clipped(inert(body), _WORDS_TOKENS)


def _product(product: ProductView) -> str:
    return f"{inert(product.sku)} {clipped(inert(product.name), _NAME_TOKENS)}".strip()
