"""Other people's stand-ins of the AI services enter, a table of case x provider leaves.

    python benchmarks/stand_ins.py DIRECTORY

They are an independent reading of the same APIs: aimock (npm) speaks for all ten, llmock (PyPI) for
nine. DIRECTORY is where they are installed; where they are missing, one line says how. Every
provider is asked with the product's own requests for its models, a text, a tool, a picture, an
object, a recording; then each failure is provoked. A cell is "ok", or the class of the failure with
the wait read from it; "!" stands before what should have been otherwise (then the exit code is 1),
"-" where the stand-in has no such thing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from benchmarks.stand_in_cases import CASES, PICTURE, RECORDING, Case
from benchmarks.stand_in_servers import INSTALL, StandIn, aimock, llmock
from bot.providers.base import (
    HttpRequest,
    Provider,
    complete,
    find_providers,
    list_models,
    transcribe,
)
from bot.providers.http import make_client
from core.errors import ProviderError
from core.settings import ProviderSettings

NOT_OFFERED = "-"


async def table(there: StandIn) -> list[list[str]]:
    """A column for each provider it speaks for, a row for each case it offers any of them."""
    providers = [each for each in find_providers().values() if each.name in there.paths]
    rows = [[there.name, *(each.name for each in providers)]]
    async with make_client() as client:
        for case in CASES:
            cells = [await cell(client, there, each, case) for each in providers]
            if set(cells) != {NOT_OFFERED}:
                rows.append([case.name, *cells])
    return rows


async def cell(client: httpx.AsyncClient, there: StandIn, provider: Provider, case: Case) -> str:
    """What became of one case."""
    if not there.offers(provider, case):
        return NOT_OFFERED
    if there.is_scripted:
        await client.post(f"{there.url}/_llmock/reset")
        if case.llmock:
            script = {"behaviors": [case.llmock]}
            (await client.post(f"{there.url}/_llmock/scenario", json=script)).raise_for_status()
    try:
        seen = await ask(client, there, provider, case)
    except ProviderError as error:
        wait = f" {error.retry_after_s:g}s" if error.retry_after_s else ""
        seen = error.error_class + (" long" if error.too_long else "") + wait
    return seen if seen == case.expected else f"!{seen}"


async def ask(client: httpx.AsyncClient, there: StandIn, provider: Provider, case: Case) -> str:
    """ "ok", or what is wrong with the answer.

    Raises:
        ProviderError: there is none.
    """
    base_url = there.url + there.paths[provider.name]
    settings = ProviderSettings("sk-stand-in", base_url=base_url)
    if case.name == "models":
        return "ok" if await list_models(provider, client, settings, case.limit_s) else "none"
    if case.name == "speech":
        model = provider.transcribe_model or ""
        said = await transcribe(provider, client, settings, RECORDING, model, case.limit_s)
        return case.fault(said) or "ok"
    asked = cast(Provider, _Streaming(provider)) if case.streams else provider
    model = provider.default_model or "a-model"
    said = await complete(asked, client, settings, case.prompt(), model, case.limit_s)
    if case.images and there.is_scripted and not await _was_seen(client, there):
        return "another picture"
    return case.fault(said) or "ok"


async def _was_seen(client: httpx.AsyncClient, there: StandIn) -> bool:
    journal = await client.get(f"{there.url}/_llmock/requests")
    return b64encode(PICTURE.data).decode() in journal.text


class _Streaming:
    """A provider that asks for a stream: ours never do, some gateways send one all the same."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def chat_request(self, *asked: Any) -> HttpRequest:
        request = self._provider.chat_request(*asked)
        url = request.url.replace(":generateContent", ":streamGenerateContent?alt=sse")
        return replace(request, url=url, json={**(request.json or {}), "stream": True})


def show(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        words = (word.ljust(width) for word, width in zip(row, widths, strict=True))
        print("  ".join(words).rstrip())
    print()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the stand-ins are installed")
    directory = parser.parse_args().directory
    words: list[str] = []
    for start in (aimock, llmock):
        try:
            with start(directory) as there:
                rows = asyncio.run(table(there))
        except FileNotFoundError as error:
            print(f"{error} is missing; install: {INSTALL.format(directory)}", file=sys.stderr)
            return 2
        show(rows)
        words += [word for row in rows for word in row]
    return int(any(word.startswith("!") for word in words))


if __name__ == "__main__":
    raise SystemExit(main())
