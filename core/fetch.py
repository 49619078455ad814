"""The one guarded download: an address and its limits enter, what it holds or why not leaves."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass

import httpx

from core.errors import FetchFailed

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_UNCHANGED = 304


@dataclass(frozen=True, slots=True)
class Version:
    """How a server names what it sent; "" where it does not."""

    etag: str = ""
    last_modified: str = ""

    def as_condition(self) -> dict[str, str]:
        """The headers that ask for something newer only."""
        given = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address holds; `body` None means nothing newer than the version asked about."""

    body: bytes | None
    version: Version


async def fetch(
    client: httpx.AsyncClient,
    address: str,
    *,
    timeout_s: float,
    max_bytes: int,
    seen: Version | None = None,
) -> Fetched:
    """Download what an address of the owner's own choice holds.

    The address may be of this network, since the owner chose it; a redirect may not lead there from
    outside.

    Args:
        timeout_s: limit of everything together, redirects included.
        max_bytes: most bytes of body, unpacked.
        seen: what is there already.
    Raises:
        FetchFailed: not reached, refused, too large, or not http.
    """
    headers = {"user-agent": "mostrador", "accept-encoding": "gzip"}
    if seen is not None:
        headers |= seen.as_condition()
    try:
        async with asyncio.timeout(timeout_s):
            return await _follow(client, _parsed(address), headers, max_bytes)
    except TimeoutError:
        raise FetchFailed("timeout", limit_s=f"{timeout_s:g}") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise FetchFailed("unreachable", reason=type(error).__name__) from error


def _parsed(address: str) -> httpx.URL:
    url = httpx.URL(address)
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchFailed("not_http")
    return url


async def _follow(
    client: httpx.AsyncClient, url: httpx.URL, headers: dict[str, str], max_bytes: int
) -> Fetched:
    first = url
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(httpx.Request("GET", url, headers=headers), stream=True)
        try:
            if response.status_code not in _REDIRECTS:
                return await _read(response, max_bytes)
            url = _parsed(str(url.join(response.headers.get("location", ""))))
        finally:
            await response.aclose()
        if url.host != first.host and await _is_inside(url) and not await _is_inside(first):
            raise FetchFailed("redirect_inside")
    raise FetchFailed("too_many_redirects")


async def _read(response: httpx.Response, max_bytes: int) -> Fetched:
    version = Version(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    if response.status_code == _UNCHANGED:
        return Fetched(None, version)
    if response.status_code != 200:
        raise FetchFailed("status", status=response.status_code)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise FetchFailed("too_large", limit_mb=max_bytes // 1024**2)
    return Fetched(bytes(body), version)


async def _is_inside(url: httpx.URL) -> bool:
    """Whether a host is of this machine or a private network."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, url.port or 443)
    addresses = (ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found)
    return any(not address.is_global for address in addresses)
