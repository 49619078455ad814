"""Failures named: an HTTP answer, or the exception that came instead, becomes one ProviderError.

What the answer says decides before its status does, because statuses lie: 429 may be an empty
purse, 400 a bad key, 200 a crash. One table of rules serves every provider, because routers repeat
the words of those behind them.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from bot.providers import bodies
from bot.providers.bodies import Fault
from bot.providers.failure_rules import find_rule
from bot.providers.failure_words import RULES
from bot.providers.waits import read_wait_s
from core.errors import ProviderError, provider_error

_RETRYABLE = frozenset({"rate_limit", "timeout", "server", "validation"})
_MAY_WAIT = frozenset({"rate_limit", "quota", "server", "timeout"})


_HEADER = re.compile(r"illegal header value|in headers?\b.*security", re.IGNORECASE)
_STATUS_CLASSES = {
    401: "auth",
    402: "quota",
    403: "auth",
    405: "config",
    407: "network",
    408: "timeout",
    410: "model_not_found",
    413: "bad_request",
    424: "server",
    429: "rate_limit",
    451: "auth",
    498: "server",
    499: "timeout",
    504: "timeout",
    511: "network",
    524: "timeout",
}


def read_failure(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    provider: str,
    model: str | None,
    inner: Any | None = None,
) -> ProviderError:
    """The error an answer stands for.

    Args:
        status: of the answer; an error inside a 2xx may name its own.
        headers: lower-case names.
        body: as it came.
        inner: the error object found inside a 2xx, when that is where it stands.
    """
    payload = bodies.parse(body) if inner is None else inner
    fault = bodies.describe_body(body, payload)
    meant = fault.status or 200 if 200 <= status < 300 else status
    rule = None if meant == 413 else find_rule(RULES, meant, fault.codes, fault.text)
    error_class = rule.error_class if rule else _class_of_status(meant, fault)
    retry_same = rule.retry_same if rule else None
    if retry_same is None:
        retry_same = error_class in _RETRYABLE and headers.get("x-should-retry") != "false"
    waits = error_class in _MAY_WAIT
    return provider_error(
        f"HTTP {status}: {fault.summary}" if fault.summary else f"HTTP {status}",
        provider=provider,
        model=model,
        status=status,
        error_class=error_class,
        retry_after_s=read_wait_s(headers, payload, fault.text) if waits else None,
        retry_same=retry_same,
        too_long=meant == 413 or (rule is not None and rule.too_long),
    )


def read_break(
    error: Exception, *, provider: str, model: str | None, timeout_s: float
) -> ProviderError:
    """The error an exception of the exchange stands for: no HTTP answer came, or not all of it."""
    error_class, cause, retry_same = _name_break(error, timeout_s)
    return provider_error(
        cause, provider=provider, model=model, error_class=error_class, retry_same=retry_same
    )


def _name_break(error: Exception, timeout_s: float) -> tuple[str, str, bool]:
    causes = list(_chain(error))
    if any(isinstance(cause, TimeoutError | httpx.TimeoutException) for cause in causes):
        return "timeout", f"no answer within {timeout_s:g} s", True
    if isinstance(error, UnicodeError) or _HEADER.search(str(error)):
        # Header values are one line of ASCII; the only one from the settings is the key.
        return "auth", "the key holds characters no key has", False
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return "config", "the address cannot be used", False
    if isinstance(error, httpx.DecodingError):
        return "validation", "the body cannot be decompressed", True
    for kind, cause, retry_same in _NETWORK_CAUSES:
        if any(isinstance(found, kind) for found in causes):
            return "network", cause, retry_same
    if isinstance(error, httpx.HTTPError):
        return "network", "broken", True
    return "config", "the request cannot be sent", False


_NETWORK_CAUSES: tuple[tuple[type[BaseException], str, bool], ...] = (
    (httpx.ProxyError, "proxy", False),
    (socket.gaierror, "dns", False),
    (ssl.SSLError, "tls", False),
    (ssl.CertificateError, "tls", False),
    (ConnectionRefusedError, "refused", False),
    (ConnectionResetError, "reset", True),
    (BrokenPipeError, "reset", True),
    (httpx.ConnectError, "unreachable", False),
    (httpx.RemoteProtocolError, "disconnected", True),
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what caused it; aiohttp keeps the system's own error in `os_error`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = getattr(error, "os_error", None)
        if isinstance(inner, BaseException):
            yield inner
        error = error.__cause__ or error.__context__


def _class_of_status(status: int, fault: Fault) -> str:
    if status in _STATUS_CLASSES:
        return _STATUS_CLASSES[status]
    if status == 404:
        # An API names what it lacks; a page or silence means nobody speaks this API there.
        return "model_not_found" if re.search(r"\bmodels?\b", fault.text, re.I) else "config"
    if 300 <= status < 400:
        return "config"
    if status >= 500:
        return "server"
    return "bad_request" if status >= 400 else _class_of_words(fault)


def _class_of_words(fault: Fault) -> str:
    """The class of an error inside a 200 that names no status."""
    return "bad_request" if re.search(r"invalid_(request|argument)", fault.codes) else "server"
