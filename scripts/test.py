"""The source tree enters, every check's verdict leaves; arguments go to pytest, which is last."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import DEVELOPMENT, ROOT, enter, say, sentence

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy", "--num-workers=2")),
)
PYTEST = ("pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")


def passes(*module: str) -> bool:
    """Run a module of this environment at the repository's root; its output goes straight out."""
    return subprocess.call([sys.executable, "-m", *module], cwd=ROOT) == 0


def main(arguments: "list[str]") -> int:
    """Run everything, also after a failure.

    Returns:
        1 when one failed, else 0; what needs a network and has none does not count.
    """
    from scripts.audit import Audit  # needs a package of `.venv`

    # Dozens of processes would each compile the whole shop anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    audit = Audit(ROOT)
    verdicts: dict[str, bool | None] = {}
    for name, module in CHECKS:
        say(f"== {name}")
        verdicts[name] = passes(*module)
    say("== audit")
    verdicts["audit"] = audit.verdict()
    words = {
        True: sentence("test.passed"),
        False: sentence("test.failed"),
        None: sentence("test.skipped"),
    }
    steps = [f"{name} {words[verdict]}" for name, verdict in verdicts.items()]
    say(sentence("test.summary", steps=", ".join(steps)))
    say("== pytest")
    verdicts["pytest"] = passes(*PYTEST, *arguments)
    return 1 if False in verdicts.values() else 0


if __name__ == "__main__":
    enter(__file__, DEVELOPMENT)
    sys.exit(main(sys.argv[1:]))
