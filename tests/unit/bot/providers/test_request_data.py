"""What each OpenAI-compatible service wants to be told, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messages import Prompt, PromptMessage
from bot.providers import groq, lmstudio, openai
from bot.providers.base import HttpAnswer, Provider, find_providers
from core.settings import ProviderSettings

PROMPT = Prompt(messages=(PromptMessage("user", "Hola"),), temperature=0.4, max_tokens=500)


def _body(provider: Provider, model: str) -> dict[str, Any]:
    request = provider.chat_request(ProviderSettings(api_key="k"), PROMPT, model)
    return {name: value for name, value in (request.json or {}).items() if name != "messages"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4.1-mini", {"max_tokens": 500, "temperature": 0.4}),
        ("gpt-5.4-nano", {"max_completion_tokens": 500, "reasoning_effort": "none"}),
        ("gpt-5.6", {"max_completion_tokens": 500, "reasoning_effort": "none"}),
        ("gpt-5-mini-2025-08-07", {"max_completion_tokens": 1500, "reasoning_effort": "minimal"}),
        ("gpt-5-chat-latest", {"max_completion_tokens": 500}),
        ("gpt-5.4-pro", {"max_completion_tokens": 4500}),
        ("o4-mini", {"max_completion_tokens": 2500, "reasoning_effort": "low"}),
    ],
)
def test_openai_models_that_think_get_other_fields(model: str, expected: dict[str, Any]) -> None:
    assert _body(openai.PROVIDER, model) == {"model": model, **expected}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("llama-3.3-70b-versatile", {"max_tokens": 500}),
        ("openai/gpt-oss-20b", {"max_tokens": 900, "reasoning_effort": "low"}),
        ("qwen/qwen3-32b", {"max_tokens": 500, "reasoning_effort": "none"}),
    ],
)
def test_groq_models_that_think_think_little(model: str, expected: dict[str, Any]) -> None:
    assert _body(groq.PROVIDER, model) == {"model": model, "temperature": 0.4, **expected}


def test_messages_have_role_and_content_only() -> None:
    request = groq.PROVIDER.chat_request(ProviderSettings(api_key="k"), PROMPT, "m")
    assert (request.json or {})["messages"] == [{"role": "user", "content": "Hola"}]


def test_lmstudio_is_not_told_a_model_when_none_is_known() -> None:
    assert _body(lmstudio.PROVIDER, "") == {"max_tokens": 500, "temperature": 0.4}


@pytest.mark.parametrize(("key", "expected"), [(None, {}), ("t", {"authorization": "Bearer t"})])
def test_lmstudio_sends_a_key_only_when_one_is_set(
    key: str | None, expected: dict[str, str]
) -> None:
    settings = ProviderSettings(api_key=key)
    assert lmstudio.PROVIDER.models_request(settings).headers == expected


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:1234/v1/chat/completions",
        "http://localhost:1234/v1",
        "http://localhost:1234/",
        None,
    ],
)
def test_lmstudio_finds_its_paths_from_any_form_of_address(address: str | None) -> None:
    settings = ProviderSettings(base_url=address)
    loaded = lmstudio.PROVIDER.loaded_request(settings)
    assert loaded is not None
    assert (
        lmstudio.PROVIDER.chat_request(settings, PROMPT, "m").url,
        lmstudio.PROVIDER.models_request(settings).url,
        loaded.url,
    ) == (
        "http://localhost:1234/v1/chat/completions",
        "http://localhost:1234/v1/models",
        "http://localhost:1234/api/v0/models",
    )


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"data":[{"id":"a","state":"loaded"},{"id":"b","state":"not-loaded"}]}', {"a"}),
        (200, b'{"error":"Unexpected endpoint or method. (GET /api/v0/models)"}', set()),
        (200, b"<html>", set()),
        (404, b'{"data":[{"id":"a","state":"loaded"}]}', set()),
    ],
)
def test_lmstudio_tells_what_is_loaded_when_it_can(
    status: int, body: bytes, expected: set[str]
) -> None:
    assert lmstudio.PROVIDER.read_loaded(HttpAnswer(status, {}, body)) == expected


@pytest.mark.parametrize(
    ("name", "address", "url"),
    [
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/models"),
        ("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/models"),
        (
            "anthropic",
            "https://g.test/v1/acc/anthropic",
            "https://g.test/v1/acc/anthropic/v1/models",
        ),
        ("anthropic", "http://h:1/v1/messages", "http://h:1/v1/models"),
        (
            "gemini",
            "https://g.test/v1beta/models/m:generateContent",
            "https://g.test/v1beta/models",
        ),
        ("gemini", "https://g.test/v1beta/openai/", "https://g.test/v1beta/models"),
        ("gemini", "https://g.test/v1/acc/studio", "https://g.test/v1/acc/studio/v1beta/models"),
        ("ollama", "http://localhost:11434/api/chat", "http://localhost:11434/api/tags"),
        ("ollama", "http://localhost:11434/v1/chat/completions", "http://localhost:11434/api/tags"),
        ("ollama", "http://nas.test/ollama/", "http://nas.test/ollama/api/tags"),
    ],
)
def test_native_apis_find_their_root_in_any_form_of_address(
    name: str, address: str, url: str
) -> None:
    settings = ProviderSettings(api_key="key", base_url=address)
    assert find_providers()[name].models_request(settings).url.split("?")[0] == url
