"""A short chaos on SQLite by its own command; the others take too long to stand among the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.processes import LONGEST_S, environment


def test_nothing_is_lost_doubled_or_disordered_whatever_dies(tree: Path) -> None:
    words = ("--brief", "--database", "sqlite", "--messages", "60", "--seed", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.chaos.run", *words],
        cwd=tree,
        env=environment({}),
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_S * 5,
    )
    assert done.returncode == 0, done.stdout + done.stderr
