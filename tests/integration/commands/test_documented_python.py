"""What docs/fallback.md shows in Python runs as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_provider import FakeProvider

ROOT = Path(__file__).resolve().parents[3]
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def run_example(
    groq: FakeProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[str]]:
    monkeypatch.setenv("AI_FALLBACK_ORDER", "groq")

    def run() -> list[str]:
        [code] = PYTHON.findall((ROOT / "docs" / "fallback.md").read_text("utf-8"))
        exec(compile(code, "fallback.md", "exec"), {})
        return capsys.readouterr().out.splitlines()

    return run


def test_it_says_who_answers_and_gives_an_object(
    run_example: Callable[[], list[str]], groq: FakeProvider
) -> None:
    groq.reply = '{"producto": "laptop"}'
    lines = run_example()

    assert lines[0] == "answers now: groq"
    assert lines[1].startswith("groq ") and "input_tokens=" in lines[1]
    assert lines[2] == "{'producto': 'laptop'}"
    assert lines[3].startswith("Outcome(status=200")


def test_it_says_why_nobody_answered(
    run_example: Callable[[], list[str]], groq: FakeProvider
) -> None:
    groq.behave("401")
    assert run_example()[1].startswith("auth ")
