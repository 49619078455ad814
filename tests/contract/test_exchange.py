"""Real HTTP against a stand-in that misbehaves in every known way: each fault has its class."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.messages import Prompt, PromptMessage
from bot.providers.base import Provider, complete, find_providers, list_models
from core.errors import ProviderError
from core.settings import ProviderSettings
from tests.fake_provider import BEHAVIOURS, FakeProvider

PROMPT = Prompt(messages=(PromptMessage("user", "¿Tienen laptops?"),))
EVERY_PROVIDER = pytest.mark.parametrize(
    "provider", find_providers().values(), ids=lambda p: p.name
)
LIMIT_S = 0.05
CLASS_OF = {
    "slow": "timeout",
    "refuse": "network",
    "reset": "network",
    "hang": "timeout",
    "drip": "timeout",
    "stall": "timeout",
    "retired": "model_not_found",
    "500": "server",
    "503": "server",
    "429": "rate_limit",
    "401": "auth",
    "404": "model_not_found",
    "html": "validation",
    "half_json": "validation",
    "error_in_200": "server",
    "no_choices": "validation",
    "empty": "validation",
    "think_only": "validation",
}


def _settings(fake: FakeProvider) -> ProviderSettings:
    return ProviderSettings(api_key="key", base_url=fake.base_url)


def test_every_behaviour_of_the_stand_in_is_tried() -> None:
    assert set(CLASS_OF) == set(BEHAVIOURS) - {"ok"}


@EVERY_PROVIDER
async def test_answer_comes_through(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.reply = "Sobre «{question}»: sí. 💻"
    completion = await complete(provider, client, _settings(fake), PROMPT, "a-model", 5)
    assert completion.text == "Sobre «¿Tienen laptops?»: sí. 💻"
    assert (completion.provider, completion.usage.output_tokens) == (provider.name, 10)


@EVERY_PROVIDER
@pytest.mark.parametrize("behaviour", CLASS_OF)
async def test_fault_gets_its_class(
    provider: Provider, behaviour: str, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.behave(behaviour)
    limit_s = LIMIT_S if CLASS_OF[behaviour] == "timeout" else 5
    with pytest.raises(ProviderError) as caught:
        await complete(provider, client, _settings(fake), PROMPT, "a-model", limit_s)
    assert caught.value.error_class == CLASS_OF[behaviour]
    assert (caught.value.provider, caught.value.model) == (provider.name, "a-model")


@EVERY_PROVIDER
async def test_stated_wait_is_read(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.behave("429")
    with pytest.raises(ProviderError) as caught:
        await complete(provider, client, _settings(fake), PROMPT, "a-model", 5)
    assert (caught.value.retry_after_s, caught.value.retry_same) == (3.0, True)


@EVERY_PROVIDER
async def test_models_are_listed_without_those_that_do_not_talk(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.models = ("talk-7b", "text-embedding-3-small", "whisper-large-v3", "llama-guard-4-12b")
    listed = await list_models(provider, client, _settings(fake), 5)
    assert [model.name for model in listed] == ["talk-7b"]


@EVERY_PROVIDER
@pytest.mark.parametrize("behaviour", ["refuse", "reset", "hang", "drip", "500", "401", "html"])
async def test_fault_while_listing_gets_the_same_class(
    provider: Provider, behaviour: str, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.behave(behaviour)
    limit_s = LIMIT_S if CLASS_OF[behaviour] == "timeout" else 5
    with pytest.raises(ProviderError) as caught:
        await list_models(provider, client, _settings(fake), limit_s)
    assert caught.value.error_class == CLASS_OF[behaviour]


@EVERY_PROVIDER
async def test_many_customers_are_served_at_once(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    asked = (complete(provider, client, _settings(fake), PROMPT, "a-model", 30) for _ in range(150))
    assert len(await asyncio.gather(*asked)) == fake.count == 150
