"""Services that speak OpenAI's chat API: a prompt enters, a completion or an error leaves.

Subclasses differ in data only. Every 200 is checked: an error inside it, no choices, no text, or
nothing but thinking is a failure like any other, so that the next provider is asked.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bot.messages import Audio, Completion, Prompt, PromptMessage, Tool, ToolCall
from bot.providers.base import HttpAnswer, HttpRequest, ListedModel, Provider, Upload
from bot.providers.models import is_chat_model
from bot.providers.reading import objects, string, usage_of, visible
from core.settings import ProviderSettings


@dataclass(frozen=True, eq=False)
class ThinkingModel:
    """How models that think are asked; the first pattern found in a model's name decides.

    Args:
        pattern: searched in the name, without regard to case.
        fields: of the request, that ask for the least thinking.
        room_tokens: added to the limit, because their thoughts count toward it.
    """

    pattern: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    room_tokens: int = 0


def effort(level: str) -> dict[str, Any]:
    """The field by which OpenAI's API asks for less thinking."""
    return {"reasoning_effort": level}


class OpenAICompatible(Provider):
    """A service with `POST {base}/chat/completions` and `GET {base}/models`.

    Attributes:
        base_path: added to an address that has no path at all.
        thinking: models that think.
        is_strict_with_thinking: they want `max_completion_tokens` and refuse a temperature.
        json_mode: what `response_format` it takes: "json_schema", "json_object" or "" for none.
    """

    base_path: ClassVar[str] = ""
    thinking: ClassVar[tuple[ThinkingModel, ...]] = ()
    is_strict_with_thinking: ClassVar[bool] = False
    json_mode: ClassVar[str] = "json_schema"

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        thinking = find_thinking(self.thinking, model)
        is_strict = thinking is not None and self.is_strict_with_thinking
        body: dict[str, Any] = {"messages": [_message(said) for said in prompt.messages]}
        if model:
            body["model"] = model
        room_tokens = thinking.room_tokens if thinking else 0
        limit = "max_completion_tokens" if is_strict else "max_tokens"
        body[limit] = prompt.max_tokens + room_tokens
        if not is_strict:
            body["temperature"] = prompt.temperature
        if thinking:
            body |= thinking.fields
        if prompt.tools:
            body["tools"] = function_tools(prompt.tools)
        if prompt.schema is not None and self.json_mode:
            body["response_format"] = _response_format(self.json_mode, prompt.schema)
        return HttpRequest("POST", self.url(settings, "/chat/completions"), _auth(settings), body)

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        return HttpRequest("GET", self.url(settings, "/models"), _auth(settings))

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self.read_payload(answer, model)
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self.unusable(answer, model, "no choices")
        return self._read_choice(payload, choices[0], answer, model)

    def _read_choice(
        self, payload: dict[str, Any], choice: dict[str, Any], answer: HttpAnswer, model: str
    ) -> Completion:
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        finish_reason = choice.get("finish_reason")
        if finish_reason == "content_filter":
            raise self.unusable(answer, model, "content filter", error_class="bad_request")
        said = _join_parts(message.get("content"))
        text = visible(said)
        calls = self._read_calls(message, answer, model) if message.get("tool_calls") else ()
        if not text and not calls:
            # Asked again, a model that refuses or runs out of room does the same.
            retry_same = not message.get("refusal") and finish_reason != "length"
            raise self.unusable(answer, model, _why_empty(message, said), retry_same=retry_same)
        return Completion(
            text=text,
            model=string(payload.get("model")) or model,
            usage=usage_of(payload),
            finish_reason=string(finish_reason) or None,
            provider=self.name,
            tool_calls=calls,
        )

    def _read_calls(
        self, message: dict[str, Any], answer: HttpAnswer, model: str
    ) -> tuple[ToolCall, ...]:
        calls = []
        for entry in objects(message["tool_calls"]):
            function = entry.get("function")
            function = function if isinstance(function, dict) else {}
            arguments = function.get("arguments") or {}
            if isinstance(arguments, str):
                try:
                    arguments = json.loads(arguments)
                except ValueError:
                    arguments = None
            if not isinstance(arguments, dict) or not string(function.get("name")):
                raise self.unusable(answer, model, "a malformed tool call")
            calls.append(ToolCall(function["name"], arguments, string(entry.get("id")) or None))
        return tuple(calls)

    def join_stream(self, events: list[Any]) -> Any | None:
        """Chunks become the answer they were cut from."""
        joined: dict[str, Any] = {}
        message: dict[str, Any] = {"content": ""}
        calls: dict[int, dict[str, Any]] = {}
        finish_reason = None
        for event in objects(events):
            joined |= {key: event[key] for key in ("model", "usage") if event.get(key)}
            for choice in objects(event.get("choices"))[:1]:
                finish_reason = choice.get("finish_reason") or finish_reason
                _add_delta(message, calls, choice.get("delta"))
        if finish_reason is None:
            return None
        if calls:
            message["tool_calls"] = list(calls.values())
        return joined | {"choices": [{"message": message, "finish_reason": finish_reason}]}

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        payload = self.read_payload(answer, None)
        entries = (
            payload.get("data", payload.get("models")) if isinstance(payload, dict) else payload
        )
        if not isinstance(entries, list):
            raise self.unusable(answer, None, "no list of models")
        names = (_model_name(entry) for entry in entries)
        # Some servers list a model once for each of its forms.
        return tuple(ListedModel(name) for name in dict.fromkeys(names) if name)

    def transcribe_request(
        self, settings: ProviderSettings, audio: Audio, model: str
    ) -> HttpRequest:
        kind = audio.content_type.partition(";")[0].strip().lower()
        fields = {"model": model, "response_format": "json"}
        if audio.language:
            fields["language"] = audio.language
        # The name's ending is what tells these services the format.
        upload = Upload(fields, "file", f"audio.{_ENDINGS.get(kind, 'ogg')}", kind, audio.data)
        url = self.url(settings, "/audio/transcriptions")
        return HttpRequest("POST", url, _auth(settings), upload=upload)

    def read_transcript(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self.read_payload(answer, model)
        text = string(payload.get("text")).strip() if isinstance(payload, dict) else ""
        if not text:
            raise self.unusable(answer, model, "no words in the recording", retry_same=False)
        usage = usage_of(payload)
        return Completion(text=text, model=model, usage=usage, provider=self.name)

    def url(self, settings: ProviderSettings, path: str) -> str:
        """The address of one endpoint."""
        return tidy_base(settings.base_url or self.default_base_url, self.base_path) + path


_ENDINGS = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/webm": "webm",
    "audio/flac": "flac",
}


