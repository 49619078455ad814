"""Independent stand-ins of AI providers are asked by every provider of the product.

They are other people's reading of the same APIs. Start one or both, then this:

    pip install llmock && llmock serve --port 4501
    npx -p @copilotkit/aimock llmock --port 4502 --fixtures benchmarks/stand_ins.json
    python benchmarks/stand_ins.py --llmock http://127.0.0.1:4501 --aimock http://127.0.0.1:4502

A cell says "ok", the class of the failure that was provoked, or what differs from what we expect.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from bot.messages import Audio, Image, Prompt, PromptMessage, Tool
from bot.providers.base import Provider, complete, find_providers, list_models, transcribe
from bot.providers.http import make_client
from core.errors import ProviderError
from core.settings import ProviderSettings

LIMIT_S = 3.0
SCHEMA = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
STOCK = Tool("stock", "Units left of a product", {**SCHEMA})
PIXEL = Image(
    "image/gif",
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01"
    b"\x00\x01\x00\x00\x02\x02D\x01\x00;",
)
Control = Callable[[httpx.AsyncClient, str], Awaitable[object]]


@dataclass(frozen=True)
class StandIn:
    """Where each provider lives in it, how its faults are switched on, and what they should be."""

    addresses: Mapping[str, str]
    faults: Mapping[str, str]
    """Fault → class."""
    provoke: Control
    calm: Callable[[httpx.AsyncClient], Awaitable[object]]


def llmock(url: str) -> StandIn:
    replies = {"tool": {"tool_calls": [{"name": "stock", "arguments": {"sku": "A1"}}]}}
    replies["schema"] = {"text": '{"sku": "A1"}'}

    async def provoke(client: httpx.AsyncClient, what: str) -> object:
        behavior: dict[str, Any] = {"type": "reply", **replies[what]} if what in replies else {}
        if what.isdecimal():
            behavior = {"type": "fail", "status": int(what)}
            behavior |= {"retry_after": 7} if what == "429" else {}
        if what == "slow":
            behavior = {"type": "delay", "seconds": LIMIT_S * 2}
        return await client.post(f"{url}/_llmock/scenario", json={"behaviors": [behavior]})

    return StandIn(
        {
            "groq": f"{url}/groq/openai/v1",
            "mistral": f"{url}/mistral/v1",
            "together": f"{url}/together/v1",
            "anthropic": f"{url}/anthropic",
            "gemini": f"{url}/gemini/v1beta",
            **dict.fromkeys(("openai", "deepseek", "openrouter", "lmstudio"), f"{url}/v1"),
        },
        {
            "401": "auth",
            "402": "quota",
            "404": "config",  # of no model in particular: the address is taken to be wrong
            "429": "rate_limit",
            "500": "server",
            "503": "server",
            "slow": "timeout",
        },
        provoke,
        lambda client: client.delete(f"{url}/_llmock/scenario"),
    )


def aimock(url: str) -> StandIn:
    rates = {
        "429": "rateLimitRate",
        "500": "dropRate",
        "malformed": "malformedRate",
        "disconnect": "disconnectRate",
    }

    async def provoke(client: httpx.AsyncClient, what: str) -> object:
        if what not in rates:
            return None  # its fixtures answer these
        return await client.post(f"{url}/__aimock/chaos", json={rates[what]: 1})

    return StandIn(
        {name: url if name in ("anthropic", "gemini", "ollama") else f"{url}/v1" for name in NAMES},
        {"429": "rate_limit", "500": "server", "malformed": "validation", "disconnect": "network"},
        provoke,
        lambda client: client.delete(f"{url}/__aimock/chaos"),
    )


NAMES = tuple(find_providers())


class Wrong(str):
    """What is wrong with an answer that came."""


class Asker:
    """One provider at one stand-in."""

    def __init__(self, client: httpx.AsyncClient, provider: Provider, address: str) -> None:
        self._client = client
        self._provider = provider
        self._settings = ProviderSettings("sk-stand-in", (), address)
        self._model = provider.default_model or "a-model"

    async def models(self) -> object:
        found = await list_models(self._provider, self._client, self._settings, LIMIT_S)
        return found or Wrong("an empty list")

    async def text(self) -> object:
        return (await self._ask("¿tienen laptops?")).text or Wrong("no text")

    async def picture(self) -> object:
        return (await self._ask("¿tienen laptops?", images=(PIXEL,))).text or Wrong("no text")

    async def tool(self) -> object:
        calls = (await self._ask("¿cuántas laptops?", tools=(STOCK,))).tool_calls
        right = [(call.name, dict(call.arguments)) for call in calls] == [("stock", {"sku": "A1"})]
        return calls if right else Wrong(f"tool calls: {calls}")

    async def schema(self) -> object:
        found = (await self._ask("un objeto", schema=SCHEMA)).data
        return found if found == {"sku": "A1"} else Wrong(f"object: {found}")

    async def speech(self) -> object:
        audio = Audio("audio/ogg", b"OggS", "es")
        model = self._provider.transcribe_model or ""
        said = await transcribe(self._provider, self._client, self._settings, audio, model, LIMIT_S)
        return said.text or Wrong("no text")

    async def _ask(self, question: str, images: tuple[Image, ...] = (), **more: Any) -> Any:
        messages = (PromptMessage("system", "Vendes."), PromptMessage("user", question, images))
        prompt = Prompt(messages, tokens=20, **more)
        return await complete(
            self._provider, self._client, self._settings, prompt, self._model, LIMIT_S
        )


async def row(client: httpx.AsyncClient, there: StandIn, name: str) -> dict[str, str]:
    """Case → what became of it."""
    provider = find_providers()[name]
    asker = Asker(client, provider, there.addresses[name])
    cells: dict[str, str] = {}
    goods = ["models", "text", "picture", "tool", "schema"]
    goods += ["speech"] if provider.transcribe_model else []
    for case in goods:
        await there.provoke(client, case) if case in ("tool", "schema") else None
        cells[case] = await _outcome(getattr(asker, case))
        await there.calm(client)
    for fault, expected in there.faults.items():
        await there.provoke(client, fault)
        found = await _outcome(asker.text)
        cells[fault] = found if found.split(" ")[0] == expected else f"{found} (not {expected})"
        await there.calm(client)
    return cells


async def _outcome(ask: Callable[[], Awaitable[object]]) -> str:
    try:
        said = await ask()
    except ProviderError as error:
        wait = f" {error.retry_after_s:g}s" if error.retry_after_s else ""
        return f"{error.error_class}{wait}"
    return (
        said if isinstance(said, str) and said.startswith(("no ", "an ", "tool ", "obj")) else "ok"
    )


async def run(stand_ins: Mapping[str, StandIn]) -> None:
    async with make_client() as client:
        for title, there in stand_ins.items():
            print(f"\n{title}")
            for name in there.addresses:
                cells = await row(client, there, name)
                print(f"  {name:<11}" + "  ".join(f"{case}: {cells[case]}" for case in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llmock", metavar="URL")
    parser.add_argument("--aimock", metavar="URL")
    given = parser.parse_args()
    made = {"llmock": llmock, "aimock": aimock}
    chosen = {name: make(url) for name, make in made.items() if (url := getattr(given, name))}
    if not chosen:
        parser.error("name at least one running stand-in")
    asyncio.run(run(chosen))


if __name__ == "__main__":
    main()
