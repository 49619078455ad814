"""One object from all layers: defaults as promised, faults together, secrets unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import ConfigError
from core.settings import SETTING_NAMES, ProviderSettings, Settings


def read(**environment: str) -> Settings:
    return Settings.from_env(environment, env_file=None)


def faults_of(**environment: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(**environment)
    return caught.value.faults


def test_nothing_needs_to_be_set() -> None:
    settings = read()

    assert settings.warnings == ()
    assert set(settings.sources) == set(SETTING_NAMES)
    assert set(settings.sources.values()) == {"default"}


DEFAULTS = {
    "host": "127.0.0.1",
    "port": 8000,
    "database_url": "sqlite:///data/mostrador.db",
    "log_level": "INFO",
    "log_format": "text",
    "shop_language": "es",
    "shop_timezone": "UTC",
    "twilio_max_sends_per_s": 80,
    "coalesce_wait_s": 1.5,
    "coalesce_max_s": 6,
    "turn_deadline_s": 45,
    "history_messages": 20,
    "prompt_max_tokens": 3000,
    "ai_provider": "multi",
    "ai_fallback_enabled": True,
    "ai_routing": "order",
    "ai_attempts_per_provider": 2,
    "ai_retry_style": "rounds",
    "ai_hedge_after": "off",
    "ai_temperature": 0.4,
    "ai_max_tokens": 500,
    "ai_cache_ttl_s": 0,
    "ai_offline_answers": True,
    "ai_ping_interval_s": 300,
    "ai_auto_model": True,
    "ai_local_download": "never",
    "ai_transcribe_order": ("groq", "openai"),
    "ai_vision_order": ("groq", "openai", "gemini"),
    "webchat_enabled": True,
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default(name: str) -> None:
    assert getattr(read(), name) == DEFAULTS[name]


def test_every_other_setting_is_not_set_by_default() -> None:
    others = set(Settings.model_fields) - set(DEFAULTS) - {"providers", "sources", "warnings"}

    assert {name for name in others if getattr(read(), name)} == set()


def test_a_provider_takes_its_four_settings() -> None:
    settings = read(
        GROQ_API_KEY="gsk_key",
        GROQ_MODEL="one, two",
        GROQ_BASE_URL="http://127.0.0.1:9/openai/v1/",
        GROQ_TIMEOUT="15000",
    )

    assert settings.providers["groq"] == ProviderSettings(
        "gsk_key", ("one", "two"), "http://127.0.0.1:9/openai/v1", 15.0
    )
    assert settings.providers["openai"] == ProviderSettings()


@pytest.mark.parametrize("name", ["LM_STUDIO_URL", "LM_STUDIO_BASE_URL"])
@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/chat/completions"])
def test_lm_studio_is_found_however_its_address_is_written(name: str, path: str) -> None:
    settings = read(**{name: f"http://localhost:4321{path}"})

    assert settings.providers["lmstudio"].base_url == "http://localhost:4321/v1"


@pytest.mark.parametrize(
    ("alias", "value", "name", "meant"),
    [
        ("LLM_DEFAULT_PROVIDER", "groq", "ai_provider", "groq"),
        ("LLM_AUTO_FALLBACK", "no", "ai_fallback_enabled", False),
        ("LLM_FALLBACK_ORDER", "openai,groq", "ai_fallback_order", ("openai", "groq")),
        ("LLM_TEMPERATURE", "0,9", "ai_temperature", 0.9),
        ("LLM_MAX_TOKENS", "64", "ai_max_tokens", 64),
    ],
)
def test_alias(alias: str, value: str, name: str, meant: object) -> None:
    assert getattr(read(**{alias: value}), name) == meant


def test_the_google_name_of_the_gemini_key_counts() -> None:
    assert read(GOOGLE_GEMINI_API_KEY="AIza-key").providers["gemini"].api_key == "AIza-key"


def test_two_twilio_tokens_and_the_sender_with_or_without_prefix() -> None:
    settings = read(TWILIO_AUTH_TOKEN="old, new", TWILIO_WHATSAPP_FROM="+14155238886")

    assert settings.twilio_auth_tokens == ("old", "new")
    assert settings.twilio_whatsapp_from == "whatsapp:+14155238886"


FAULTS = [
    ("PORT", "99999"),
    ("PORT", "ochenta"),
    ("PUBLIC_BASE_URL", "mi-tienda.com"),
    ("DATABASE_URL", "mysql://u:p4ssw0rd@h/d"),
    ("DATABASE_URL", "postgresql://u:p4ssw0rd@h:puerto/d"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml"),
    ("SHOP_LANGUAGE", "fr"),
    ("SHOP_CURRENCY", "pesos"),
    ("SHOP_TIMEZONE", "Bogota"),
    ("OWNER_WHATSAPP", "mi celular"),
    ("TWILIO_AUTH_TOKEN", "a b"),
    ("TWILIO_MAX_SENDS_PER_S", "inf"),
    ("COALESCE_MAX_S", "1"),
    ("TURN_DEADLINE_S", "0"),
    ("HISTORY_MESSAGES", "2.5"),
    ("HISTORY_MESSAGES", "-1"),
    ("AI_PROVIDER", "grok"),
    ("AI_FALLBACK_ENABLED", "quizás"),
    ("AI_FALLBACK_ORDER", "groq,grok"),
    ("AI_ROUTING", "random"),
    ("AI_WEIGHTS", "groq=1"),
    ("AI_TEMPERATURE", "3"),
    ("AI_HEDGE_AFTER", "soon"),
    ("RETENTION_DAYS", "0"),
    ("GROQ_API_KEY", "gsk_ñ"),
    ("OPENAI_TIMEOUT", "0"),
    ("LM_STUDIO_URL", "localhost:1234"),
]


@pytest.mark.parametrize(("name", "value"), FAULTS)
def test_a_fault_names_its_variable_first(name: str, value: str) -> None:
    (fault,) = faults_of(**{name: value})

    assert fault.startswith(name)
    assert "p4ssw0rd" not in fault


def test_all_faults_come_together() -> None:
    faults = faults_of(PORT="x", GROQ_TIMEOUT="pronto", SHOP_TIMEZONE="Bogota")

    assert [fault.split(":")[0] for fault in faults] == ["PORT", "SHOP_TIMEZONE", "GROQ_TIMEOUT"]


def test_an_unknown_provider_is_answered_with_the_ten() -> None:
    (fault,) = faults_of(AI_FALLBACK_ORDER="grok")

    assert "groq, lmstudio, openai, gemini, openrouter, ollama, mistral" in fault


def test_a_key_in_the_wrong_place_does_not_show() -> None:
    (fault,) = faults_of(AI_PROVIDER="gsk_verysecretkey123")

    assert "verysecret" not in fault


SECRETS = {
    "GROQ_API_KEY": "hidden-1",
    "TWILIO_AUTH_TOKEN": "hidden-2,hidden-3",
    "API_TOKEN": "hidden-4",
    "CONSOLE_PASSWORD": "hidden-5",
    "SECRET_KEY": "hidden-6",
}


def test_secrets_never_print() -> None:
    settings = read(**SECRETS, DATABASE_URL="postgresql://u:hidden-7@h/d")

    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)


def test_secret_values_are_all_of_them() -> None:
    addresses = {
        "DATABASE_URL": "postgresql://u:hidden-7@h/d",
        "OWNER_WEBHOOK_URL": "https://hooks.example/hidden-8",
        "CATALOG_SOURCE": "https://u:hidden-9@shop.example/hidden-10.csv?token=hidden-11",
    }
    values = read(**SECRETS, **addresses).secret_values
    assert sorted(re.sub(r".*(hidden-\d+).*", r"\1", value) for value in values) == sorted(
        f"hidden-{number}" for number in range(1, 12)
    )


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read().port = 1


def test_every_layer_is_read_and_named(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=1\nHOST=0.0.0.0\nSHOP_NAME=Uno\n", encoding="utf-8")

    settings = Settings.from_env(
        {"PORT": "2", "HOST": "::1"}, env_file=env_file, saved={"PORT": "3"}
    )

    assert (settings.port, settings.host, settings.shop_name) == (3, "::1", "Uno")
    assert [settings.sources[name] for name in ("PORT", "HOST", "SHOP_NAME", "LOG_LEVEL")] == [
        "saved",
        "environment",
        ".env",
        "default",
    ]


def test_an_object_built_directly_never_looks_at_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "4321")

    assert Settings().port == 8000
    assert Settings.from_env(env_file=None).port == 4321


def test_a_key_outside_a_set_order_is_warned_of() -> None:
    settings = read(AI_FALLBACK_ORDER="groq", GROQ_API_KEY="gsk_1", OPENAI_API_KEY="sk-2")

    assert settings.warnings == (
        "OPENAI_API_KEY está configurada, pero openai no está en AI_FALLBACK_ORDER: no se usará.",
    )
