"""Anthropic: Claude over its own Messages API."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from bot.messages import Completion, Prompt, PromptMessage, ToolCall
from bot.providers.base import HttpAnswer, HttpRequest, ListedModel, Provider
from bot.providers.models import is_chat_model
from bot.providers.reading import objects, root_of, string, usage_of, visible
from core.settings import ProviderSettings

VERSION = "2023-06-01"
HIGHEST_TEMPERATURE = 1.0
ANSWER = "answer"
"""The tool a model is made to call when an object is wanted: it has no JSON mode of old."""

_ENDS = r"(/v1)?(/messages|/models)?"


class Anthropic(Provider):
    """https://docs.anthropic.com/en/api/messages"""

    name = "anthropic"
    variable = "ANTHROPIC"
    default_model = "claude-haiku-4-5"
    default_base_url = "https://api.anthropic.com"
    key_prefix = "sk-ant-"
    key_page = "https://console.anthropic.com/settings/keys"
    vision_model = "claude-haiku-4-5"

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        spoken = [said for said in prompt.messages if said.role != "system"]
        while spoken and spoken[0].role != "user":  # it refuses a talk that begins otherwise
            spoken = spoken[1:]
        body: dict[str, Any] = {
            "model": model,
            "max_tokens": prompt.max_tokens,
            "temperature": min(prompt.temperature, HIGHEST_TEMPERATURE),
            "messages": [_message(said) for said in spoken],
        }
        system = "\n\n".join(said.content for said in prompt.messages if said.role == "system")
        if system:
            body["system"] = system
        tools = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in prompt.tools
        ]
        if prompt.schema is not None:
            tools.append({"name": ANSWER, "description": ANSWER, "input_schema": prompt.schema})
            body["tool_choice"] = {"type": "tool", "name": ANSWER}
        if tools:
            body["tools"] = tools
        return HttpRequest("POST", self._url(settings, "/v1/messages"), _auth(settings), body)

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        return HttpRequest("GET", self._url(settings, "/v1/models?limit=1000"), _auth(settings))

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self.read_payload(answer, model)
        if not isinstance(payload, dict) or not isinstance(payload.get("content"), list):
            raise self.unusable(answer, model, "no content")
        parts = objects(payload["content"])
        stop_reason = string(payload.get("stop_reason"))
        text = visible("".join(string(p.get("text")) for p in parts if p.get("type") == "text"))
        calls = tuple(
            ToolCall(string(part.get("name")), part["input"], string(part.get("id")) or None)
            for part in parts
            if part.get("type") == "tool_use" and isinstance(part.get("input"), dict)
        )
        if stop_reason == "refusal":
            raise self.unusable(answer, model, "refused to answer", error_class="bad_request")
        if not text and not calls:
            raise self.unusable(answer, model, "no text", retry_same=stop_reason != "max_tokens")
        return Completion(
            text=text,
            model=string(payload.get("model")) or model,
            usage=usage_of(payload),
            finish_reason=stop_reason or None,
            provider=self.name,
            tool_calls=calls,
        )

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        names = (string(entry.get("id")) for entry in self.read_entries(answer, "data"))
        return tuple(ListedModel(name) for name in names if name and is_chat_model(name))

    def join_stream(self, events: list[Any]) -> Any | None:
        message: dict[str, Any] = {}
        parts: dict[int, dict[str, Any]] = {}
        is_whole = False
        for event in objects(events):
            kind, index = event.get("type"), event.get("index", 0)
            if kind == "message_start":
                message = dict(event["message"])
            elif kind == "content_block_start":
                parts[index] = {**event["content_block"], "json": ""}
            elif kind == "content_block_delta" and index in parts:
                delta = event["delta"]
                parts[index]["text"] = string(parts[index].get("text")) + string(delta.get("text"))
                parts[index]["json"] += string(delta.get("partial_json"))
            elif kind == "message_delta":
                message |= event["delta"]
                message["usage"] = {**message.get("usage", {}), **event.get("usage", {})}
            is_whole = is_whole or kind == "message_stop"
        for part in parts.values():
            if part["json"]:
                part["input"] = json.loads(part["json"])
        return {**message, "content": list(parts.values())} if is_whole else None

    def _url(self, settings: ProviderSettings, path: str) -> str:
        return root_of(settings.base_url or self.default_base_url, _ENDS) + path


def _auth(settings: ProviderSettings) -> dict[str, str]:
    return {"x-api-key": settings.api_key or "", "anthropic-version": VERSION}


def _message(said: PromptMessage) -> dict[str, Any]:
    shown = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": image.content_type,
                "data": b64encode(image.data).decode(),
            },
        }
        for image in said.images
    ]
    if not shown:
        return {"role": said.role, "content": said.content}
    return {"role": said.role, "content": [*shown, {"type": "text", "text": said.content}]}


PROVIDER = Anthropic()
