"""The commands of the contract: the words of a command line enter, an exit code leaves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NEEDED = ("sqlalchemy", "pydantic_settings", "httpx_aiohttp", "waitress")


def main(argv: list[str]) -> int:
    """Run one command.

    Returns:
        0 done · 1 it ran, and the answer is no · 2 wrong use or configuration.
    """
    from commands.parser import run

    return run(argv)


def connectivity_main(argv: list[str]) -> int:
    """The connectivity check of `scripts/test_multi_provider.py`; exit codes as `main`."""
    from commands.connectivity import run

    return run(argv)


def _enter_environment() -> None:
    """Run here when this Python has the packages, else inside `.venv`; with neither say so."""
    from scripts.bootstrap import go_inside, is_inside, sentence, venv_python

    if sys.version_info >= (3, 11) and all(map(importlib.util.find_spec, NEEDED)):
        return
    if is_inside(ROOT) or not venv_python(ROOT).exists():
        print(sentence("start_first"), file=sys.stderr)
        raise SystemExit(2)
    go_inside(ROOT, __file__)


if __name__ == "__main__":
    _enter_environment()
    sys.exit(main(sys.argv[1:]))
