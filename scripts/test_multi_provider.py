"""The AI settings enter, a report on every provider leaves; sets up what is missing first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import RUNTIME, enter

if __name__ == "__main__":
    enter(__file__, RUNTIME, copies_env=True)
    from cli import connectivity_main

    sys.exit(connectivity_main(sys.argv[1:]))
