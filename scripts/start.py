"""A fresh clone enters, a serving shop leaves: sets up what is missing, then `cli.py serve`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import RUNTIME, enter

if __name__ == "__main__":
    enter(__file__, RUNTIME, copies_env=True)
    from cli import main

    sys.exit(main(["serve", *sys.argv[1:]]))
