"""The container holds every room of the house, and no secrets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_image_holds_every_room_and_nothing_else() -> None:
    copied = re.findall(r"^ +COPY (\S+) \S+$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(copied) == sorted(project["tool"]["mypy"]["files"])
