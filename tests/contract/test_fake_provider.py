"""The stand-in itself, as other tests use it: in a thread, as a process, changed while it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fake_provider import FakeProvider

ROOT = Path(__file__).resolve().parent.parent.parent
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hola"}]}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[str]:
    """The address of a stand-in in a process of its own that logs to `tmp_path`."""
    command = [sys.executable, "-m", "tests.fake_provider", "--reply", "Eco: {question}"]
    command += ["--requests-log", str(tmp_path / "seen.jsonl")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.kill()


async def test_process_answers_and_logs_what_it_was_asked(
    process: str, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"{process}/chat/completions", json=ASK)
    assert answer.json()["choices"][0]["message"]["content"] == "Eco: Hola"
    assert json.loads((tmp_path / "seen.jsonl").read_text(encoding="utf-8"))["body"] == ASK


async def test_process_changes_its_behaviour_and_tells_what_it_saw(
    process: str, client: httpx.AsyncClient
) -> None:
    await client.post(f"{process}/_behave", json={"behaviour": "500"})
    assert (await client.post(f"{process}/chat/completions", json=ASK)).status_code == 500
    assert (await client.get(f"{process}/_seen")).json()["count"] == 1


@pytest.mark.parametrize("base", ["/v1", "/openai/v1", "/api/v1"])
async def test_any_base_path_works(
    base: str, fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    root = fake.base_url.removesuffix("/v1")
    assert (await client.post(f"{root}{base}/chat/completions", json=ASK)).status_code == 200
    assert (await client.get(f"{root}{base}/models")).json()["data"][0]["id"] == "fake-model"


async def test_it_comes_back_on_the_same_port(
    fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.behave("refuse")
    with pytest.raises(httpx.ConnectError):
        await client.get(f"{fake.base_url}/models")
    fake.behave("ok")
    assert (await client.get(f"{fake.base_url}/models")).status_code == 200


async def test_retired_answers_for_listed_models_only(
    fake: FakeProvider, client: httpx.AsyncClient
) -> None:
    fake.behave("retired")
    statuses = [
        (
            await client.post(f"{fake.base_url}/chat/completions", json=ASK | {"model": model})
        ).status_code
        for model in ("gone", "fake-model")
    ]
    assert statuses == [404, 200]


def test_unknown_behaviour_is_refused() -> None:
    with pytest.raises(ValueError, match="refuse, reset"):
        FakeProvider("sulk")
