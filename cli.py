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
    from scripts import bootstrap

    if sys.version_info >= bootstrap.OLDEST_PYTHON and all(map(importlib.util.find_spec, NEEDED)):
        return
    try:
        if not bootstrap.is_inside(ROOT) and bootstrap.venv_python(ROOT).exists():
            bootstrap.go_inside(ROOT, __file__)
        bootstrap.stop_if_too_old()
        bootstrap.say(bootstrap.sentence("start.first"))
    except bootstrap.SetUpError as error:
        bootstrap.say(str(error))
    raise SystemExit(2)


if __name__ == "__main__":
    _enter_environment()
    sys.exit(main(sys.argv[1:]))