@lru_cache(maxsize=64)
def tidy_base(address: str, base_path: str = "") -> str:
    """The base of an API from what people paste: no trailing slash, no endpoint of it.

    Args:
        address: with or without a trailing slash, `/chat/completions` or `/models`.
        base_path: added when the address has no path at all.
    """
    base = address.strip().rstrip("/")
    for endpoint in ("/chat/completions", "/completions", "/models"):
        base = base.removesuffix(endpoint).rstrip("/")
    return base if urlsplit(base).path else base + base_path


@lru_cache(maxsize=256)
def find_thinking(kinds: tuple[ThinkingModel, ...], model: str) -> ThinkingModel | None:
    """The first kind whose pattern is in the model's name."""
    return next((kind for kind in kinds if re.search(kind.pattern, model, re.IGNORECASE)), None)


def _auth(settings: ProviderSettings) -> dict[str, str]:
    return {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}


def _message(said: PromptMessage) -> dict[str, Any]:
    if not said.images:
        return {"role": said.role, "content": said.content}
    shown = [
        {
            "type": "image_url",
            "image_url": {
                "url": f"data:{image.content_type};base64,{b64encode(image.data).decode()}"
            },
        }
        for image in said.images
    ]
    return {"role": said.role, "content": [{"type": "text", "text": said.content}, *shown]}


def function_tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Tools in OpenAI's form, which others have taken over."""
    return [{"type": "function", "function": asdict(tool)} for tool in tools]


def _response_format(mode: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if mode == "json_object":
        return {"type": mode}
    return {"type": mode, "json_schema": {"name": "answer", "schema": schema}}


def _add_delta(message: dict[str, Any], calls: dict[int, dict[str, Any]], delta: Any) -> None:
    """One chunk of a stream joins what came before; a tool call comes in pieces as well."""
    if not isinstance(delta, dict):
        return
    message["content"] += _join_parts(delta.get("content"))
    for key in ("reasoning", "reasoning_content", "refusal"):
        if delta.get(key):
            message[key] = delta[key]
    for piece in objects(delta.get("tool_calls")):
        index = piece.get("index", 0)
        call = calls.setdefault(index, {"id": None, "function": {"name": "", "arguments": ""}})
        call["id"] = piece.get("id") or call["id"]
        function = piece.get("function")
        for key in ("name", "arguments"):
            call["function"][key] += string(function.get(key)) if isinstance(function, dict) else ""


def _join_parts(content: Any) -> str:
    """The text of a message whose content is a string, or a list of parts (thoughts left out)."""
    if isinstance(content, list):
        return "".join(string(part.get("text")) for part in objects(content))
    return string(content)


def _why_empty(message: dict[str, Any], said: str) -> str:
    if message.get("refusal"):
        return "refused to answer"
    if said.strip() or message.get("reasoning") or message.get("reasoning_content"):
        return "only thinking"
    return "no text"


def _model_name(entry: Any) -> str:
    """The name of a listed language model; "" when it is none or switched off."""
    if isinstance(entry, str):
        return entry if is_chat_model(entry) else ""
    if not isinstance(entry, dict) or entry.get("active") is False:
        return ""
    able = entry.get("capabilities")
    if isinstance(able, dict) and able.get("completion_chat") is False:
        return ""
    name = string(entry.get("id") or entry.get("name"))
    return name if name and is_chat_model(name, string(entry.get("type"))) else ""
