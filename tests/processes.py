"""Sources and settings enter, real processes of the shop leave: started, asked, killed, stopped."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, sign

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 90.0
"""How long a test waits for what must come; generous, for slow machines that do much else."""
_KEPT = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE")
"""All that processes inherit: the settings of whoever runs the tests are none of theirs."""
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""On Windows, so that Ctrl+Break reaches the shop and not the tests."""


def copy_sources(target: Path) -> Path:
    """A fresh clone: everything but `.env`, `.venv`, data and the like."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == ROOT
        return {name for name in names if name.startswith(".") or (top and name == "data")}

    shutil.copytree(ROOT, target, ignore=left_out)
    return target


def free_port() -> int:
    """A port nobody listens on, outside the range from which systems number connections."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(
    is_so: Callable[[], Any], what: str, limit_s: float = LONGEST_S, step_s: float = 0.05
) -> Any:
    """Ask again and again until the answer is true, and return it.

    Raises:
        TimeoutError: it never was.
    """
    deadline = time.monotonic() + limit_s
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {limit_s:g} s still not: {what}")
        time.sleep(step_s)
    return answer


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """A process's whole environment: the system's own names, and these settings."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    alone = {"LM_STUDIO_URL": UNREACHABLE, "AI_FALLBACK_ORDER": "groq,lmstudio,openai"}
    return kept | {"PYTHONIOENCODING": "utf-8"} | alone | settings


UNREACHABLE = "http://127.0.0.1:9"
"""Nobody listens there; a developer's own LM Studio or Ollama must not answer the tests."""


@dataclass
class Shop:
    """One `serve` (or `worker`) process; a context manager that leaves none behind.

    Args:
        tree: where the sources lie; the process's working folder.
        folder: holds its database, its output and its log.
        settings: environment variables.
        words: the command line behind `python`.
    """

    tree: Path
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    words: Sequence[str] = ("cli.py", "serve")
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(timeout=LONGEST_S, trust_env=False, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._http.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything its processes have written to stderr so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def output(self) -> str:
        """Everything its processes have written to stdout so far."""
        return (self.folder / "output").read_text(encoding="utf-8")

    def connect_twilio(self, api_url: str) -> None:
        """Receive and send through a stand-in."""
        self.settings |= {
            "PUBLIC_BASE_URL": self.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_BASE_URL": api_url,
        }

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        words = [sys.executable, *self.words]
        if "serve" in self.words:
            words += ["--port", str(self.port)]
        with (self.folder / "log").open("ab") as log, (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                words,
                cwd=self.tree,
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                creationflags=_NEW_GROUP,
            )

    def start_ready(self) -> None:
        """Start the process and wait until it takes and answers messages."""
        self.start()
        wait_until(self.is_ready, f"the shop is ready; its log: {self.log[-2000:]}")

    def is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the shop ended with {self.process.returncode}: {self.log}")
        with contextlib.suppress(httpx.TransportError):
            return self._http.get(f"{self.url}/readyz").status_code == 200
        return False

    def kill(self) -> None:
        """End it without any warning, as `kill -9` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def signal(self, number: int) -> int:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Its exit code, once it has ended."""
        assert self.process is not None
        return self.process.wait(LONGEST_S)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of `cli.py` beside the running shop."""
        return subprocess.run(
            [sys.executable, "cli.py", *words],
            cwd=self.tree,
            env=environment(self.settings),
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST_S,
        )

    def post(
        self, form: Mapping[str, str], path: str = "inbound", **headers: str
    ) -> httpx.Response:
        """Post a form to a webhook, unsigned unless `headers` say otherwise."""
        return self._http.post(
            f"{self.url}/webhooks/twilio/{path}", data=dict(form), headers=headers
        )

    def ask(self, body: object, token: str = "") -> httpx.Response:
        """A program asks by HTTP."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._http.post(f"{self.url}/api/answers", json=body, headers=headers)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open one of its addresses."""
        return self._http.get(f"{self.url}{path}", headers=headers)

    def receive(self, form: Mapping[str, str]) -> int:
        """A signed message arrives; the HTTP status it is answered with."""
        return self.post(form, **self.signature(form)).status_code

    def signature(self, form: Mapping[str, str]) -> dict[str, str]:
        """The header Twilio would sign this form with."""
        return {"X-Twilio-Signature": sign(f"{self.url}/webhooks/twilio/inbound", dict(form))}

    def receive_surely(self, form: Mapping[str, str]) -> None:
        """As a sender that repeats a message until it is acknowledged."""

        def is_acknowledged() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return self.receive(form) == 200
            return False

        wait_until(is_acknowledged, "the message is acknowledged")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in its SQLite database, read beside the running process."""
        path = self.settings["DATABASE_URL"].removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, timeout=LONGEST_S)) as connection:
            return connection.execute(query).fetchall()

    def wait_until_answered(self, limit_s: float = LONGEST_S) -> None:
        """Until every stored message is answered and nothing is on its way out."""
        wait_until(
            lambda: not self.rows("SELECT 1 FROM conversation WHERE tail > done"),
            f"every message is answered; the log ends: {self.log[-3000:]}",
            limit_s,
        )
