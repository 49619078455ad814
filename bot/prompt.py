"""A turn's context enters, the messages a language model is asked leave.

The stable part stands first (providers cache prefixes), the customer's waiting messages last and
verbatim. What shop and catalog say stands between tags that nothing inside them can close.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import intents
from bot.messages import Prompt, PromptMessage, Role, TalkMessage
from bot.turn_context import TurnContext
from catalog.money import format_price
from catalog.search import ProductView
from core.texts import has_text, text
from shop import facts as shop_facts

VERSION = "sales-1"

CHARS_PER_TOKEN = 3.6
"""Spanish prose on current tokenizers takes 3.4 to 4 characters a token; English a little more."""
_MESSAGE_TOKENS = 4
"""What role and separators of one message cost."""
_NOTE_TOKENS = 24
"""What the notes that keep user and assistant in turn may cost."""
_HISTORY_SHARE = 0.25
"""Part of the budget the newest history may claim before candidates are cut for it."""
_SAID_ELSEWHERE = ("name", "currency", "timezone")
_TALK_TYPES = frozenset({"text", "button", "interactive"})


@dataclass(frozen=True, slots=True)
class _Cut:
    """How much of catalog and facts a prompt carries."""

    products: int
    detail_chars: int
    all_facts: bool


_CUTS = (
    _Cut(products=8, detail_chars=60, all_facts=True),
    _Cut(products=8, detail_chars=0, all_facts=True),
    _Cut(products=5, detail_chars=0, all_facts=True),
    _Cut(products=3, detail_chars=0, all_facts=True),
    _Cut(products=3, detail_chars=0, all_facts=False),
    _Cut(products=1, detail_chars=0, all_facts=False),
)
"""From rich to poor: details go first, then the candidates least likely to fit, then facts that
nobody asked for."""


_NOT_LATIN = re.compile("[^\\u0000-\\u024f\\u2010-\\u2026]+")
"""Everything but Latin letters, digits and common punctuation."""


def estimate_tokens(words: str) -> int:
    """About how many tokens a text is: Latin letters by `CHARS_PER_TOKEN`, others one each.

    An estimate, rounded up; the provider counts for real.
    """
    others = sum(map(len, _NOT_LATIN.findall(words)))
    return math.ceil((len(words) - others) / CHARS_PER_TOKEN) + others


def build(
    context: TurnContext,
    *,
    history_messages: int = 20,
    max_tokens_prompt: int = 3000,
    temperature: float = 0.4,
    max_tokens: int = 500,
) -> Prompt:
    """The prompt that asks for one answer.

    Args:
        history_messages: most earlier messages it carries.
        max_tokens_prompt: budget of the whole prompt, by `estimate_tokens`. The rules and the
            waiting messages are kept whatever it is; a customer's text that alone exceeds it
            keeps its end.
        temperature, max_tokens: passed on to the provider.
    """
    question = _question(context, max_tokens_prompt)
    recent = _recent(context, history_messages)
    wanted = min(_cost(recent), int(max_tokens_prompt * _HISTORY_SHARE))
    system, room = "", 0
    for cut in _CUTS:
        system = _system(context, cut)
        room = max_tokens_prompt - _cost([_message("system", system), question])
        if room >= wanted:
            break
    talk = _alternating(_newest(recent, room - _NOTE_TOKENS), context.language)
    messages = (_message("system", system), *talk, question)
    return Prompt(
        messages=messages,
        temperature=temperature,
        max_tokens=max_tokens,
        version=VERSION,
        tokens=_cost(messages),
    )


def with_correction(prompt: Prompt, reply_text: str, correction: str) -> Prompt:
    """The same question once more, with the rejected answer and what is wrong with it.

    Both go to the end of the system message, so that the customer's words stay the last message.
    """
    system, *rest = prompt.messages
    draft = f"<draft>\n{_inert(reply_text)}\n</draft>\n{correction}"
    messages = (replace(system, content=f"{system.content}\n\n{draft}"), *rest)
    return replace(prompt, messages=messages, tokens=_cost(messages))


def _message(role: Role, content: str) -> PromptMessage:
    return PromptMessage(role=role, content=content)


def _cost(messages: Iterable[PromptMessage]) -> int:
    return sum(estimate_tokens(message.content) + _MESSAGE_TOKENS for message in messages)


# The system message


def _system(context: TurnContext, cut: _Cut) -> str:
    language = context.language
    shop = _inert(context.shop_name) or text("prompt.nameless_shop", language)
    parts = [
        text("prompt.rules", language, shop=shop).strip(),
        f"<shop>\n{_facts(context, cut)}\n</shop>",
        f"<products>\n{_candidates(context, cut)}\n</products>",
        _local_time(context),
        text("prompt.first_reply", language) if context.is_first_reply else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _facts(context: TurnContext, cut: _Cut) -> str:
    """What the shop says about itself, one topic a line; fields we do not know as they are."""
    asked = intents.intents(intents.asked(context.waiting))
    lines = [
        f"{topic}: {_inert(known)}"
        for topic in shop_facts.TOPICS
        if (cut.all_facts or topic in asked) and (known := _described(context, topic))
    ]
    if cut.all_facts:
        lines += [
            f"{_inert(key)}: {_inert(_plain(value))}"
            for key, value in context.facts.values.items()
            if key not in (*shop_facts.TOPICS, *_SAID_ELSEWHERE) and value not in (None, "", [], {})
        ]
    return "\n".join(lines) or text("prompt.no_facts", context.language)


def _described(context: TurnContext, topic: str) -> str:
    said = shop_facts.describe(context.facts, topic, context.language, context.currency)
    return "; ".join(said.splitlines())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _local_time(context: TurnContext) -> str:
    if context.now is None:
        return ""
    is_open = shop_facts.is_open(context.facts, context.now)
    now = text(
        "prompt.now",
        context.language,
        weekday=text(f"catalog.weekday.{context.now.weekday()}", context.language),
        date=context.now.date().isoformat(),
        time=f"{context.now:%H:%M}",
    )
    if is_open is None:
        return now
    return f"{now} {text('prompt.open' if is_open else 'prompt.closed', context.language)}"


def _candidates(context: TurnContext, cut: _Cut) -> str:
    if not context.hits:
        asked = intents.wants_products(intents.asked(context.waiting))
        return text(f"prompt.products_{'none' if asked else 'unasked'}", context.language)
    lines = [
        _product_line(hit.product, cut, context.language) for hit in context.hits[: cut.products]
    ]
    return "\n".join([text("prompt.products_head", context.language), *lines])


def _product_line(product: ProductView, cut: _Cut, language: str) -> str:
    cells = [
        product.sku,
        product.name,
        product.brand,
        format_price(product.price_minor, product.currency, language),
        _stock(product.stock, language),
        _shortened(product.description, cut.detail_chars),
    ]
    return " | ".join(_inert(cell).replace("|", "/") for cell in cells).rstrip(" |")


def _stock(stock: int | None, language: str) -> str:
    if stock is None:
        return text("prompt.unknown_stock", language)
    return text(f"prompt.{'in_stock' if stock > 0 else 'out_of_stock'}", language, stock=stock)


def _shortened(words: str, limit_chars: int) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= limit_chars else plain[:limit_chars].rpartition(" ")[0]


def _inert(data: str) -> str:
    """Data on one line that can neither open nor close a tag."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", data.replace("<", "‹").replace(">", "›")).strip()


