"""A script of a bad day enters; ten providers that behave so leave, as one HTTP transport.

Bodies, headers and statuses have the shapes of each provider's own API; times are virtual.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
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

    kind: "refuse", "reset", "hang", "drip", "slow", "overloaded", "revoked", "quota", "gone".
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
    """The ten, in the order they are asked when the owner set none."""
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
                Trouble(20, 24, "refuse"),
            ),
        ),
        "openai": Scripted(1.4, (Trouble(11, 24, "quota"), network)),
        "gemini": Scripted(
            0.9,
            (Trouble(15, 16.5, "overloaded"), network),
            minute=Bucket(15, 60),
            day=Bucket(150, 86400),
        ),
        "openrouter": Scripted(2.2, (Trouble(10, 11, "drip"), network), day=Bucket(50, 86400)),
        "ollama": Scripted(4.0, (Trouble(0, 9, "refuse"), Trouble(19, 24, "refuse"))),
        "mistral": Scripted(1.1, (Trouble(13, 15, "reset"), Trouble(20.5, 24, "revoked"), network)),
        "deepseek": Scripted(2.5, (Trouble(21.2, 24, "quota"), network)),
        "together": Scripted(1.2, (Trouble(0, 24, "overloaded", 0.3), network)),
        "anthropic": Scripted(
            1.6, (Trouble(7, 7.5, "overloaded"), Trouble(23, 24, "revoked"), network)
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
                return _refused(name, wait_s, now)
        slow = 8.0 if kind == "slow" else 1.0
        await asyncio.sleep(slow * self._random.lognormvariate(log(script.usual_s), 0.35))
        return httpx.Response(200, json=_answer(name), headers=_left(script))

    def _trouble(self, script: Scripted, now: float) -> str:
        for trouble in script.troubles:
            if trouble.start_h <= now / HOUR_S < trouble.end_h:
                return trouble.kind if self._random.random() < trouble.share else ""
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
            return httpx.Response(200, stream=_Drip())
        if kind in FAULTS:
            await asyncio.sleep(0.15)
            status, body = FAULTS[kind].get(name, FAULTS[kind][""])
            return httpx.Response(status, json=body)
        return None


class _Drip(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in json.dumps(_answer("openrouter")).encode():
            await asyncio.sleep(1)
            yield bytes([byte])


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": kind}}


FAULTS: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
    "overloaded": {
        "": (503, _error("The engine is currently overloaded", "server_error")),
        "gemini": (
            503,
            {"error": {"code": 503, "message": "Model is overloaded", "status": "UNAVAILABLE"}},
        ),
        "anthropic": (
            529,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ),
    },
    "revoked": {
        "": (401, _error("Incorrect API key provided", "invalid_api_key")),
        "anthropic": (
            401,
            {
                "type": "error",
                "error": {"type": "authentication_error", "message": "invalid x-api-key"},
            },
        ),
    },
    "quota": {
        "": (429, _error("You exceeded your current quota", "insufficient_quota")),
        "deepseek": (402, _error("Insufficient Balance", "unknown_error")),
    },
    "gone": {"": (404, {"error": "No models loaded. Please load a model."})},
}


def _refused(name: str, wait_s: float, now: float) -> httpx.Response:
    """A full window in the provider's own words."""
    if name == "gemini":
        info = {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": f"{wait_s:.3f}s",
        }
        error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "", "details": [info]}
        return httpx.Response(429, json={"error": error})
    if name == "openrouter":
        reset_ms = (START.timestamp() + now + wait_s) * 1000
        headers = {"X-RateLimit-Reset": f"{reset_ms:.0f}", "X-RateLimit-Remaining": "0"}
        error = {"code": 429, "message": "Rate limit exceeded", "metadata": {"headers": headers}}
        return httpx.Response(429, json={"error": error})
    minutes, seconds = divmod(wait_s, 60)
    said = f"Rate limit reached. Please try again in {minutes:.0f}m{seconds:.2f}s."
    return httpx.Response(429, json=_error(said, "rate_limit_exceeded"))


def _left(script: Scripted) -> dict[str, str]:
    """What a good answer says of the longest window, in the form of groq and openai."""
    window = script.day or script.minute
    if window is None:
        return {}
    return {
        "x-ratelimit-limit-requests": f"{window.capacity:.0f}",
        "x-ratelimit-remaining-requests": f"{int(window.level)}",
        "x-ratelimit-reset-requests": f"{window.full_in_s:.2f}s",
    }


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
