"""The wire under Twilio's SDK: the SDK's requests enter our httpx client, its answers leave.

Kept apart because importing the SDK costs 0.2 s and some 30 MB; only a built channel pays that.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp
import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from bot.channels.twilio_codes import RATE_S
from bot.providers.http import ask
from core.errors import DeliveryUnavailable, DeliveryUnknown

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
_TIMEOUT = aiohttp.ClientTimeout(connect=CONNECT_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
"""The limit of the whole call is the channel's; this one tells "not reached" apart."""

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Nothing was written to Twilio; every other transport error may come after it read the request."""


class HttpxClient(AsyncHttpClient):  # type: ignore[misc]  # the SDK has no types
    """Performs the SDK's requests with a shared httpx client.

    Args:
        client: shared; closed by whoever built it.
        auth_tokens: tried in turn when one is refused (two during a rotation); at least one.
        api_base_url: replaces scheme, host and port of every address, and goes before its path;
            None means Twilio's own.
    """

    def __init__(
        self, client: httpx.AsyncClient, auth_tokens: Sequence[str], api_base_url: str | None
    ) -> None:
        super().__init__(log, True)
        self._client = client
        self._tokens = tuple(auth_tokens)
        self._api_base_url = api_base_url
        self._date = ""

    @property
    def answered_at(self) -> datetime | None:
        """What Twilio's clock showed at its last answer; None when it did not say."""
        try:
            return parsedate_to_datetime(self._date).astimezone(UTC)
        except ValueError:
            return None

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the SDK's signature
        allow_redirects: bool = False,
    ) -> Response:
        """Perform one request of the SDK.

        Raises:
            DeliveryUnavailable: Twilio certainly did not act on it.
            DeliveryUnknown: it may have.
        """
        account_sid = auth[0] if auth else ""
        address = move(url, self._api_base_url)
        if params:
            address += ("&" if "?" in address else "?") + urlencode(params)
        body = urlencode(data).encode() if data else None
        for token in self._tokens:
            named = {**(headers or {}), "Accept-Encoding": "gzip"}
            named["Authorization"] = _basic(account_sid, token)
            answer = await self._exchange(method, address, named, body)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                self._prefer(token)
                break
        return answer

    async def _exchange(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        try:
            status, answered, content = await ask(
                self._client, method, address, headers, body, timeout=_TIMEOUT
            )
        except _NEVER_LEFT as error:
            raise DeliveryUnavailable(f"twilio not reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise DeliveryUnknown(f"twilio gave no answer: {type(error).__name__}") from error
        self._date = answered.get("date", "")
        if status == httpx.codes.TOO_MANY_REQUESTS:
            # Here because the SDK's own error drops the headers.
            wait_s = _wait_s(answered.get("retry-after", ""))
            raise DeliveryUnavailable("twilio 429", code=20429, retry_after_s=wait_s)
        return Response(status, content.decode("utf-8", "replace"), answered)

    def _prefer(self, token: str) -> None:
        if token != self._tokens[0]:
            self._tokens = (token, *(other for other in self._tokens if other != token))


def _basic(account_sid: str, token: str) -> str:
    return "Basic " + b64encode(f"{account_sid}:{token}".encode()).decode()


@lru_cache(maxsize=16)
def move(url: str, api_base_url: str | None) -> str:
    """The same path and query at another base address."""
    if not api_base_url:
        return url
    base = urlsplit(api_base_url)
    parts = urlsplit(url)
    path = base.path.rstrip("/") + parts.path
    return urlunsplit((base.scheme, base.netloc, path, parts.query, ""))


def _wait_s(retry_after: str) -> float:
    """Retry-After in seconds (Twilio sends no dates), else a wait of our own."""
    text = retry_after.strip()
    return float(text) if text.isdecimal() and len(text) < 7 else RATE_S
