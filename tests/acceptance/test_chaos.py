"""A short chaos on each database, by its own command; the long one is in tests/acceptance/chaos."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import LONGEST_S, environment


@pytest.mark.parametrize(("database", "messages"), [("sqlite", 60), ("postgres", 40)])
def test_nothing_is_lost_doubled_or_disordered_whatever_dies(
    database: str, messages: int, tree: Path
) -> None:
    words = ("--brief", "--database", database, "--messages", str(messages), "--seed", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.chaos.run", *words],
        cwd=tree,
        env=environment({}),
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_S * 5,
    )
    assert done.returncode == 0, done.stdout + done.stderr
