"""Who is asked, in which order, for every way to set it."""

from __future__ import annotations

import pytest

from core.provider_order import listed_order, may_be_running, usable_order
from core.settings import Settings

GROQ = {"GROQ_API_KEY": "gsk_one"}
OPENAI = {"OPENAI_API_KEY": "sk-two"}
MISTRAL = {"MISTRAL_API_KEY": "three"}
GEMINI = {"GEMINI_API_KEY": "four"}
SET = {"AI_FALLBACK_ORDER": "openai,mistral,groq"}
OFF = {"AI_FALLBACK_ENABLED": "false"}

CASES: list[tuple[str, dict[str, str], str, str]] = [
    ("nothing set", {}, "groq lmstudio openai", "lmstudio"),
    ("keys", GROQ | OPENAI, "groq lmstudio openai", "groq lmstudio openai"),
    (
        "others join behind, free ones first",
        MISTRAL | GEMINI | {"ANTHROPIC_API_KEY": "five"},
        "groq lmstudio openai gemini mistral anthropic",
        "lmstudio gemini mistral anthropic",
    ),
    (
        "ollama joins when set",
        {"OLLAMA_MODEL": "llama"},
        "groq lmstudio openai ollama",
        "lmstudio ollama",
    ),
    ("a model alone is no key", {"GEMINI_MODEL": "g"}, "groq lmstudio openai", "lmstudio"),
    ("a set order is exactly that", SET | GROQ | GEMINI, "openai mistral groq", "groq"),
    (
        "a named one comes first",
        {"AI_PROVIDER": "openai"} | GROQ | OPENAI,
        "openai groq lmstudio",
        "openai groq lmstudio",
    ),
    (
        "a named one outside a set order too",
        SET | {"AI_PROVIDER": "lmstudio"} | GROQ,
        "lmstudio openai mistral groq",
        "lmstudio groq",
    ),
    ("off: the first that can be asked", OFF | OPENAI | SET, "openai", "openai"),
    ("off: one without a key is passed over", OFF, "lmstudio", "lmstudio"),
    ("off: a named one alone", OFF | {"AI_PROVIDER": "openai"} | GROQ | OPENAI, "openai", "openai"),
    ("off: a named one is not replaced", OFF | {"AI_PROVIDER": "openai"} | GROQ, "openai", ""),
    ("off: nobody has a key", OFF | {"AI_FALLBACK_ORDER": "groq,openai"}, "groq", ""),
]


@pytest.mark.parametrize(
    ("environment", "listed", "usable"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_order(environment: dict[str, str], listed: str, usable: str) -> None:
    settings = Settings.from_env(environment, env_file=None)

    assert listed_order(settings) == tuple(listed.split())
    assert usable_order(settings) == tuple(usable.split())


def test_one_found_running_joins_in_its_usual_place() -> None:
    settings = Settings.from_env(MISTRAL, env_file=None)
    found = " ".join(listed_order(settings, {"ollama"}))
    assert found == "groq lmstudio openai ollama mistral"


@pytest.mark.parametrize(
    ("env", "names"),
    [
        pytest.param({}, ("ollama",), id="nothing set"),
        pytest.param({"OLLAMA_MODEL": "llama"}, (), id="configured"),
        pytest.param(SET, (), id="an order is set"),
        pytest.param({"AI_PROVIDER": "ollama"}, (), id="named"),
    ],
)
def test_who_is_looked_for(env: dict[str, str], names: tuple[str, ...]) -> None:
    assert may_be_running(Settings.from_env(env, env_file=None)) == names
