"""The command: a copy of the sources runs, so that nobody's `.env` and no later edit matters."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.processes import copy_sources

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_sources(Path(folder) / "mostrador")
        words = [sys.executable, "-m", "tests.acceptance.chaos.run", *sys.argv[1:]]
        sys.exit(subprocess.call(words, cwd=tree))
