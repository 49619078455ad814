"""What each provider is asked: the messages in order, the key in a header and nowhere else."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from dataclasses import replace

import httpx
import pytest

from bot.messages import Audio, Image, Prompt, PromptMessage, Tool
from bot.providers.base import Provider, complete, find_providers, list_models, transcribe
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
    places = [sent.index(f'"{said.content}"') for said in PROMPT.messages if said.role != "system"]
    assert places == sorted(places)
    assert PROMPT.messages[0].content in sent


@EVERY_PROVIDER
def test_request_leaves_room_for_the_visible_text(provider: Provider) -> None:
    request = provider.chat_request(ProviderSettings(api_key=KEY), PROMPT, "a-model")
    limits = re.findall(
        r'"(?:max_\w*tokens|maxOutputTokens|num_predict)": (\d+)', json.dumps(request.json)
    )
    assert len(limits) == 1 and int(limits[0]) >= 500


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
    fake.loaded = "fake-model"
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


PICTURE = Image("image/png", b"a picture's bytes")
TOOL = Tool("stock", "Units left of a product", {"type": "object", "properties": {}})
SCHEMA = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}


def sent(provider: Provider, prompt: Prompt) -> str:
    request = provider.chat_request(ProviderSettings(api_key=KEY), prompt, "a-model")
    return json.dumps(request.json)


@pytest.mark.parametrize(
    "provider", [p for p in find_providers().values() if p.vision_model], ids=lambda p: p.name
)
def test_those_that_see_get_the_picture(provider: Provider) -> None:
    seen = replace(PROMPT, messages=(PromptMessage("user", "¿qué es?", (PICTURE,)),))
    assert b64encode(PICTURE.data).decode() in sent(provider, seen)


@EVERY_PROVIDER
def test_tools_are_offered_with_their_schema(provider: Provider) -> None:
    request = sent(provider, replace(PROMPT, tools=(TOOL,)))
    assert TOOL.name in request and TOOL.description in request
    assert "tools" not in sent(provider, PROMPT)


@EVERY_PROVIDER
def test_an_object_is_asked_for_in_the_providers_own_way(provider: Provider) -> None:
    assert sent(provider, replace(PROMPT, schema=SCHEMA)) != sent(provider, PROMPT)


@EVERY_PROVIDER
async def test_an_object_comes_back_validated(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    settings = ProviderSettings(api_key=KEY, base_url=fake.base_url)
    fake.reply = "```json\n{'sku': 'A-1',}\n```"
    wanted = replace(PROMPT, schema=SCHEMA)
    completion = await complete(provider, client, settings, wanted, "a-model", 5)
    assert completion.data == {"sku": "A-1"}
    fake.reply = '{"sku": 7}'
    with pytest.raises(ProviderError) as caught:
        await complete(provider, client, settings, wanted, "a-model", 5)
    assert (caught.value.error_class, caught.value.retry_same) == ("validation", True)


@pytest.mark.parametrize(
    "provider", [p for p in find_providers().values() if p.transcribe_model], ids=lambda p: p.name
)
async def test_those_that_hear_write_a_recording_down(
    provider: Provider, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    settings = ProviderSettings(api_key=KEY, base_url=fake.base_url)
    fake.reply = " ¿Tienen laptops? "
    audio = Audio("audio/ogg; codecs=opus", b"OggS", "es")
    heard = await transcribe(provider, client, settings, audio, "a-whisper", 5)
    assert heard.text == "¿Tienen laptops?"
    form = fake.seen[-1].body
    assert 'filename="audio.ogg"' in form and "a-whisper" in form and "OggS" in form
