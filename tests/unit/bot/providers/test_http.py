"""The client raises the httpx exception a fault is, against sockets that really misbehave."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import httpx
import pytest

from bot.providers.http import ask, make_client
from tests.fake_provider import reset

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@asynccontextmanager
async def _serving(answer: Answer) -> AsyncIterator[str]:
    """A server that hands each connection to `answer` once a request's head is in."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await asyncio.gather(*tasks)


def _writing(*parts: bytes) -> Answer:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await writer.drain()

    return answer


def _reset_after(*parts: bytes) -> Answer:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await writer.drain()
        reset(writer)

    return answer


async def _through_httpx(client: httpx.AsyncClient, url: str) -> None:
    await client.post(url, content=b"{}")


async def _directly(client: httpx.AsyncClient, url: str) -> None:
    await ask(client, "POST", url, {}, b"{}")


Way = Callable[[httpx.AsyncClient, str], Awaitable[None]]
both_ways = pytest.mark.parametrize("way", [_through_httpx, _directly])


@both_ways
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(_writing(), httpx.RemoteProtocolError, id="closes without a word"),
        pytest.param(_writing(b"SSH-2.0-x\r\n\r\n"), httpx.RemoteProtocolError, id="garbage"),
        pytest.param(_writing(HEAD), httpx.RemoteProtocolError, id="closes within the headers"),
        pytest.param(
            _writing(HEAD, b"content-length: 50\r\n\r\n{"), httpx.ReadError, id="closes in the body"
        ),
        pytest.param(
            _writing(HEAD, b"transfer-encoding: chunked\r\n\r\n9\r\n{"),
            httpx.ReadError,
            id="closes in a chunk",
        ),
        pytest.param(_reset_after(), httpx.ReadError, id="resets"),
        pytest.param(
            _reset_after(HEAD, b"content-length: 50\r\n\r\n{"), httpx.ReadError, id="resets later"
        ),
        pytest.param(
            _writing(HEAD, b"content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc"),
            httpx.DecodingError,
            id="is not compressed as it says",
        ),
    ],
)
async def test_broken_answer_raises_what_it_is(
    answer: Answer, expected: type[httpx.HTTPError], way: Way
) -> None:
    async with _serving(answer) as url, make_client() as client:
        with pytest.raises(expected):
            await way(client, url)


@both_ways
async def test_closed_port_is_a_connect_error(way: Way) -> None:
    async with make_client() as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await way(client, f"http://127.0.0.1:{_closed_port()}/")
    assert not isinstance(caught.value, httpx.TimeoutException)


@both_ways
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "localhost:1234/v1", "http:///v1"])
async def test_address_without_a_usable_scheme_or_host_is_unsupported(url: str, way: Way) -> None:
    async with make_client() as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await way(client, url)


async def test_header_that_is_not_ascii_is_not_sent() -> None:
    async with make_client() as client:
        with pytest.raises(UnicodeEncodeError):
            await ask(client, "GET", "http://127.0.0.1:1/", {"authorization": "clavé"}, None)


async def test_answer_that_names_a_header_twice_has_both() -> None:
    twice = _writing(HEAD, b"Warn: 1\r\nwarn: 2\r\ncontent-length: 2\r\n\r\n{}")
    async with _serving(twice) as url, make_client() as client:
        status, headers, body = await ask(client, "GET", url, {}, None)
    assert (status, headers["warn"], body) == (200, "1, 2", b"{}")


async def test_silence_is_a_read_timeout_when_a_limit_is_set() -> None:
    async with _serving(_silent) as url, make_client() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url, timeout=0.05)


async def test_cookies_are_not_kept() -> None:
    good = _writing(HEAD, b"set-cookie: a=1\r\ncontent-length: 2\r\n\r\n{}")
    async with _serving(good) as url, make_client() as client:
        await client.get(url)
        again = await client.get(url)
    assert "cookie" not in again.request.headers
    assert not client.cookies


async def test_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with _serving(_writing(moved)) as url, make_client() as client:
        assert (await client.get(url)).status_code == 302


async def test_proxy_of_the_environment_is_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_closed_port()}")
    good = _writing(HEAD, b"content-length: 2\r\n\r\n{}")
    async with _serving(good) as url, make_client() as client:
        assert (await client.get(url)).json() == {}
        with pytest.raises(httpx.ProxyError):
            await client.get("http://shop.invalid/")


async def test_closing_leaves_nothing_open() -> None:
    async with _serving(_writing(HEAD, b"content-length: 2\r\n\r\n{}")) as url:
        client = make_client()
        await client.get(url)
        await client.aclose()
        del client
        gc.collect()  # a forgotten session would warn here, and warnings are errors


async def test_client_that_was_never_used_closes_too() -> None:
    await make_client().aclose()


async def _silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
