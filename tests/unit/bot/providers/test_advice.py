"""Advice for the owner: names the setting to change, never the key."""

from __future__ import annotations

import pytest

from bot.providers import groq, lmstudio, mistral, ollama, openai, openrouter
from bot.providers.advice import UNCONFIGURED, advise
from bot.providers.base import Provider, find_providers
from core.errors import ERROR_CLASSES
from core.settings import ProviderSettings
from core.texts import LANGUAGES, flatten, text

KEYED = ProviderSettings(api_key="gsk_0123456789", timeout_s=15)


@pytest.mark.parametrize(
    ("error_class", "provider", "settings", "words"),
    [
        (UNCONFIGURED, openai.PROVIDER, ProviderSettings(), ["falta OPENAI_API_KEY"]),
        ("config", groq.PROVIDER, ProviderSettings(), ["falta GROQ_API_KEY"]),
        ("auth", groq.PROVIDER, ProviderSettings(api_key="sk-1"), ["GROQ_API_KEY", "gsk_…"]),
        ("auth", openai.PROVIDER, KEYED, ["OPENAI_API_KEY", "sk-…"]),
        ("auth", groq.PROVIDER, KEYED, ["rechaza", "GROQ_API_KEY", "console.groq.com"]),
        ("timeout", groq.PROVIDER, KEYED, ["15 s", "GROQ_TIMEOUT", "30", "GROQ_MODEL"]),
        ("network", groq.PROVIDER, KEYED, ["internet", "https://api.groq.com"]),
        ("model_not_found", groq.PROVIDER, KEYED, ["openai/gpt-oss-20b", "GROQ_MODEL"]),
        (
            "network",
            lmstudio.PROVIDER,
            ProviderSettings(),
            ["ábrelo", "servidor local", "1234", "carga un modelo"],
        ),
        ("model_not_found", lmstudio.PROVIDER, ProviderSettings(), ["carga uno"]),
        ("model_not_found", ollama.PROVIDER, ProviderSettings(), ["ollama pull llama3.2"]),
        (
            "model_not_found",
            ollama.PROVIDER,
            ProviderSettings(models=("qwen3:4b",)),
            ["ollama pull qwen3:4b", "OLLAMA_MODEL"],
        ),
        ("auth", mistral.PROVIDER, ProviderSettings(api_key="a b"), ["espacio"]),
        ("auth", groq.PROVIDER, ProviderSettings(api_key="gsk_ñ"), ["ninguna clave"]),
        ("quota", groq.PROVIDER, KEYED, ["console.groq.com/settings/billing"]),
        ("rate_limit", openrouter.PROVIDER, KEYED, [":free", "10 créditos"]),
        ("config", openrouter.PROVIDER, KEYED, ["privacidad", "OPENROUTER_BASE_URL"]),
    ],
)
def test_advice_names_what_to_do(
    error_class: str, provider: Provider, settings: ProviderSettings, words: list[str]
) -> None:
    said = advise(error_class, provider, settings)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("provider", find_providers().values(), ids=lambda provider: provider.name)
def test_every_failure_of_every_provider_has_advice_in_every_language(
    provider: Provider, language: str
) -> None:
    for error_class in ERROR_CLASSES:
        said = advise(error_class, provider, KEYED, language=language)
        assert len(said) > 20
        assert "gsk_0123456789" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same_things(language: str) -> None:
    assert flatten("advice", language).keys() == flatten("advice", "es").keys()


def test_when_all_failed_there_is_a_list_to_go_through() -> None:
    said = text("advice.all_failed")
    assert [word for word in ("internet", "gsk_", "1234", "GROQ_TIMEOUT") if word not in said] == []
