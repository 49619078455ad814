"""A script of a bad day enters; ten providers that behave so leave, as one HTTP transport.

Bodies, headers and statuses have the shapes of each provider's own API; times are virtual.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from math import ceil, log
from random import Random
from typing import Any

import httpx

from benchmarks.virtual_time import START
from bot.providers.base import find_providers

HOUR_S = 3600.0
NEVER_S = 86400.0
REPLY = "Sí, con gusto le ayudo. ¿Qué producto busca?"


@dataclass(frozen=True)
class Trouble:
    """From hour to hour a provider behaves badly, in `share` of its calls.

    kind: "refuse", "reset", "hang", "drip", "slow", "error", "overloaded", "revoked", "quota",
    "gone".
    """

    start_h: float
    end_h: float
    kind: str
    share: float = 1.0


@dataclass
class Bucket:
    """A rate window that refills all the time, as most providers' do."""

    capacity: float
    period_s: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.capacity

    def take(self, now: float) -> float:
        """Seconds until a request would fit; 0 when this one does."""
        rate = self.capacity / self.period_s
        self.level = min(self.capacity, self.level + (now - self.at) * rate)
        self.at = now
        if self.level < 1:
            return (1 - self.level) / rate
        self.level -= 1
        return 0.0

    @property
    def full_in_s(self) -> float:
        return (self.capacity - self.level) / self.capacity * self.period_s


@dataclass
class Scripted:
    """One provider's day: its usual seconds a call, its troubles, its windows."""

    usual_s: float
    troubles: Sequence[Trouble] = ()
    minute: Bucket | None = None
    day: Bucket | None = None


def a_bad_day() -> dict[str, Scripted]:
    """The ten, in the order they are asked when the owner set none; each is needed at some hour."""
    network = Trouble(22, 22.25, "refuse")
    return {
        "groq": Scripted(
            0.6,
            (
                Trouble(2, 2.7, "overloaded"),
                Trouble(9.5, 10.2, "slow"),
                Trouble(14, 14.5, "hang"),
                network,
            ),
            minute=Bucket(30, 60),
            day=Bucket(800, 86400),
        ),
        "lmstudio": Scripted(
            3.5,
            (
                Trouble(0, 8, "refuse"),
                Trouble(8, 8.05, "hang"),
                Trouble(12.2, 12.5, "gone"),
                Trouble(16, 16.5, "hang"),
                Trouble(17.5, 24, "refuse"),
            ),
        ),
        "openai": Scripted(1.4, (Trouble(11, 24, "quota"), network)),
        "gemini": Scripted(
            0.9,
            (Trouble(15, 16.5, "overloaded"), network),
            minute=Bucket(15, 60),
            day=Bucket(150, 86400),
        ),
        "openrouter": Scripted(
            2.2,
            (Trouble(10, 11, "drip"), Trouble(16, 16.5, "drip"), network),
            day=Bucket(50, 86400),
        ),
        "ollama": Scripted(
            4.0, (Trouble(0, 9, "refuse"), Trouble(18.5, 18.8, "slow"), Trouble(19.2, 24, "refuse"))
        ),
        "mistral": Scripted(
            1.1,
            (Trouble(18.5, 18.8, "reset"), Trouble(20.5, 24, "revoked"), network),
            minute=Bucket(4, 60),
        ),
        "deepseek": Scripted(2.5, (Trouble(20, 20.3, "drip"), Trouble(21.2, 24, "quota"), network)),
        "together": Scripted(1.2, (Trouble(0, 24, "error", 0.3), network), minute=Bucket(6, 60)),
        "anthropic": Scripted(
            1.6,
            (Trouble(21, 21.3, "overloaded"), Trouble(23, 24, "revoked"), network),
            minute=Bucket(5, 60),
        ),
    }


class World:
    """Answers requests as the script says; `client` asks it.

    Args:
        day: may be used once: its windows fill.
    """

    def __init__(self, day: Mapping[str, Scripted], random: Random) -> None:
        self._day = day
        self._random = random
        self.client = httpx.AsyncClient(
            transport=httpx.MockTransport(self._handle),
            timeout=None,
        )

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.split(".")[0]
        script = self._day[name]
        now = asyncio.get_running_loop().time()
        kind = self._trouble(script, now)
        is_chat = request.method == "POST"
        strikes = is_chat or kind in ("refuse", "reset", "revoked", "hang", "gone")
        broken = await self._break(name, kind) if strikes else None
        if broken is not None:
            return broken
        if not is_chat:
            await asyncio.sleep(0.1)
            return httpx.Response(200, json=_listed(name))
        for window in (script.minute, script.day):
            if window is not None and (wait_s := window.take(now)):
                await asyncio.sleep(0.1)
                return _refused(name, window, wait_s)
        slow = 8.0 if kind == "slow" else 1.0
        await asyncio.sleep(slow * self._random.lognormvariate(log(script.usual_s), 0.35))
        told = script.day or script.minute
        headers = {} if told is None else _left(name, told, told.full_in_s)
        return httpx.Response(200, json=_answer(name), headers={"date": _date(), **headers})

    def _trouble(self, script: Scripted, now: float) -> str:
        for trouble in script.troubles:
            is_on = trouble.start_h <= now / HOUR_S < trouble.end_h
            if is_on and self._random.random() < trouble.share:
                return trouble.kind
        return ""

    async def _break(self, name: str, kind: str) -> httpx.Response | None:
        if kind == "refuse":
            raise httpx.ConnectError("refused") from ConnectionRefusedError()
        if kind == "reset":
            await asyncio.sleep(0.05)
            raise httpx.ReadError("reset") from ConnectionResetError()
        if kind == "hang":
            await asyncio.sleep(NEVER_S)
        if kind == "drip":
            return httpx.Response(200, stream=_Drip(name))
        if kind in FAULTS:
            await asyncio.sleep(0.15)
            status, body = FAULTS[kind].get(name, FAULTS[kind][""])
            return httpx.Response(status, json=body)
        return None


