"""The guarded download keeps its limits whatever the server does."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from core.errors import FetchFailed
from core.fetch import Fetched, Version, fetch

OUTSIDE = "http://93.184.216.34/list.csv"
HOME = "http://127.0.0.1:8099/list.csv"
Answer = Callable[[httpx.Request], httpx.Response]


async def get(answer: Answer, address: str = HOME, seen: Version | None = None) -> Fetched:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await fetch(client, address, timeout_s=5, max_bytes=1000, seen=seen)


async def failure(answer: Answer, address: str = HOME) -> str:
    with pytest.raises(FetchFailed) as caught:
        await get(answer, address)
    return caught.value.kind


def ok(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"a,b", headers={"etag": '"1"', "last-modified": "then"})


async def test_what_an_address_holds_comes_with_its_version() -> None:
    assert await get(ok) == Fetched(b"a,b", Version('"1"', "then"))


async def test_what_was_seen_is_asked_for_only_when_it_is_newer() -> None:
    asked: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers)
        return httpx.Response(304)

    assert (await get(answer, seen=Version('"1"', "then"))).body is None
    assert (asked[0]["if-none-match"], asked[0]["if-modified-since"]) == ('"1"', "then")


async def test_a_redirect_is_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        moved = httpx.Response(307, headers={"location": "/real.csv"})
        return ok(request) if request.url.path == "/real.csv" else moved

    assert (await get(answer)).body == b"a,b"


async def test_redirects_come_to_an_end() -> None:
    loop = httpx.Response(302, headers={"location": HOME})
    assert await failure(lambda _: loop) == "too_many_redirects"


async def test_a_redirect_does_not_lead_from_outside_to_the_inside() -> None:
    moved = httpx.Response(302, headers={"location": "http://169.254.169.254/secrets"})
    assert await failure(lambda _: moved, "http://93.184.216.34/list.csv") == "redirect_inside"


INSIDE = [
    "127.0.0.1",
    "10.0.0.7",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]


@pytest.mark.parametrize("host", INSIDE)
async def test_no_spelling_of_an_inner_address_is_redirected_to(host: str) -> None:
    moved = httpx.Response(302, headers={"location": f"http://{host}:8080/secrets"})
    assert await failure(lambda _: moved, OUTSIDE) == "redirect_inside"


async def test_a_redirect_leads_to_the_very_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[httpx.Request] = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(None, None, None, "", ("93.184.216.35", port))]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        moved = httpx.Response(302, headers={"location": "https://other.example:444/list.csv"})
        return ok(request) if len(asked) == 2 else moved

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    await get(answer, OUTSIDE)
    assert (asked[1].url.host, asked[1].headers["host"]) == ("93.184.216.35", "other.example:444")
    assert asked[1].extensions["sni_hostname"] == "other.example"


def packed(body: bytes, times: int = 1) -> httpx.Response:
    words = ", ".join(["gzip"] * times)
    for _ in range(times):
        body = gzip.compress(body)
    stream = httpx.ByteStream(body)
    return httpx.Response(200, headers={"content-encoding": words}, stream=stream)


def cut(answer: httpx.Response) -> httpx.Response:
    whole = b"".join(answer.iter_raw())
    return httpx.Response(200, headers=answer.headers, stream=httpx.ByteStream(whole[:-9]))


async def test_a_packed_body_is_unpacked() -> None:
    assert (await get(lambda _: packed(b"a,b"))).body == b"a,b"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(packed(bytes(10_000_000)), "too_large", id="a bomb"),
        pytest.param(packed(bytes(10_000_000), 2), "unreachable", id="a bomb in a bomb"),
        pytest.param(cut(packed(b"a,b")), "unreachable", id="cut short"),
    ],
)
async def test_what_unpacks_without_an_end_is_left(answer: httpx.Response, kind: str) -> None:
    assert await failure(lambda _: answer) == kind


async def test_a_body_is_measured_as_it_comes() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 400

    assert await failure(lambda _: httpx.Response(200, content=endless())) == "too_large"
    assert taken < 10


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_any_other_status_is_a_failure(status: int) -> None:
    assert await failure(lambda _: httpx.Response(status)) == "status"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x.example/a", "https://"])
async def test_only_the_web_is_read(address: str) -> None:
    assert await failure(ok, address) == "not_http"


async def test_who_does_not_answer_is_named_unreachable() -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert await failure(refuse) == "unreachable"


async def test_a_server_that_stalls_costs_no_more_than_the_limit() -> None:
    async def stall() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=stall()))
    ) as client:
        with pytest.raises(FetchFailed) as caught:
            await fetch(client, HOME, timeout_s=0.05, max_bytes=1000)
    assert caught.value.kind == "timeout"
