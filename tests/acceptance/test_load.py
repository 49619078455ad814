"""The load benchmark itself, for a moment: many customers at once, each answered once."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import LONGEST_S, ROOT


def test_a_short_load_is_answered_once_and_in_order() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/end_to_end.py", "--rate=30", "--seconds=2", "--ai-s=0.2"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=2 * LONGEST_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, out of order 0" in done.stdout
    assert "not 200 within 15 s: 0" in done.stdout