class _Drip(httpx.AsyncByteStream):
    """A good answer, one byte a second: no pause is long, and the whole takes minutes."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in json.dumps(_answer(self._name)).encode():
            await asyncio.sleep(1)
            yield bytes([byte])


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": kind}}


def _anthropic_error(message: str, kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _google_error(message: str, code: int, status: str, *details: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


# Kind of trouble → provider ("" for the others) → status and body.
FAULTS: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
    "error": {"": (500, _error("The server had an error", "server_error"))},
    "overloaded": {
        "": (503, _error("The engine is currently overloaded", "server_error")),
        "gemini": (503, _google_error("The model is overloaded.", 503, "UNAVAILABLE")),
        "anthropic": (529, _anthropic_error("Overloaded", "overloaded_error")),
    },
    "revoked": {
        "": (401, _error("Incorrect API key provided", "invalid_api_key")),
        "anthropic": (401, _anthropic_error("invalid x-api-key", "authentication_error")),
        "mistral": (401, {"detail": "Unauthorized"}),
    },
    "quota": {
        "": (429, _error("You exceeded your current quota", "insufficient_quota")),
        "deepseek": (402, _error("Insufficient Balance", "unknown_error")),
    },
    "gone": {"": (404, {"error": "No models loaded. Please load a model."})},
}


def _refused(name: str, window: Bucket, wait_s: float) -> httpx.Response:
    """A full window in the provider's own words."""
    headers = {"date": _date(), **_left(name, window, wait_s)}
    if name == "gemini":
        info = {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": f"{wait_s:.3f}s",
        }
        body = _google_error("You exceeded your quota", 429, "RESOURCE_EXHAUSTED", info)
    elif name == "openrouter":
        reset_ms = _instant(wait_s).timestamp() * 1000
        told = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{reset_ms:.0f}"}
        body = _error("Rate limit exceeded: free-models-per-day", "rate_limit")
        body["error"]["metadata"] = {"headers": told}
    elif name == "anthropic":
        body = _anthropic_error("This would exceed your rate limit", "rate_limit_error")
        headers["retry-after"] = f"{ceil(wait_s)}"
    elif name == "mistral":
        body = {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited"}
    else:
        said = f"Rate limit reached. Please try again in {_go_duration(wait_s)}."
        body = _error(said, "rate_limit_exceeded")
    return httpx.Response(429, json=body, headers=headers)


def _left(name: str, window: Bucket, reset_s: float) -> dict[str, str]:
    """What an answer's headers say of a window; each provider has names and times of its own."""
    limit, left = f"{window.capacity:.0f}", f"{int(window.level)}"
    if name in ("groq", "openai"):
        of, reset = "x-ratelimit-{}-requests", _go_duration(reset_s)
    elif name == "together":
        of, reset = "x-ratelimit-{}", f"{reset_s:.2f}"
    elif name == "anthropic":
        of, reset = "anthropic-ratelimit-requests-{}", _instant(reset_s).isoformat()
    elif name == "mistral":
        of, reset = "x-ratelimit-{}-req-minute", ""  # never tells its reset
    else:
        return {}
    told = {of.format("limit"): limit, of.format("remaining"): left}
    return {**told, of.format("reset"): reset} if reset else told


def _instant(ahead_s: float = 0.0) -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time() + ahead_s)


def _date() -> str:
    return format_datetime(_instant(), usegmt=True)


def _go_duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.2f}s" if minutes else f"{rest:.2f}s"


def _answer(name: str) -> dict[str, Any]:
    if name == "anthropic":
        return {
            "model": "claude-haiku-4-5",
            "content": [{"type": "text", "text": REPLY}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1200, "output_tokens": 40},
        }
    if name == "gemini":
        return {
            "candidates": [{"content": {"parts": [{"text": REPLY}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 1200, "candidatesTokenCount": 40},
        }
    if name == "ollama":
        return {
            "message": {"role": "assistant", "content": REPLY},
            "done": True,
            "prompt_eval_count": 1200,
            "eval_count": 40,
        }
    return {
        "choices": [{"message": {"role": "assistant", "content": REPLY}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 40, "total_tokens": 1240},
    }


def _listed(name: str) -> dict[str, Any]:
    if name in ("gemini", "ollama"):
        return {"models": [{"name": model_of(name), "model": model_of(name)}]}
    return {"data": [{"id": model_of(name)}]}


def model_of(name: str) -> str:
    """The model each is asked for: its default, so that prices are known."""
    return find_providers()[name].default_model or "a-model"
