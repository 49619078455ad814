"""The model that stands in for one that is gone."""

from __future__ import annotations

from itertools import permutations

import pytest

from bot.providers.base import ListedModel
from bot.providers.models import is_chat_model, pick_model

GROQ = (
    "allam-2-7b",
    "llama-3.3-70b-versatile",
    "meta-llama/llama-guard-4-12b",
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "qwen/qwen3-32b",
    "whisper-large-v3-turbo",
)
OPENAI = ("gpt-5.6", "gpt-5.6-mini", "gpt-5.4-mini", "gpt-5.4-mini-2026-03-01", "o5", "tts-1")


def _listed(*names: str) -> list[ListedModel]:
    return [ListedModel(name) for name in names]


@pytest.mark.parametrize(
    ("names", "wanted", "default", "expected"),
    [
        pytest.param(GROQ, "qwen/qwen3-32b", None, "qwen/qwen3-32b", id="listed as it is"),
        pytest.param(GROQ, "Qwen/Qwen3-32B", None, "qwen/qwen3-32b", id="other case"),
        pytest.param(GROQ, "llama-3.1-8b-instant", None, "llama-3.3-70b-versatile", id="family"),
        pytest.param(
            GROQ, "mixtral-8x7b-32768", "openai/gpt-oss-20b", "openai/gpt-oss-20b", id="default"
        ),
        pytest.param(GROQ, "openai/gpt-oss-30b", None, "openai/gpt-oss-20b", id="size in family"),
        pytest.param(OPENAI, "gpt-4o-mini", None, "gpt-5.6-mini", id="size word, newest"),
        pytest.param(OPENAI, "gpt-5.4-mini-beta", None, "gpt-5.6-mini", id="steady name"),
        pytest.param(
            ("meta-llama/llama-4-scout", "meta-llama/llama-3.3-70b:free", "qwen/qwen3-30b:free"),
            "meta-llama/llama-4-scout:free",
            None,
            "meta-llama/llama-3.3-70b:free",
            id="free stays free",
        ),
        pytest.param(("whisper-1", "text-embedding-3"), "gpt-9", None, None, id="none can talk"),
        pytest.param((), "gpt-9", None, None, id="nothing listed"),
    ],
)
def test_stand_in(
    names: tuple[str, ...], wanted: str, default: str | None, expected: str | None
) -> None:
    assert pick_model(_listed(*names), wanted, default) == expected


def test_choice_does_not_depend_on_the_order_listed() -> None:
    orders = permutations(GROQ[:5])
    assert len({pick_model(_listed(*order), "gemma2-9b-it") for order in orders}) == 1


def test_wanting_none_takes_the_loaded_one() -> None:
    listed = [
        ListedModel("text-embedding-nomic", loaded=True),
        ListedModel("a-7b"),
        ListedModel("b-7b", loaded=True),
    ]
    assert pick_model(listed, None) == "b-7b"


def test_wanting_none_takes_the_first_that_talks_when_nothing_says_what_is_loaded() -> None:
    assert pick_model(_listed("text-embedding-nomic", "a-7b", "b-7b"), None) == "a-7b"


@pytest.mark.parametrize(
    "name",
    [
        *("text-embedding-3-small", "nomic-embed-text", "bge-m3", "whisper-large-v3", "tts-1-hd"),
        *("gpt-4o-transcribe", "gpt-realtime", "gpt-image-1", "dall-e-3", "sora-2", "playai-tts"),
        *("llama-guard-4-12b", "openai/gpt-oss-safeguard-20b", "omni-moderation-latest"),
        *("gpt-3.5-turbo-instruct", "gpt-5-codex", "canopylabs/orpheus-v1-english"),
    ],
)
def test_models_that_do_not_talk_are_known_by_name(name: str) -> None:
    assert not is_chat_model(name)


@pytest.mark.parametrize(
    "name",
    [
        *("openai/gpt-oss-20b", "llama-3.3-70b-versatile", "qwen2.5-7b-instruct", "phi-2"),
        *("gpt-5.4-nano", "o4-mini", "gemini-3.6-flash", "mistral-small-latest", "gemma2-9b-it"),
    ],
)
def test_models_that_talk_stay(name: str) -> None:
    assert is_chat_model(name)


def test_type_told_by_the_list_decides_too() -> None:
    assert not is_chat_model("my-own-model", "embeddings")
