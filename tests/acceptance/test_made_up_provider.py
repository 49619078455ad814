"""A new AI company is one file, its sample payloads and its lines in `.env.example`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_provider import FakeProvider
from tests.processes import Shop, copy_sources, environment

PROVIDER = '''"""Acme: a company that only this test knows."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible


class Acme(OpenAICompatible):
    """https://acme.example/docs"""

    name = "acme"
    variable = "ACME"
    default_model = "acme-small"
    default_base_url = "https://api.acme.example/v1"
    key_page = "https://acme.example/keys"


PROVIDER = Acme()
'''
EXAMPLE = """
# Acme
# ACME_API_KEY=tu_clave_aqui
# ACME_MODEL=acme-small
# ACME_TIMEOUT=12
# ACME_BASE_URL=https://api.acme.example/v1
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The sources with Acme's file and payloads, and without its lines in `.env.example`."""
    made = copy_sources(tmp_path / "mostrador")
    (made / "bot" / "providers" / "acme.py").write_text(PROVIDER, encoding="utf-8")
    payloads = made / "tests" / "payloads"
    shutil.copytree(payloads / "mistral", payloads / "acme")  # Acme, too, speaks OpenAI's API
    (made / ".env.example").write_text(example(), encoding="utf-8")
    return made


def example() -> str:
    return (Path(__file__).resolve().parents[2] / ".env.example").read_text(encoding="utf-8")


def run_tests(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=tree,
        env=environment({}),
        capture_output=True,
        encoding="utf-8",
    )


def test_its_file_and_payloads_are_all_that_asking_it_takes(tree: Path, tmp_path: Path) -> None:
    suite = run_tests(tree, "tests/contract", "-k", "acme")
    with FakeProvider(reply="Sí, tenemos laptops.") as fake:
        settings = {"ACME_API_KEY": "key", "ACME_BASE_URL": fake.base_url, "ACME_MODEL": "acme-1"}
        with Shop(tree, tmp_path / "shop", {**settings, "AI_FALLBACK_ORDER": ""}) as shop:
            fake.models = ("acme-1",)
            listed = json.loads(shop.command("providers", "--json").stdout)
            answer = json.loads(shop.command("ask", "¿tienen laptops?", "--json").stdout)

    assert suite.returncode == 0, suite.stdout
    assert " passed" in suite.stdout
    assert [(row["name"], row["ok"]) for row in listed][-1] == ("acme", True)
    assert (answer["provider"], answer["model"]) == ("acme", "acme-1")


def test_its_missing_lines_in_the_example_are_named(tree: Path) -> None:
    words = ("tests/unit/test_env_example.py", "-k", "names_every_setting", "-vv")
    without = run_tests(tree, *words)
    (tree / ".env.example").write_text(example() + EXAMPLE, encoding="utf-8")

    assert without.returncode == 1 and "ACME_API_KEY" in without.stdout
    assert run_tests(tree, *words).returncode == 0
