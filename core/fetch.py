"""The one guarded download: an address and its limits enter, what it holds or why not leaves."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from dataclasses import dataclass
from typing import Any

import httpx

from core.errors import FetchFailed

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_UNCHANGED = 304
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


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
    first, way = url, None
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(_request(url, headers, way), stream=True)
        try:
            if response.status_code not in _REDIRECTS:
                return await _read(response, max_bytes)
            url = _parsed(str(url.join(response.headers.get("location", ""))))
        finally:
            await response.aclose()
        way = await _way_to(url, first)
    raise FetchFailed("too_many_redirects")


def _request(url: httpx.URL, headers: dict[str, str], way: str | None) -> httpx.Request:
    if way is None:
        return httpx.Request("GET", url, headers=headers)
    host = url.netloc.decode("ascii").rpartition("@")[2]
    return httpx.Request(
        "GET",
        url.copy_with(host=way),
        headers=headers | {"host": host},
        extensions={"sni_hostname": url.host},
    )


async def _read(response: httpx.Response, max_bytes: int) -> Fetched:
    version = Version(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    if response.status_code == _UNCHANGED:
        return Fetched(None, version)
    if response.status_code != 200:
        raise FetchFailed("status", status=response.status_code)
    packing = response.headers.get("content-encoding", "")
    body = await read_body(response.stream, packing, max_bytes)
    if len(body) > max_bytes:
        raise FetchFailed("too_large", limit_mb=max_bytes // 1024**2)
    return Fetched(body, version)


async def read_body(source: Any, packing: str, max_bytes: int) -> bytes:
    """What a server sent, unpacked; of a larger body one byte more than `max_bytes`.

    Never more than that is held: httpx itself unpacks a piece as a whole, and packings inside each
    other, so that two kilobytes become a gigabyte.

    Args:
        source: its pieces as they come; httpx's own readers are slow, and unpack without a limit.
        packing: Content-Encoding.
    Raises:
        httpx.DecodingError: packed in a way nobody asked for, or damaged.
    """
    unpack = _unpacker(packing)
    body = bytearray()
    async for chunk in source:
        try:
            body += unpack.decompress(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        if len(body) > max_bytes:
            return bytes(body[: max_bytes + 1])
    if unpack and body and not unpack.eof:
        raise httpx.DecodingError("cut short")
    return bytes(body)


def _unpacker(packing: str) -> Any:
    word = packing.strip().lower()
    if word in ("", "identity"):
        return None
    if word not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"packed as {word[:20]}")
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say


async def _way_to(url: httpx.URL, first: httpx.URL) -> str | None:
    """The one address a redirect may be followed to; None: any its name stands for.

    Whoever comes from outside is not led inside. The address looked at is the one connected to,
    since a name may stand for another one a moment later.

    Raises:
        FetchFailed: it leads from outside to this machine or a private network.
    """
    if url.host == first.host or not all(map(_is_outside, await _addresses(first))):
        return None
    found = await _addresses(url)
    if not all(map(_is_outside, found)):
        raise FetchFailed("redirect_inside")
    return str(found[0])


async def _addresses(url: httpx.URL) -> list[Address]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def _is_outside(address: Address) -> bool:
    """Whether it is of the public internet; of one that wraps an IPv4 address, both."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(one.is_global for one in wrapped if one is not None)
