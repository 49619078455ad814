"""What each provider is asked: the messages in order, the key in a header and nowhere else."""

from __future__ import annotations

import json
import logging

import httpx
import pytest

from bot.messages import Prompt, PromptMessage
from bot.providers.base import Provider, complete, find_providers, list_models
from core.errors import ProviderError
from core.settings import ProviderSettings
from tests.fake_provider import FakeProvider

KEY = "secret-key-of-this-test"
PROMPT = Prompt(
    messages=(
        PromptMessage("system", "Eres el vendedor de la tienda."),
        PromptMessage("user", "Hola"),
        PromptMessage("assistant", "¡Hola! ¿Qué busca?"),
        PromptMessage("user", "¿Tienen laptops? 💻"),
    ),
    max_tokens=500,
)
EVERY_PROVIDER = pytest.mark.parametrize(
    "provider", find_providers().values(), ids=lambda p: p.name
)


@EVERY_PROVIDER
def test_request_holds_the_messages_in_order(provider: Provider) -> None:
    request = provider.chat_request(ProviderSettings(api_key=KEY), PROMPT, "a-model")
    sent = json.dumps(request.json, ensure_ascii=False)
    places = [sent.index(f'"{message.content}"') for message in PROMPT.messages]
    assert places == sorted(places)


@EVERY_PROVIDER
def test_request_leaves_room_for_the_visible_text(provider: Provider) -> None:
    request = provider.chat_request(ProviderSettings(api_key=KEY), PROMPT, "a-model")
    assert ": 500" in json.dumps(request.json)


@EVERY_PROVIDER
def test_key_stands_in_a_header_only(provider: Provider) -> None:
    settings = ProviderSettings(api_key=KEY)
    requests = (
        provider.chat_request(settings, PROMPT, "a-model"),
        provider.models_request(settings),
    )
    for request in requests:
        assert KEY in "".join(request.headers.values())
        assert KEY not in request.url + json.dumps(request.json)
        assert KEY not in repr(request) + repr(settings)


@EVERY_PROVIDER
async def test_key_reaches_the_service_and_never_the_log(
    provider: Provider,
    fake: FakeProvider,
    client: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.behave("401")
    settings = ProviderSettings(api_key=KEY, base_url=fake.base_url)
    with pytest.raises(ProviderError) as caught:
        await complete(provider, client, settings, PROMPT, "a-model", 5)
    assert KEY in "".join(fake.seen[-1].headers.values())
    assert KEY not in caplog.text + str(caught.value) + repr(caught.value)


@EVERY_PROVIDER
async def test_without_the_key_it_needs_nothing_is_sent(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    settings = ProviderSettings(base_url=fake.base_url)
    if not provider.needs_key:
        assert await list_models(provider, client, settings, 5)
        return
    with pytest.raises(ProviderError, match=f"{provider.variable}_API_KEY") as caught:
        await complete(provider, client, settings, PROMPT, "a-model", 5)
    assert (caught.value.error_class, fake.count) == ("config", 0)


@EVERY_PROVIDER
def test_provider_names_itself_and_where_to_get_a_key(provider: Provider) -> None:
    assert provider.name == provider.name.lower()
    assert provider.default_base_url.startswith(("https://", "http://localhost"))
    assert provider.default_model or provider.is_local
    assert provider.key_page.startswith("https://") or not provider.needs_key
