"""The HTTP client every outside call goes through: nothing enters, one httpx.AsyncClient leaves.

It speaks httpx on an aiohttp connection pool, which stays fast with a thousand calls in flight.
What is asked many times a second goes to that pool directly (`ask`), for half the processor time.
The transport underneath reports nearly every failure as a connect timeout and lets some of
aiohttp's own exceptions through; here each becomes the httpx exception it is.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from core.fetch import read_body

MOST_BYTES = 4 * 1024 * 1024
"""Of a body that is read as a whole."""
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PATIENT = aiohttp.ClientTimeout()
_Answer = tuple[int, dict[str, str], bytes]

# The first that fits decides; those that inherit from others stand before them.
_TRUE_ERRORS: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientOSError, httpx.ReadError),
    (aiohttp.ClientConnectionResetError, httpx.ReadError),
    (aiohttp.ServerFingerprintMismatch, httpx.ConnectError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.ReadError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.ReadError),
    (OSError, httpx.ReadError),
)


async def ask(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    max_bytes: int = MOST_BYTES,
    timeout: aiohttp.ClientTimeout = _PATIENT,  # noqa: ASYNC109  # made once, not for each call
) -> _Answer:
    """Send one request and read the whole answer, without what httpx does in between.

    Args:
        client: one of `make_client`; any other is asked in httpx's own way.
        headers: all but those of the connection; what is not ASCII is refused.
        timeout: of the steps towards a connection; the whole call is the caller's to limit.
    Returns:
        Status, headers with names in lower case, and the body unpacked; of a larger one
        `max_bytes` + 1.
    Raises:
        httpx.HTTPError, httpx.InvalidURL: as httpx itself.
        ValueError: a header cannot be sent.
    """
    if isinstance(client, _Client):
        return await client.ask(method, url, headers, body, max_bytes, timeout)
    request = httpx.Request(method, url, headers=headers, content=body)
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        return await _read(response.status_code, response.headers.raw, response.stream, max_bytes)
    finally:
        await response.aclose()


async def _read(
    status: int, raw_headers: Iterable[tuple[bytes, bytes]], source: Any, max_bytes: int
) -> _Answer:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    packing = headers.get("content-encoding", "")
    return status, headers, await read_body(source, packing, max_bytes)


def make_client() -> httpx.AsyncClient:
    """Build the client; its connections belong to the event loop of its first request.

    It sets no time limits (callers do, over the exchange as a whole), keeps no cookies, follows no
    redirects, and goes through the environment's proxy except to this machine itself. Close it
    with `aclose`.
    """
    context = httpx.create_ssl_context()
    # Trusting the environment costs two thread switches a request: only where it names a proxy.
    return _Client(
        near=Transport(context, trust_env=False),
        far=Transport(context, trust_env=bool(getproxies())),
    )


class _Client(httpx.AsyncClient):
    """Hands requests straight to their transport.

    What httpx does around that for browsers (cookies, sign-in, redirects) takes as long as the rest
    of a request, and is nothing a provider's API may ask of us.
    """

    def __init__(self, *, near: Transport, far: Transport) -> None:
        super().__init__(transport=far, mounts={"all://localhost": near}, timeout=None)
        self._near, self._far = near, far

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> _Answer:
        """As the function `ask`."""
        address, is_near = _parsed(url)
        for value in headers.values():
            value.encode("ascii")  # aiohttp would send anything as UTF-8
        transport = self._near if is_near else self._far
        with _true_errors():
            async with transport.session().request(
                method,
                address,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                source = response.content.iter_any()
                return await _read(response.status, response.raw_headers, source, max_bytes)

    async def send(
        self, request: httpx.Request, *, stream: bool = False, auth: Any = None, **_unused: Any
    ) -> httpx.Response:
        """As httpx's own, but `auth` is a pair of name and password or nothing."""
        if isinstance(auth, tuple):
            request = next(httpx.BasicAuth(*auth).auth_flow(request))
        is_near = request.url.host in _LOOPBACK
        response = await (self._near if is_near else self._far).handle_async_request(request)
        response.request = request
        return response if stream else await _whole(response)


@lru_cache(maxsize=64)
def _parsed(url: str) -> tuple[str, bool]:
    """The address, and whether it is this machine; parsing takes longer than to send a request."""
    known = httpx.URL(url)
    if known.scheme not in ("http", "https") or not known.host:
        raise httpx.UnsupportedProtocol("not an address of http")
    return str(known), known.host in _LOOPBACK


async def _whole(response: httpx.Response) -> httpx.Response:
    """The response with its body read.

    Raises:
        httpx.ReadError: it is larger than any answer has to be.
    """
    try:
        packing = response.headers.get("content-encoding", "")
        body = await read_body(response.stream, packing, MOST_BYTES)
    finally:
        await response.aclose()
    if len(body) > MOST_BYTES:
        raise httpx.ReadError(f"more than {MOST_BYTES} bytes")
    headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_WIRE}
    return httpx.Response(
        response.status_code, headers=headers, content=body, request=response.request
    )


class Transport(AiohttpTransport):
    """httpx-aiohttp's transport on a session of ours, with true errors."""

    def __init__(self, context: ssl.SSLContext, *, trust_env: bool) -> None:
        super().__init__(verify=context, client=self._open)
        self._context = context
        self._trust_env = trust_env

    def _open(self) -> aiohttp.ClientSession:
        """Called on the first request, because a session needs the running loop."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._context),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=self._trust_env,
            auto_decompress=False,
        )

    def session(self) -> aiohttp.ClientSession:
        """What the requests of this transport share."""
        if not isinstance(self.client, aiohttp.ClientSession):
            self.client = self._open()
        return self.client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _true_errors():
            response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Stream(response.stream)
        return response


class _Stream(httpx.AsyncByteStream):
    """A response's body, with true errors."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _true_errors():
            async for chunk in self._inner:
                yield chunk

    async def aclose(self) -> None:
        with _true_errors():
            await self._inner.aclose()


@contextlib.contextmanager
def _true_errors() -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
        # What the httpx transport has already renamed still carries the original as its cause.
        source = error.__cause__ if isinstance(error, httpx.TransportError) else error
        for kind, true_kind in _TRUE_ERRORS:
            if isinstance(source, kind):
                raise true_kind(str(source)) from source
        raise
