"""The wire under Twilio's SDK: the SDK's requests enter our httpx client, its answers leave.

Kept apart because importing the SDK costs 0.2 s and some 30 MB; only a built channel pays that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from bot.channels.twilio_codes import RATE_S
from core.errors import DeliveryUnavailable, DeliveryUnknown

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0

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
        for token in self._tokens:
            answer = await self._exchange(method, url, params, data, headers, (account_sid, token))
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                self._prefer(token)
                break
        return Response(answer.status_code, answer.text, answer.headers)

    async def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None,
        data: Mapping[str, object] | None,
        headers: Mapping[str, str] | None,
        auth: tuple[str, str],
    ) -> httpx.Response:
        try:
            answer = await self._client.request(
                method,
                move(url, self._api_base_url),
                # httpx reads an empty mapping as "remove the query"; the SDK's next page has one.
                params=params or None,  # type: ignore[arg-type]  # str and int only
                data=data or None,
                headers=headers,
                auth=auth,
                follow_redirects=False,
                # The limit of the whole call is the channel's; this one tells "not reached" apart.
                timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S, pool=CONNECT_TIMEOUT_S),
            )
        except _NEVER_LEFT as error:
            raise DeliveryUnavailable(f"twilio not reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise DeliveryUnknown(f"twilio gave no answer: {type(error).__name__}") from error
        self._date = answer.headers.get("date", "")
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            # Here because the SDK's own error drops the headers.
            raise DeliveryUnavailable("twilio 429", code=20429, retry_after_s=_wait_s(answer))
        return answer

    def _prefer(self, token: str) -> None:
        if token != self._tokens[0]:
            self._tokens = (token, *(other for other in self._tokens if other != token))


def move(url: str, api_base_url: str | None) -> str:
    """The same path and query at another base address."""
    if not api_base_url:
        return url
    base = urlsplit(api_base_url)
    parts = urlsplit(url)
    path = base.path.rstrip("/") + parts.path
    return urlunsplit((base.scheme, base.netloc, path, parts.query, ""))


def _wait_s(answer: httpx.Response) -> float:
    """Retry-After in seconds (Twilio sends no dates), else a wait of our own."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isdecimal() and len(text) < 7 else RATE_S