# The talk


def _question(context: TurnContext, max_tokens_prompt: int) -> PromptMessage:
    """The waiting messages as one, joined by line ends, with notes for what cannot be read."""
    said = "\n".join(_spoken(message, context.language) for message in context.waiting).strip()
    if estimate_tokens(said) > max_tokens_prompt:
        said = "…" + said[-int(max_tokens_prompt / 2 * CHARS_PER_TOKEN) :]
    return _message("user", said or text("prompt.media.unknown", context.language))


def _recent(context: TurnContext, limit: int) -> list[PromptMessage]:
    newest = context.history[-limit:] if limit > 0 else ()
    return [
        _message("user" if message.author == "customer" else "assistant", spoken)
        for message in newest
        if (spoken := _spoken(message, context.language))
    ]


def _spoken(message: TalkMessage, language: str) -> str:
    """A message as a model reads it: media become a note in brackets before the caption."""
    if message.type in _TALK_TYPES:
        return message.body
    key = f"prompt.media.{message.type}"
    note = text(key if has_text(key) else "prompt.media.unknown", language)
    return f"{note} {message.body}".strip()


def _newest(messages: Sequence[PromptMessage], room_tokens: int) -> list[PromptMessage]:
    """As many of the last messages as fit."""
    kept: list[PromptMessage] = []
    for message in reversed(messages):
        room_tokens -= _cost([message])
        if room_tokens < 0:
            break
        kept.insert(0, message)
    return kept


def _alternating(messages: Sequence[PromptMessage], language: str) -> list[PromptMessage]:
    """User and assistant in turn, beginning with the user and ending with the assistant.

    The templates of many local models refuse anything else. Neighbours of one role are merged;
    what is missing at either end is a short note.
    """
    turns: list[PromptMessage] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            turns[-1] = _message(message.role, f"{turns[-1].content}\n{message.content}")
        else:
            turns.append(message)
    if turns and turns[0].role == "assistant":
        turns.insert(0, _message("user", text("prompt.earlier", language)))
    if turns and turns[-1].role == "user":
        turns.append(_message("assistant", text("prompt.unanswered", language)))
    return turns
