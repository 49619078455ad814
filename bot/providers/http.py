"""The HTTP client every outside call goes through: nothing enters, one httpx.AsyncClient leaves.

It speaks httpx on an aiohttp connection pool, which stays fast with a thousand calls in flight.
The transport underneath reports nearly every failure as a connect timeout and lets some of
aiohttp's own exceptions through; here each becomes the httpx exception it is.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")

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


def make_client() -> httpx.AsyncClient:
    """Build the client; its connections belong to the event loop of its first request.

    It sets no time limits (callers do, over the exchange as a whole), keeps no cookies, follows no
    redirects, and goes through the environment's proxy except to this machine itself. Close it
    with `aclose`.
    """
    context = httpx.create_ssl_context()
    direct = _Transport(context, trust_env=False)
    # Trusting the environment costs two thread switches a request: only where it names a proxy.
    is_proxied = bool(getproxies())
    return httpx.AsyncClient(
        transport=_Transport(context, trust_env=True) if is_proxied else direct,
        mounts=dict.fromkeys(_LOOPBACK, direct) if is_proxied else None,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=None,  # noqa: S113
    )


class _Transport(AiohttpTransport):
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
        )

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
        # What the transport has already renamed still carries the original as its cause.
        source = error.__cause__ if isinstance(error, httpx.TransportError) else error
        for kind, true_kind in _TRUE_ERRORS:
            if isinstance(source, kind):
                raise true_kind(str(source)) from source
        raise
