"""Other people's stand-ins: the directory they are installed in enters, running servers leave."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.stand_in_cases import CASES, REQUESTS_PER_MINUTE, Case
from bot.providers.base import Provider, find_providers

INSTALL = (
    "python -m venv {0} && {0}/bin/pip install llmock==0.2.2"
    " && npm install --prefix {0} @copilotkit/aimock@1.43.0"
)
START_S = 20.0


@dataclass(frozen=True)
class StandIn:
    """A running server.

    Args:
        paths: provider's name → what follows the host in its base address.
        is_scripted: told before each question what to do; otherwise it knows all cases.
        lacks: provider and case, where it speaks that API without this part of it.
    """

    name: str
    url: str
    paths: Mapping[str, str]
    is_scripted: bool = False
    lacks: frozenset[tuple[str, str]] = frozenset()

    def offers(self, provider: Provider, case: Case) -> bool:
        if case.name == "speech" and not provider.transcribe_model:
            return False
        known = case.llmock if self.is_scripted else case.aimock
        return known is not None and (provider.name, case.name) not in self.lacks


@contextlib.contextmanager
def aimock(directory: Path) -> Iterator[StandIn]:
    """https://www.npmjs.com/package/@copilotkit/aimock: speaks for all ten."""
    program = directory / "node_modules/@copilotkit/aimock/dist/cli.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        raise FileNotFoundError(program)
    paths = dict.fromkeys(find_providers(), "/v1")
    paths |= {"groq": "/openai/v1", "openrouter": "/api/v1"}
    paths |= dict.fromkeys(("anthropic", "gemini", "ollama"), "")
    # It lists no models in Gemini's form, and Ollama's counts are 0 whatever a fixture says.
    lacks = frozenset({("gemini", "models"), ("ollama", "tokens")})
    with tempfile.TemporaryDirectory() as folder:
        fixtures = Path(folder, "cases.json")
        known = [case.fixture for case in CASES if case.aimock is not None]
        fixtures.write_text(json.dumps({"fixtures": known}), "utf-8")
        command = [node, str(program), "--fixtures", str(fixtures), "--log-level", "silent"]
        with _served(command) as url:
            yield StandIn("aimock", url, paths, lacks=lacks)


@contextlib.contextmanager
def llmock(directory: Path) -> Iterator[StandIn]:
    """https://pypi.org/project/llmock/: six in their own form, three more in OpenAI's."""
    places = os.pathsep.join(str(directory / name) for name in ("bin", "Scripts"))
    program = shutil.which("llmock", path=places)
    if program is None:
        raise FileNotFoundError(directory / "bin/llmock")
    paths = {"groq": "/groq/openai/v1", "anthropic": "/anthropic", "gemini": "/gemini"}
    paths |= {name: f"/{name}/v1" for name in ("mistral", "together")}
    paths |= dict.fromkeys(("openai", "deepseek", "lmstudio", "openrouter"), "/v1")
    # Where arguments are an object and no text there is nothing to break: it sends an empty one.
    lacks = frozenset({("anthropic", "arguments"), ("gemini", "arguments")})
    command = [program, "serve", "--log-level", "error", "--rpm", str(REQUESTS_PER_MINUTE)]
    with _served(command) as url:
        yield StandIn("llmock", url, paths, is_scripted=True, lacks=lacks)


@contextlib.contextmanager
def _served(command: list[str]) -> Iterator[str]:
    """The address of a server started on a free port, once it answers; ended afterwards."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [*command, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _await_health(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await_health(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start")
