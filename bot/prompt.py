"""A turn's context enters, the messages a language model is asked leave.

The stable part stands first, the same bytes from turn to turn while shop and texts do not change
(providers cache prefixes); what this turn needs follows; the customer's waiting messages come last
and verbatim. What shop and catalog say stands between tags, behind a bar, as `inert` leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.messages import Prompt, PromptMessage, Role, TalkMessage
from bot.prompts import candidates, earlier, facts, voice
from bot.prompts.inert import BAR, inert, spoken
from bot.prompts.tokens import clipped, estimate_tokens
from bot.reading import intents
from bot.turn_context import TurnContext
from core.own_texts import OwnText
from core.texts import has_text, text
from shop import facts as shop_facts
from shop.facts import ShopFacts

_MESSAGE_TOKENS = 4
"""What role and separators of one message cost."""
_NOTE_TOKENS = 36
"""What the notes that keep user and assistant in turn may cost, and the tags of the summary."""
_HISTORY_SHARE = 0.25
"""Part of the budget the newest history may claim before candidates are cut for it."""
_SUMMARY_SHARE = 0.15
"""Part of the budget that sums up the talk before that."""
_ONE_MESSAGE_SHARE = 0.15
"""Part of the budget one earlier message may take; a longer one is cut."""
_SHOP_NAME_TOKENS = 30
_TALK_TYPES = frozenset({"text", "button", "interactive"})


@dataclass(frozen=True, slots=True)
class _Cut:
    """How much of catalog and facts a prompt carries; `facts_share` is of the budget."""

    products: int
    details: bool
    facts_share: float


_CUTS = (
    _Cut(products=8, details=True, facts_share=0.25),
    _Cut(products=8, details=False, facts_share=0.25),
    _Cut(products=5, details=False, facts_share=0.25),
    _Cut(products=3, details=False, facts_share=0.25),
    _Cut(products=3, details=False, facts_share=0.1),
    _Cut(products=1, details=False, facts_share=0.0),
)
"""From rich to poor: details go first, then the candidates least likely to fit, then facts."""


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
        history_messages: most earlier messages it carries word by word; those before, and those
            that do not fit, are summed up.
        max_tokens_prompt: budget of the whole prompt, by `estimate_tokens`. The rules and the
            waiting messages are kept whatever it is; a customer's text that alone exceeds it
            keeps its end.
        temperature, max_tokens: passed on to the provider.
    """
    question = _question(context, max_tokens_prompt)
    most_of_one = int(max_tokens_prompt * _ONE_MESSAGE_SHARE)
    recent = _recent(context, most_of_one) if history_messages else []
    wanted = min(_cost(said for _, said in recent), int(max_tokens_prompt * _HISTORY_SHARE))
    parts, room = _Parts("", ""), 0
    for cut in _CUTS:
        parts = _parts(context, cut, max_tokens_prompt)
        room = max_tokens_prompt - _cost([parts.joined(), question])
        if room >= wanted:
            break
    limit = int(max_tokens_prompt * _SUMMARY_SHARE)
    talk, summary = _talk(context, recent, history_messages, room, limit)
    messages = (parts.joined(summary), *_alternating(talk, context.language), question)
    return Prompt(
        messages=messages,
        temperature=temperature,
        max_tokens=max_tokens,
        version=voice.version(context.voice, context.language),
        tokens=_cost(messages),
    )


def with_correction(prompt: Prompt, reply_text: str, correction: str) -> Prompt:
    """The same question once more, with the rejected answer and what is wrong with it.

    Both go to the end of the system message, so that the customer's words stay the last message.
    """
    system, *rest = prompt.messages
    said = "\n".join(map(inert, correction.splitlines()))  # it quotes the reply
    draft = f"{_tagged('draft', BAR + inert(reply_text))}\n{said}"
    messages = (replace(system, content=f"{system.content}\n\n{draft}"), *rest)
    return replace(prompt, messages=messages, tokens=_cost(messages))


def _message(role: Role, content: str) -> PromptMessage:
    return PromptMessage(role=role, content=content)


def tokens_of(message: PromptMessage) -> int:
    """About how many tokens one message takes, its role included."""
    return estimate_tokens(message.content) + _MESSAGE_TOKENS


def _cost(messages: Iterable[PromptMessage]) -> int:
    return sum(map(tokens_of, messages))


# The system message


@dataclass(frozen=True, slots=True)
class _Parts:
    """The system message around the place of the summary."""

    before: str
    after: str

    def joined(self, summary: str = "") -> PromptMessage:
        middle = [_tagged("earlier", summary)] if summary else []
        return _message("system", "\n\n".join([self.before, *middle, self.after]))


