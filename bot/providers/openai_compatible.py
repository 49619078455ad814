"""Services that speak OpenAI's chat API: a prompt enters, a completion or an error leaves.

Subclasses differ in data only. Every 200 is checked: an error inside it, no choices, no text, or
nothing but thinking is a failure like any other, so that the next provider is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bot.messages import Completion, Prompt, Usage
from bot.providers import bodies
from bot.providers.base import HttpAnswer, HttpRequest, ListedModel, Provider
from bot.providers.failures import read_failure
from bot.providers.models import is_chat_model
from core.errors import ProviderError, provider_error
from core.settings import ProviderSettings

# A whole block; one cut off by the limit; or one whose opening tag stood in the model's template.
_THOUGHTS = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)"
    r"|\A(?:(?!<think).)*</think(?:ing)?>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ThinkingModel:
    """How models that think are asked; the first pattern found in a model's name decides.

    Args:
        pattern: searched in the name, without regard to case.
        effort: the lowest `reasoning_effort` they take; None where they take none.
        room_tokens: added to the limit, because their thoughts count toward it.
    """

    pattern: str
    effort: str | None = None
    room_tokens: int = 0


class OpenAICompatible(Provider):
    """A service with `POST {base}/chat/completions` and `GET {base}/models`.

    Attributes:
        base_path: added to an address that has no path at all.
        thinking: models that think.
        is_strict_with_thinking: they want `max_completion_tokens` and refuse a temperature.
    """

    base_path: ClassVar[str] = ""
    thinking: ClassVar[tuple[ThinkingModel, ...]] = ()
    is_strict_with_thinking: ClassVar[bool] = False

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        thinking = _find_thinking(self.thinking, model)
        is_strict = thinking is not None and self.is_strict_with_thinking
        body: dict[str, Any] = {
            "messages": [{"role": said.role, "content": said.content} for said in prompt.messages]
        }
        if model:
            body["model"] = model
        room_tokens = thinking.room_tokens if thinking else 0
        limit = "max_completion_tokens" if is_strict else "max_tokens"
        body[limit] = prompt.max_tokens + room_tokens
        if not is_strict:
            body["temperature"] = prompt.temperature
        if thinking and thinking.effort:
            body["reasoning_effort"] = thinking.effort
        return HttpRequest("POST", self._url(settings, "/chat/completions"), _auth(settings), body)

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        return HttpRequest("GET", self._url(settings, "/models"), _auth(settings))

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        payload = self._read_payload(answer, model)
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self._unusable(answer, model, "no choices")
        return self._read_choice(payload, choices[0], answer, model)

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        payload = self._read_payload(answer, None)
        entries = (
            payload.get("data", payload.get("models")) if isinstance(payload, dict) else payload
        )
        if not isinstance(entries, list):
            raise self._unusable(answer, None, "no list of models")
        names = (_model_name(entry) for entry in entries)
        # Some servers list a model once for each of its forms.
        return tuple(ListedModel(name) for name in dict.fromkeys(names) if name)

    def _read_payload(self, answer: HttpAnswer, model: str | None) -> Any:
        """The JSON of a good answer.

        Raises:
            ProviderError: the answer or what stands in it is an error.
        """
        if not 200 <= answer.status < 300:
            raise self._failure(answer, model)
        payload = bodies.parse(answer.body)
        error = bodies.find_error(payload)
        if error is not None:
            raise self._failure(answer, model, inner=error)
        if payload is None:
            fault = bodies.describe_body(answer.body, None)
            what = "a web page" if fault.is_page else "not JSON" if answer.body.strip() else "empty"
            raise self._unusable(answer, model, what)
        return payload

    def _read_choice(
        self, payload: dict[str, Any], choice: dict[str, Any], answer: HttpAnswer, model: str
    ) -> Completion:
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        finish_reason = choice.get("finish_reason")
        if finish_reason == "content_filter":
            raise self._unusable(answer, model, "content filter", error_class="bad_request")
        said = _join_parts(message.get("content"))
        text = _THOUGHTS.sub("", said).strip()
        if not text:
            # Asked again, a model that refuses or runs out of room does the same.
            retry_same = not message.get("refusal") and finish_reason != "length"
            raise self._unusable(answer, model, _why_empty(message, said), retry_same=retry_same)
        return Completion(
            text=text,
            model=_string(payload.get("model")) or model,
            usage=_read_usage(payload.get("usage")),
            finish_reason=_string(finish_reason) or None,
            provider=self.name,
        )

    def _failure(self, answer: HttpAnswer, model: str | None, inner: Any = None) -> ProviderError:
        return read_failure(
            answer.status,
            answer.headers,
            answer.body,
            provider=self.name,
            model=model or None,
            inner=inner,
        )

    def _unusable(
        self,
        answer: HttpAnswer,
        model: str | None,
        why: str,
        *,
        error_class: str = "validation",
        retry_same: bool = True,
    ) -> ProviderError:
        return provider_error(
            f"HTTP {answer.status}: {why}",
            provider=self.name,
            model=model or None,
            status=answer.status,
            error_class=error_class,
            retry_same=retry_same and error_class == "validation",
        )

    def _url(self, settings: ProviderSettings, path: str) -> str:
        return tidy_base(settings.base_url or self.default_base_url, self.base_path) + path


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
def _find_thinking(models: tuple[ThinkingModel, ...], name: str) -> ThinkingModel | None:
    return next((kind for kind in models if re.search(kind.pattern, name, re.IGNORECASE)), None)


def _auth(settings: ProviderSettings) -> dict[str, str]:
    return {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}


def _join_parts(content: Any) -> str:
    """The text of a message whose content is a string, or a list of parts (thoughts left out)."""
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(text for text in texts if isinstance(text, str))
    return _string(content)


def _why_empty(message: dict[str, Any], said: str) -> str:
    if message.get("refusal"):
        return "refused to answer"
    if said.strip() or message.get("reasoning") or message.get("reasoning_content"):
        return "only thinking"
    return "a tool call nobody asked for" if message.get("tool_calls") else "no text"


def _read_usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    return Usage(_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))


def _model_name(entry: Any) -> str:
    """The name of a listed language model; "" when it is none or switched off."""
    if isinstance(entry, str):
        return entry if is_chat_model(entry) else ""
    if not isinstance(entry, dict) or entry.get("active") is False:
        return ""
    name = _string(entry.get("id") or entry.get("name"))
    return name if name and is_chat_model(name, _string(entry.get("type"))) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
