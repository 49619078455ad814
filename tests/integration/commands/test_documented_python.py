"""What docs/fallback.md shows in Python runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.fake_provider import FakeProvider
from tests.processes import ROOT, environment

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_example(tmp_path: Path, fake: FakeProvider) -> subprocess.CompletedProcess[str]:
    [code] = PYTHON.findall((ROOT / "docs" / "fallback.md").read_text("utf-8"))
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
        "GROQ_API_KEY": "gsk_test",
        "GROQ_BASE_URL": fake.base_url,
        "AI_FALLBACK_ORDER": "groq",
        "TURN_DEADLINE_S": "5",
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        encoding="utf-8",
    )


def test_it_says_who_answers_and_gives_an_object(tmp_path: Path) -> None:
    with FakeProvider(reply='{"producto": "laptop"}') as fake:
        ran = run_example(tmp_path, fake)

    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "answers now: groq"
    assert lines[1].startswith("groq ") and "input_tokens=" in lines[1]
    assert lines[2] == "{'producto': 'laptop'}"
    assert lines[3].startswith("Outcome(status=200")


def test_it_says_why_nobody_answered(tmp_path: Path) -> None:
    with FakeProvider("429") as fake:
        ran = run_example(tmp_path, fake)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[1].startswith("rate_limit ")
