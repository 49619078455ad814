"""Failures named: an HTTP answer, or the exception that came instead, becomes one ProviderError.

Rules are read from the top and the first that fits decides; a status decides when none does. They
look at words and codes of any provider, because routers repeat the words of those behind them.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.providers import bodies
from bot.providers.bodies import Fault
from bot.providers.waits import read_wait_s
from core.errors import ProviderError, provider_error

_RETRYABLE = frozenset({"rate_limit", "timeout", "server", "validation"})
_MAY_WAIT = frozenset({"rate_limit", "quota", "server", "timeout"})


@dataclass(frozen=True, slots=True)
class _Rule:
    """`codes` and `text` are searched for (either may fit); `statuses` narrows it, empty: any."""

    error_class: str
    codes: str = r"(?!)"
    text: str = r"(?!)"
    statuses: frozenset[int] = frozenset()
    retry_same: bool | None = None

    def fits(self, status: int, fault: Fault) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        return bool(_find(self.codes, fault.codes) or _find(self.text, fault.text))


_ASKED_WRONG = frozenset({400, 401, 403, 404, 422})

_RULES = (
    # Larger than a window as a whole: it never passes, though its code speaks of a rate limit.
    _Rule(
        "bad_request",
        codes=r"context_length_exceeded|string_above_max_length|request_too_large",
        text=r"request (entity |size )?(is )?too large|(maximum|max) context|context (length|window|size)"
        r"|prompt is too long|input (is )?too long|n_keep|exceeds? the available context",
    ),
    _Rule(
        "bad_request",
        codes=r"content_?filter|content_policy|moderation|responsible_?ai|prohibited_content"
        r"|data_inspection|\bsafety\b",
        text=r"content (management )?polic|moderation|was flagged|safety system|content exists risk",
    ),
    _Rule("bad_request", text=r"no endpoints found that support"),
    _Rule(
        "quota",
        codes=r"insufficient_(quota|balance|credits?|funds)|billing_|payment_required",
        text=r"credits? ?(balance )?(is |are |has been |have been )?(too low|depleted|exhausted|used up)"
        r"|insufficient (account )?(balance|credits?|funds|quota)|can only afford|more credits"
        r"|\blimit: 0(?![\d.])|account is not active|spend(ing)? limit|hard limit has been|out of credits"
        r"|key limit exceeded|payment required|past due|negative balance",
    ),
    _Rule("server", text=r"system memory|out of memory|insufficient (system )?(resources|memory|vram)"
          r"|failed to load (the )?model", retry_same=False),
    _Rule(
        "server",
        codes=r"overloaded|over_capacity|capacity_(exceeded|exhausted)|engine_overloaded",
        text=r"over ?capacity|capacity (is )?(exceeded|exhausted)|(no|insufficient|out of) capacity"
        r"|overloaded|high (demand|load)|server is busy",
    ),
    _Rule(
        "model_not_found",
        codes=r"model_(not_found|decommissioned|not_available|not_exist|deprecated)",
        text=r"\bmodels?\b.{0,160}?(not found|(does )?not exist|decommissioned|has been (retired|deprecated)"
        r"|no longer (supported|available)|is not (available|supported|loaded)|not a valid model)"
        r"|not a valid model|no models? (is |are )?(currently )?loaded|multiple models are loaded"
        r"|(does not|do not|don't) have access to (the )?model|non-serverless model|unknown model"
        r"|invalid model|no endpoints found for|no allowed providers|try pulling|model unloaded",
        statuses=frozenset({*_ASKED_WRONG, 410, 500}),
    ),
    _Rule(
        "validation",
        codes=r"tool_use_failed|json_validate_failed|output_parse_failed",
        text=r"tool call validation failed|failed to (parse|generate|validate) (tool|json)",
    ),
    _Rule(
        "rate_limit",
        codes=r"rate_?limit|too_many_requests|resource_exhausted|throttl|per_?(minute|day|hour)",
        text=r"rate.?limit|too many requests|(queries|requests|tokens) per |concurrency limit",
        statuses=frozenset({429, 403, 503}),
    ),
    _Rule(
        "quota",
        codes=r"credit_limit|quota",
        text=r"credit limit|exceeded your current quota|quota (has been )?exceeded|\bbilling\b|prepay",
        statuses=frozenset({400, 402, 403, 429}),
    ),
    _Rule(
        "config",
        codes=r"unknown_url|invalid_url",
        text=r"unknown request url|invalid url|unexpected endpoint|page not found|no route|^not found$"
        r"|cannot (get|post) /|http request (was sent )?to (an )?https",
        statuses=frozenset({200, 400, 404, 405}),
    ),
    _Rule(
        "auth",
        codes=r"api_?key|authentication|unauthori[sz]ed|unauthenticated|permission|deactivated"
        r"|unsupported_country",
        text=r"(invalid|incorrect|missing|expired|malformed|leaked|no|wrong) (x-)?api.?key"
        r"|api.?key (is |was |not )?(invalid|not valid|valid|missing|expired|required|leaked|reported)"
        r"|unauthori[sz]ed|no auth credentials|user location is not supported"
        r"|(country|region|territory).{0,40}not supported|account.{0,40}(deactivated|suspended)",
        statuses=frozenset({200, *_ASKED_WRONG}),
    ),
)  # fmt: skip

_STATUS_CLASSES = {
    401: "auth",
    402: "quota",
    403: "auth",
    405: "config",
    407: "network",
    408: "timeout",
    410: "model_not_found",
    429: "rate_limit",
    498: "server",
    504: "timeout",
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
    rule = (
        None if meant == 413 else next((rule for rule in _RULES if rule.fits(meant, fault)), None)
    )
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
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return "config", "the address cannot be used", False
    if isinstance(error, UnicodeError):
        # Header values are ASCII; ours come from the settings.
        return "auth", "the key holds characters no key has", False
    if isinstance(error, httpx.DecodingError):
        return "validation", "the body cannot be decompressed", True
    for kind, cause, retry_same in _NETWORK_CAUSES:
        if any(isinstance(found, kind) for found in causes):
            return "network", cause, retry_same
    return ("network", "broken", True) if isinstance(error, httpx.HTTPError) else (
        "config", "the request cannot be sent", False)  # fmt: skip


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
    """The exception and what caused it; aiohttp keeps the operating system's error in `os_error`."""
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
        return "model_not_found" if _find(r"\bmodels?\b", fault.text) else "config"
    if 300 <= status < 400:
        return "config"
    if status >= 500:
        return "server"
    return "bad_request" if status >= 400 else _class_of_words(fault)


def _class_of_words(fault: Fault) -> str:
    """The class of an error inside a 200 that names no status."""
    return "bad_request" if _find(r"invalid_request|invalid_argument", fault.codes) else "server"


def _find(pattern: str, words: str) -> bool:
    return bool(words) and re.search(pattern, words, re.IGNORECASE) is not None
