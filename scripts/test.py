"""The source tree enters, every check's verdict leaves; arguments go to pytest, which is last."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import DEVELOPMENT, ROOT, enter, say, sentence

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
)
PYTEST = ("pytest", "--numprocesses=auto", "--maxprocesses=4")


def passes(*module: str) -> bool:
    """Run a module of this environment at the repository's root; its output goes straight out."""
    return subprocess.call([sys.executable, "-m", *module], cwd=ROOT) == 0


def main(arguments: "list[str]") -> int:
    """Run everything, also after a failure.

    Returns:
        0 when all passed, else 1.
    """
    verdicts = {}
    for name, module in CHECKS:
        say(f"== {name}")
        verdicts[name] = passes(*module)
    words = {True: sentence("test.passed"), False: sentence("test.failed")}
    steps = ", ".join(f"{name} {words[verdict]}" for name, verdict in verdicts.items())
    say(sentence("test.summary", steps=steps))
    say("== pytest")
    verdicts["pytest"] = passes(*PYTEST, *arguments)
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    enter(__file__, DEVELOPMENT)
    sys.exit(main(sys.argv[1:]))
