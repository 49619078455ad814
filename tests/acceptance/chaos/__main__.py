"""The command: a copy of the sources runs, so that nobody's `.env` and no later edit matters."""

from __future__ import annotations

import compileall
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.processes import copy_sources


def main() -> int:
    """Run the copy; told to end, let it end its processes first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_sources(Path(folder) / "mostrador")
        compileall.compile_dir(tree, quiet=1)  # as installed: no start compiles anything
        words = [sys.executable, "-m", "tests.acceptance.chaos.run", *sys.argv[1:]]
        with subprocess.Popen(words, cwd=tree) as run:
            try:
                return run.wait()
            finally:
                run.terminate()


if __name__ == "__main__":
    sys.exit(main())
