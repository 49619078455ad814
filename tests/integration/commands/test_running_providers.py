"""Ollama joins the order when it runs on this machine with a model, and nobody configured it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.providers.ollama import Ollama
from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run


def names(run: Run) -> list[str]:
    return [row["name"] for row in run("providers", "--json").json]


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch, home: object) -> Iterator[FakeProvider]:
    with FakeProvider(reply="Sí, tenemos laptops.") as fake:
        monkeypatch.setattr(Ollama, "default_base_url", fake.base_url.removesuffix("/v1"))
        yield fake


def test_where_it_does_not_run_it_is_not_listed(run: Run) -> None:
    assert names(run) == ["groq", "lmstudio", "openai"]


def test_found_with_a_model_it_is_listed_and_answers(run: Run, ollama: FakeProvider) -> None:
    assert names(run) == ["groq", "lmstudio", "openai", "ollama"]
    assert run("ask", "¿tienen laptops?", "--json").json["provider"] == "ollama"
    assert run("stats", "--json").json["available"] == ["lmstudio", "ollama"]


def test_found_without_a_model_it_is_not_listed(run: Run, ollama: FakeProvider) -> None:
    ollama.models = ()
    assert names(run) == ["groq", "lmstudio", "openai"]


def test_an_order_the_owner_set_is_exactly_that(
    run: Run, ollama: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_FALLBACK_ORDER", "groq,lmstudio")
    assert names(run) == ["groq", "lmstudio"]
    assert not ollama.seen
