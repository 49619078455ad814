"""Ollama: models on the shop's own machine, over its own API."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from bot.messages import Completion, Prompt, PromptMessage, ToolCall
from bot.providers import bodies
from bot.providers.base import HttpAnswer, HttpRequest, ListedModel
from bot.providers.models import is_chat_model
from bot.providers.openai_compatible import (
    OpenAICompatible,
    ThinkingModel,
    find_thinking,
    function_tools,
)
from bot.providers.reading import objects, root_of, string, usage_of, visible
from core.settings import ProviderSettings

USUAL_CONTEXT = 4096
"""What it gives a model unless told; a longer prompt is cut off without a word."""

_ENDS = r"(/api|/v1)?(/chat/completions|/chat|/generate|/tags|/ps|/models)?"


class Ollama(OpenAICompatible):
    """https://docs.ollama.com/api; it answers in OpenAI's form where a gateway stands before it."""

    name = "ollama"
    variable = "OLLAMA"
    default_model = None
    default_base_url = "http://localhost:11434"
    default_timeout_s = 30.0
    needs_key = False
    is_local = True
    # Refused for a model that does not think, so only for those known to.
    thinking = (
        ThinkingModel(r"gpt-oss", {"think": "low"}, 600),
        ThinkingModel(r"coder|instruct"),
        ThinkingModel(r"^(qwen3|deepseek-(r1|v3\.1)|magistral)", {"think": False}),
    )

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        thinking = find_thinking(self.thinking, model)
        room_tokens = prompt.max_tokens + (thinking.room_tokens if thinking else 0)
        options: dict[str, Any] = {"temperature": prompt.temperature, "num_predict": room_tokens}
        context = USUAL_CONTEXT
        while context < prompt.tokens + room_tokens:
            context *= 2
        if context > USUAL_CONTEXT:
            options["num_ctx"] = context
        body: dict[str, Any] = {
            "model": model,
            "messages": [_message(said) for said in prompt.messages],
            "stream": False,
            "options": options,
            **(thinking.fields if thinking else {}),
        }
        if prompt.tools:
            body["tools"] = function_tools(prompt.tools)
        if prompt.schema is not None:
            body["format"] = prompt.schema
        return HttpRequest("POST", self.url(settings, "/api/chat"), _auth(settings), body)

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        return HttpRequest("GET", self.url(settings, "/api/tags"), _auth(settings))

    def loaded_request(self, settings: ProviderSettings) -> HttpRequest | None:
        return HttpRequest("GET", self.url(settings, "/api/ps"), _auth(settings))

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self.read_payload(answer, model)
        if not isinstance(payload, dict) or "choices" in payload:
            return super().read_chat(answer, model)
        message = payload.get("message")
        if not isinstance(message, dict) or payload.get("done_reason") == "load":
            raise self.unusable(answer, model, "no message")
        text = visible(string(message.get("content")))
        functions = [entry.get("function") for entry in objects(message.get("tool_calls"))]
        calls = tuple(
            ToolCall(string(function.get("name")), function.get("arguments") or {})
            for function in functions
            if isinstance(function, dict)
        )
        reason = string(payload.get("done_reason"))
        if not text and not calls:
            raise self.unusable(answer, model, "no text", retry_same=reason != "length")
        return Completion(
            text=text,
            model=string(payload.get("model")) or model,
            usage=usage_of(payload),
            finish_reason=reason or None,
            provider=self.name,
            tool_calls=calls,
        )

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        names = _names(self.read_entries(answer, "models"))
        return tuple(ListedModel(name) for name in names if is_chat_model(name))

    def read_loaded(self, answer: HttpAnswer) -> frozenset[str]:
        payload = bodies.parse(answer.body) if answer.status == 200 else None
        return frozenset(
            _names(objects(payload.get("models"))) if isinstance(payload, dict) else ()
        )

    def join_stream(self, events: list[Any]) -> Any | None:
        """Lines of words become one message; the last line says that it is whole."""
        lines = objects(events)
        if not lines or "message" not in lines[0]:
            return super().join_stream(events)
        if not lines[-1].get("done"):
            return None
        said = [line["message"] for line in lines if isinstance(line.get("message"), dict)]
        message = {
            "content": "".join(string(each.get("content")) for each in said),
            "tool_calls": [call for each in said for call in objects(each.get("tool_calls"))],
        }
        return {**lines[-1], "message": message}

    def url(self, settings: ProviderSettings, path: str) -> str:
        return root_of(settings.base_url or self.default_base_url, _ENDS) + path


def _auth(settings: ProviderSettings) -> dict[str, str]:
    return {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}


def _message(said: PromptMessage) -> dict[str, Any]:
    message: dict[str, Any] = {"role": said.role, "content": said.content}
    if said.images:
        message["images"] = [b64encode(image.data).decode() for image in said.images]
    return message


def _names(entries: list[dict[str, Any]]) -> list[str]:
    return [name for entry in entries if (name := string(entry.get("name") or entry.get("model")))]


PROVIDER = Ollama()
