"""The one exchange: limits hold, every fault is a ProviderError. The registry finds providers."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.messages import Prompt, PromptMessage, Tool
from bot.providers import groq
from bot.providers.base import (
    HttpRequest,
    Provider,
    complete,
    exchange,
    find_providers,
    list_models,
)
from bot.providers.http import make_client
from bot.providers.lmstudio import LMStudio
from core.errors import ProviderError
from core.settings import ProviderSettings
from tests.fake_provider import FakeProvider

ASK = HttpRequest("POST", "https://ai.example/v1", {"authorization": "Bearer k"}, {"q": "¿sí?"})


def _client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def _fail(client: httpx.AsyncClient, request: HttpRequest = ASK) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await exchange(client, request, 5, provider="groq", model="m", max_bytes=1000)
    return caught.value


def _raising(error: Exception, cause: BaseException | None = None) -> httpx.AsyncClient:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error from cause

    return _client(answer)


async def test_answer_has_status_lower_case_headers_and_body() -> None:
    async with _client(
        lambda _: httpx.Response(418, headers={"Retry-After": "3"}, text="tea")
    ) as c:
        answer = await exchange(c, ASK, 5)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (418, "3", b"tea")


async def test_request_is_sent_as_compact_json() -> None:
    async with _client(lambda request: httpx.Response(200, content=request.content)) as client:
        answer = await exchange(client, ASK, 5)
    assert answer.body == '{"q":"¿sí?"}'.encode()


async def test_lone_surrogate_does_not_break_the_request() -> None:
    broken = HttpRequest("POST", "https://ai.example/v1", {}, {"q": "ho\ud83dla"})
    async with _client(lambda request: httpx.Response(200, content=request.content)) as client:
        answer = await exchange(client, broken, 5)
    assert json.loads(answer.body) == {"q": "ho?la"}


@pytest.mark.parametrize(
    ("error", "cause", "error_class", "words"),
    [
        (httpx.ConnectError(""), ConnectionRefusedError(), "network", "refused"),
        (httpx.ConnectError(""), socket.gaierror(), "network", "dns"),
        (httpx.ConnectError(""), ssl.SSLError(), "network", "tls"),
        (httpx.ConnectError(""), OSError(), "network", "unreachable"),
        (httpx.ReadError(""), ConnectionResetError(), "network", "reset"),
        (httpx.RemoteProtocolError(""), None, "network", "disconnected"),
        (httpx.ReadError(""), None, "network", "broken"),
        (httpx.ProxyError(""), ConnectionRefusedError(), "network", "proxy"),
        (httpx.ConnectTimeout(""), None, "timeout", "no answer within 5 s"),
        (httpx.ConnectError(""), TimeoutError(), "timeout", "no answer within 5 s"),
        (httpx.DecodingError(""), None, "validation", "decompressed"),
        (httpx.UnsupportedProtocol(""), None, "config", "address"),
    ],
)
async def test_httpx_exception_becomes_a_provider_error(
    error: Exception, cause: BaseException | None, error_class: str, words: str
) -> None:
    async with _raising(error, cause) as client:
        failure = await _fail(client)
    assert failure.error_class == error_class
    assert words in str(failure)
    assert (failure.provider, failure.model, failure.status) == ("groq", "m", None)


@pytest.mark.parametrize("url", ["http://[::1", "https://ai.example:port/v1"])
async def test_address_that_is_none_is_config(url: str) -> None:
    async with _client(lambda _: httpx.Response(200)) as client:
        assert (await _fail(client, HttpRequest("GET", url))).error_class == "config"


async def test_key_no_header_can_hold_is_auth() -> None:
    request = HttpRequest("GET", "https://ai.example", {"authorization": "Bearer gsk_…"})
    async with _client(lambda _: httpx.Response(200)) as client:
        failure = await _fail(client, request)
    assert (failure.error_class, "gsk_" in str(failure)) == ("auth", False)


async def test_dripping_body_does_not_outlast_the_limit() -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    async with _client(lambda _: httpx.Response(200, stream=Drip())) as client:
        with pytest.raises(ProviderError) as caught:
            await exchange(client, ASK, 0.05)
    assert (caught.value.error_class, caught.value.retry_same) == ("timeout", True)


async def test_endless_body_is_read_no_further_than_the_cap() -> None:
    read = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 400
                yield b" " * 400

    async with _client(lambda _: httpx.Response(200, stream=Endless())) as client:
        assert (await _fail(client)).error_class == "validation"
    assert read == 1200


async def test_cancelling_is_no_provider_error() -> None:
    with FakeProvider("hang") as fake:
        async with make_client() as client:
            request = HttpRequest("POST", f"{fake.base_url}/chat/completions", {}, {})
            task = asyncio.create_task(exchange(client, request, 60))
            while not fake.count:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


def test_registry_holds_every_provider_under_its_name() -> None:
    found = find_providers()
    assert {"groq", "lmstudio", "openai"} <= set(found)
    assert all(isinstance(provider, Provider) for provider in found.values())
    assert all(provider.name == name for name, provider in found.items())
    assert found["groq"] is groq.PROVIDER


async def test_list_tells_which_local_model_is_loaded() -> None:
    with FakeProvider(models=("a-7b", "b-7b"), loaded="b-7b") as fake:
        async with make_client() as client:
            settings = ProviderSettings(base_url=fake.base_url)
            listed = await list_models(LMStudio(), client, settings, 5)
    assert [(model.name, model.loaded) for model in listed] == [("a-7b", False), ("b-7b", True)]


async def test_list_stands_when_the_server_cannot_tell_what_is_loaded() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "a-7b"}, {"id": "b-7b"}]})
        return httpx.Response(500)

    async with _client(answer) as client:
        listed = await list_models(LMStudio(), client, ProviderSettings(), 5)
    assert [(model.name, model.loaded) for model in listed] == [("a-7b", False), ("b-7b", False)]


@pytest.mark.parametrize("offered", [(), ("price",)])
async def test_call_of_a_tool_nobody_offered_is_no_answer(offered: tuple[str, ...]) -> None:
    called = {"function": {"name": "stock", "arguments": "{}"}}
    answer = {"choices": [{"message": {"content": None, "tool_calls": [called]}}]}
    tools = tuple(Tool(name, "", {}) for name in offered)
    prompt = Prompt((PromptMessage("user", "¿Quedan?"),), tools=tools)
    async with _client(lambda _: httpx.Response(200, json=answer)) as client:
        with pytest.raises(ProviderError) as caught:
            await complete(groq.PROVIDER, client, ProviderSettings(api_key="k"), prompt, "m", 5)
    assert (caught.value.error_class, caught.value.retry_same) == ("validation", True)
