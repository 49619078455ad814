"""Gemini: Google's models over their own API, free within narrow windows."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from bot.messages import Completion, Prompt, PromptMessage, ToolCall
from bot.providers.base import HttpAnswer, HttpRequest, ListedModel, Provider
from bot.providers.models import is_chat_model
from bot.providers.openai_compatible import ThinkingModel, find_thinking
from bot.providers.reading import objects, root_of, string, usage_of, visible
from core.settings import ProviderSettings

BLOCKED = frozenset(
    {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "IMAGE_SAFETY"}
)
THINKING = (
    ThinkingModel(r"gemini-2\.5-pro", {"thinkingBudget": 128}, 128),
    ThinkingModel(r"gemini-2\.5", {"thinkingBudget": 0}),
    ThinkingModel(r"gemini-[3-9].*pro", {"thinkingLevel": "low"}, 1500),
    ThinkingModel(r"gemini-[3-9]", {"thinkingLevel": "minimal"}, 500),
)
"""From 2.5 on they think; only some of 2.5 can stop."""

_ENDS = r"(/v1(beta)?)?(/openai|/models(/[^/]*)?)?"


class Gemini(Provider):
    """https://ai.google.dev/api/generate-content"""

    name = "gemini"
    variable = "GEMINI"
    default_model = "gemini-3.5-flash-lite"
    default_base_url = "https://generativelanguage.googleapis.com"
    key_page = "https://aistudio.google.com/apikey"
    has_free_plan = True
    vision_model = "gemini-3.5-flash-lite"

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        thinking = find_thinking(THINKING, model)
        config: dict[str, Any] = {
            "temperature": prompt.temperature,
            "maxOutputTokens": prompt.max_tokens + (thinking.room_tokens if thinking else 0),
        }
        if thinking:
            config["thinkingConfig"] = thinking.fields
        if prompt.schema is not None:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": prompt.schema}
        body: dict[str, Any] = {
            "contents": [_content(said) for said in prompt.messages if said.role != "system"],
            "generationConfig": config,
        }
        system = [{"text": said.content} for said in prompt.messages if said.role == "system"]
        if system:
            body["systemInstruction"] = {"parts": system}
        if prompt.tools:
            declared = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "parametersJsonSchema": tool.parameters,
                }
                for tool in prompt.tools
            ]
            body["tools"] = [{"functionDeclarations": declared}]
        path = f"/v1beta/models/{model.removeprefix('models/')}:generateContent"
        return HttpRequest("POST", self._url(settings, path), _auth(settings), body)

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        url = self._url(settings, "/v1beta/models?pageSize=1000")
        return HttpRequest("GET", url, _auth(settings))

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self.read_payload(answer, model)
        if isinstance(payload, list):  # a stream without events is one array of chunks
            payload = self.join_stream(payload)
        payload = payload if isinstance(payload, dict) else {}
        feedback = payload.get("promptFeedback")
        if isinstance(feedback, dict) and feedback.get("blockReason"):
            raise self.unusable(answer, model, "blocked", error_class="bad_request")
        candidates = objects(payload.get("candidates"))
        if not candidates:
            raise self.unusable(answer, model, "no candidates")
        return self._read_candidate(payload, candidates[0], answer, model)

    def _read_candidate(
        self, payload: dict[str, Any], candidate: dict[str, Any], answer: HttpAnswer, model: str
    ) -> Completion:
        content = candidate.get("content")
        parts = objects(content.get("parts")) if isinstance(content, dict) else []
        finish_reason = string(candidate.get("finishReason"))
        said = "".join(string(p.get("text")) for p in parts if not p.get("thought"))
        text = visible(said)
        functions = objects([part.get("functionCall") for part in parts])
        calls = tuple(
            ToolCall(string(f.get("name")), f.get("args") or {}, string(f.get("id")) or None)
            for f in functions
        )
        if not text and not calls:
            if finish_reason in BLOCKED:
                raise self.unusable(answer, model, finish_reason, error_class="bad_request")
            is_final = finish_reason == "MAX_TOKENS"
            raise self.unusable(
                answer, model, f"no text ({finish_reason})", retry_same=not is_final
            )
        return Completion(
            text=text,
            model=string(payload.get("modelVersion")) or model,
            usage=usage_of(payload),
            finish_reason=finish_reason or None,
            provider=self.name,
            tool_calls=calls,
        )

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        names = (
            string(entry.get("name")).removeprefix("models/")
            for entry in self.read_entries(answer, "models")
            if "generateContent" in entry.get("supportedGenerationMethods", ["generateContent"])
        )
        return tuple(ListedModel(name) for name in names if name and is_chat_model(name))

    def join_stream(self, events: list[Any]) -> Any | None:
        """Chunks become one answer; blocked prompts have no candidates at all."""
        chunks = objects(events)
        joined: dict[str, Any] = {}
        parts: list[Any] = []
        last: dict[str, Any] = {}
        for chunk in chunks:
            joined |= chunk
            for candidate in objects(chunk.get("candidates"))[:1]:
                last |= candidate
                content = candidate.get("content")
                parts += objects(content.get("parts")) if isinstance(content, dict) else []
        if not last:
            return joined or None
        if not last.get("finishReason"):
            return None
        return joined | {"candidates": [{**last, "content": {"parts": parts}}]}

    def _url(self, settings: ProviderSettings, path: str) -> str:
        return root_of(settings.base_url or self.default_base_url, _ENDS) + path


def _auth(settings: ProviderSettings) -> dict[str, str]:
    return {"x-goog-api-key": settings.api_key or ""}


def _content(said: PromptMessage) -> dict[str, Any]:
    shown = [
        {"inlineData": {"mimeType": image.content_type, "data": b64encode(image.data).decode()}}
        for image in said.images
    ]
    role = "model" if said.role == "assistant" else "user"
    return {"role": role, "parts": [*shown, {"text": said.content}]}


PROVIDER = Gemini()
