"""A shop of the test's own, and its commands run in this process."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import cli
from app import house
from bot.providers.ollama import Ollama
from core import redaction
from core.settings import ALIASES, SETTING_NAMES
from tests.fake_provider import FakeProvider

NOBODY = "http://127.0.0.1:9/v1"
"""Refuses at once; without it a developer's own LM Studio would answer."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def _new_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop that was opened once: its database with the sample in it."""
    home = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch, _forgetting():
        _settle(patch, home)
        house.open_house(quiet=True).close()
    return home


@pytest.fixture
def home(tmp_path: Path, _new_shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shop's own folder, with its `data` and, if the test writes one, its `.env`."""
    shutil.copytree(_new_shop / "data", tmp_path / "data")
    with _forgetting():
        _settle(monkeypatch, tmp_path)
        yield tmp_path


def _settle(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setattr(house, "ROOT", home)
    for name in (*SETTING_NAMES, *(alias for others in ALIASES.values() for alias in others)):
        patch.delenv(name, raising=False)
    patch.setenv("LM_STUDIO_URL", NOBODY)
    patch.setattr(Ollama, "default_base_url", NOBODY)


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command of `cli.py`."""

    def run_one(*argv: str) -> Outcome:
        code = cli.main(list(argv))
        return Outcome(code, *capsys.readouterr())

    return run_one


@pytest.fixture
def check(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the connectivity check."""

    def run_one(*argv: str) -> Outcome:
        code = cli.connectivity_main(list(argv))
        return Outcome(code, *capsys.readouterr())

    return run_one


@pytest.fixture
def groq(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    """A working provider that groq's settings lead to."""
    with FakeProvider(models=("m1",), reply="Sí, tenemos laptops.") as fake:
        monkeypatch.setenv("GROQ_API_KEY", "gsk_for_the_stand_in")
        monkeypatch.setenv("GROQ_MODEL", "m1")
        monkeypatch.setenv("GROQ_BASE_URL", fake.base_url)
        yield fake


class _forgetting:
    """What opening a shop sets for the whole process goes back to what it was."""

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._root = (list(root.handlers), root.level)
        self._secrets = set(redaction._known_secrets)

    def __exit__(self, *_: object) -> None:
        logging.getLogger().handlers[:], level = self._root
        logging.getLogger().setLevel(level)
        redaction._known_secrets.clear()
        redaction._known_secrets.update(self._secrets)
