"""Values that travel through the bot: from the webhook's form to the reply that goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Media:
    """A file the customer sent; `url` needs the channel's credentials."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What a customer sent, in the words of no particular channel.

    `type` is one of: text, image, audio, video, document, sticker, contacts, location, button,
    interactive, unknown. `body` is the customer's own text: empty for voice and pins; for a tap
    it is the visible label.
    """

    channel: str
    message_sid: str
    customer_address: str
    shop_address: str
    body: str = ""
    type: str = "text"
    contact_name: str = ""
    media: tuple[Media, ...] = ()
    reply_to_sid: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A channel's word on a message we sent.

    Args:
        outbox_id: our own id, when it came back.
        can_retry: after a failure, the same message may be sent again later.
    """

    message_sid: str
    status: str
    outbox_id: str | None = None
    error_code: int | None = None
    can_retry: bool = False


@dataclass(frozen=True, slots=True)
class TalkMessage:
    """One stored message of a talk, oldest first wherever several stand together.

    `products` are the ids of those a reply of the bot rests on.
    """

    seq: int
    author: str
    body: str
    type: str
    created_at: datetime
    extra: Mapping[str, Any] = field(default_factory=dict)
    products: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture shown to a model; `data` is the file's bytes."""

    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Audio:
    """A recording to write down; `language` is ISO 639-1 when it is known."""

    content_type: str
    data: bytes = field(repr=False)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt; pictures stand with what a user says."""

    role: Role
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A function a model may ask for; `parameters` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model asks for a function; `id` is None where the provider gives none."""

    name: str
    arguments: Mapping[str, Any]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a provider is asked, in no provider's own form.

    Args:
        messages: system first, the customer's waiting messages last (role "user").
        temperature: 0..2.
        max_tokens: most tokens of visible text in the answer.
        version: of the template it was built from.
        tokens: our estimate of its size.
        tools: functions the model may ask for.
        schema: JSON Schema of the object wanted instead of text; None wants text.
    """

    messages: tuple[PromptMessage, ...]
    temperature: float = 0.4
    max_tokens: int = 500
    version: str = ""
    tokens: int = 0
    tools: tuple[Tool, ...] = ()
    schema: Mapping[str, Any] | None = None

    def shortened(self) -> Prompt | None:
        """The same prompt without the older half of the talk before its last message.

        None when there is nothing left to take away; `tokens` shrinks by the share of text.
        """
        first = next((i for i, said in enumerate(self.messages) if said.role != "system"), 0)
        earlier = self.messages[first:-1]
        if not earlier:
            return None
        kept = earlier[len(earlier) // 2 + 1 :]
        while kept and kept[0].role != "user":  # some models' templates want the customer first
            kept = kept[1:]
        messages = (*self.messages[:first], *kept, self.messages[-1])
        share = _length(messages) / max(1, _length(self.messages))
        return replace(self, messages=messages, tokens=round(self.tokens * share))


def _length(messages: Sequence[PromptMessage]) -> int:
    return sum(len(said.content) for said in messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None where it did not say.

    `total_tokens` may exceed the sum: some providers leave thoughts out of `output_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of one of a provider's rate windows, as its answer says.

    Args:
        kind: "requests" or "tokens" (also "input_tokens", "output_tokens").
        remaining: of that kind until the window is full.
        limit: size of the window, when it is said.
        reset_s: seconds until the window is fresh, when it is said.
    """

    kind: str
    remaining: float
    limit: float | None = None
    reset_s: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A usable answer: `text` is what the customer may see, stripped, without reasoning.

    Args:
        text: "" when the model only asks for tools.
        attempts: provider calls this answer took, failed ones included.
        data: the validated object, when the prompt wanted one.
        windows: what the answer said of the provider's rate windows.
    """

    text: str
    model: str
    usage: Usage = Usage()
    finish_reason: str | None = None
    provider: str = ""
    attempts: int = 1
    tool_calls: tuple[ToolCall, ...] = ()
    data: Any = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One row of the ledger: one call of a provider, or one offline answer.

    Args:
        attempt: 1 for the first call of this provider in the turn.
        outcome: "answered", "cancelled" or one of the ten error classes.
        retry_after_s: what the provider itself said about waiting.
        total_tokens: as the provider counted, thoughts included; what a price is taken from.
        cost_usd: None until the ledger finds out, and where no price is known.
    """

    turn_id: str | None
    provider: str
    model: str | None
    attempt: int
    outcome: str
    duration_ms: int
    started_at: datetime
    status: int | None = None
    retry_after_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the shop answers to one turn."""

    text: str
    provider: str
    model: str | None
    kind: str = "answer"
    attempts: int = 0
    grounded: bool = True
    truth: tuple[Mapping[str, Any], ...] = ()
    products: tuple[str, ...] = ()
    """SKUs named in the text."""
    prices: Mapping[str, int] = field(default_factory=dict)
    """Product id → price_minor the text rests on."""
    prompt_version: str | None = None
    prompt_tokens: int | None = None
    language: str = "es"
    duration_ms: int = 0