def _parts(context: TurnContext, cut: _Cut, max_tokens_prompt: int) -> _Parts:
    told = facts.asked(context, int(max_tokens_prompt * cut.facts_share))
    varying = [
        _tagged("facts", told) if told else "",
        _tagged("products", _candidates(context, cut)),
    ]
    closing = [
        _local_time(context),
        text("prompt.first_reply", context.language) if context.is_first_reply else "",
        text("prompt.reminder", context.language),
    ]
    stable = _stable(
        context.facts, context.voice, context.language, context.shop_name, context.currency
    )
    before = [stable, *(part for part in varying if part)]
    return _Parts("\n\n".join(before), "\n".join(part for part in closing if part))


@lru_cache(maxsize=16)
def _stable(
    known: ShopFacts, own: OwnText | None, language: str, shop_name: str, currency: str
) -> str:
    """What is the same in every turn of one shop and language: who it is, voice, rules, contact."""
    shop = clipped(inert(shop_name), _SHOP_NAME_TOKENS)
    values = {"shop": inert(shop_name), **facts.contact(known)}
    parts = (
        text("prompt.intro", language, shop=shop or text("prompt.nameless_shop", language)),
        _tagged("voice", voice.filled(own, language, values)),
        text("prompt.rules", language).strip(),
        _tagged("shop", facts.always(known, language, currency)),
    )
    return "\n\n".join(parts)


def _tagged(tag: str, content: str) -> str:
    return f"<{tag}>\n{content}\n</{tag}>"


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
    shown = []
    if context.categories:
        sold = "; ".join(f"{inert(name)} ({count})" for name, count in context.categories)
        shown.append(BAR + text("prompt.categories", context.language, categories=sold))
    if context.hits:
        details = cut.details and not facts.is_small_talk(context)
        shown.append(candidates.lines(context, cut.products, with_details=details))
    if not shown:
        asked = intents.wants_products(intents.asked(context.waiting))
        shown.append(text(f"prompt.products_{'none' if asked else 'unasked'}", context.language))
    return "\n".join(shown)


# The talk


def _question(context: TurnContext, max_tokens_prompt: int) -> PromptMessage:
    """The waiting messages as one, joined by line ends, with notes for what cannot be read."""
    said = "\n".join(_said(message, context.language) for message in context.waiting).strip()
    if estimate_tokens(said) > max_tokens_prompt:
        said = clipped(said, max_tokens_prompt // 2, keep_end=True)
    return _message("user", said or text("prompt.media.unknown", context.language))


_Recent = list[tuple[TalkMessage, PromptMessage]]


def _recent(context: TurnContext, limit_tokens: int) -> _Recent:
    """The newest earlier messages as a model reads them, each within a limit."""
    return [
        (message, _message("user" if message.author == "customer" else "assistant", shown))
        for message in context.history
        if (shown := clipped(_said(message, context.language), limit_tokens))
    ]


def _said(message: TalkMessage, language: str) -> str:
    """A message as a model reads it: media become a note in brackets before the caption."""
    words = spoken(message.body)
    if message.type in _TALK_TYPES:
        return words
    key = f"prompt.media.{message.type}"
    note = text(key if has_text(key) else "prompt.media.unknown", language)
    return f"{note} {words}".strip()


def _talk(
    context: TurnContext, recent: _Recent, most: int, room_tokens: int, summary_tokens: int
) -> tuple[list[PromptMessage], str]:
    """As many of the `most` newest messages as fit, and the sum of those before them."""
    room_tokens -= _NOTE_TOKENS
    kept = min(most, _newest(recent, room_tokens))
    if not recent or (kept == len(recent) and not context.earlier):
        return [said for _, said in recent], ""
    summary_tokens = min(summary_tokens, max(0, room_tokens // 2))
    kept = min(most, _newest(recent, room_tokens - summary_tokens))
    older, shown = recent[: len(recent) - kept], recent[len(recent) - kept :]
    before = (*context.earlier, *(message for message, _ in older))
    summary = earlier.summary(before, context.known, context.language, summary_tokens)
    return [said for _, said in shown], summary


def _newest(recent: _Recent, room_tokens: int) -> int:
    """How many of the last messages fit."""
    for kept, (_, said) in enumerate(reversed(recent)):
        room_tokens -= _cost([said])
        if room_tokens < 0:
            return kept
    return len(recent)


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
