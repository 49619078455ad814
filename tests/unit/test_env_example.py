"""`.env.example` names every setting, and copying it changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

from core.settings import SETTING_NAMES, Settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
LINE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
RESULTS = {"sources", "warnings"}


def test_it_names_every_setting_once_and_no_other() -> None:
    assert sorted(LINE.findall(EXAMPLE.read_text("utf-8"))) == sorted(SETTING_NAMES)


def test_copying_it_changes_nothing_and_warns_of_nothing() -> None:
    copied = Settings.from_env({}, env_file=EXAMPLE)

    assert copied.model_dump(exclude=RESULTS) == Settings().model_dump(exclude=RESULTS)
    assert copied.warnings == ()


def test_every_line_may_be_taken_as_it_stands(tmp_path: Path) -> None:
    taken = tmp_path / ".env"
    taken.write_text(re.sub(LINE, r"\1=", EXAMPLE.read_text("utf-8")), encoding="utf-8")

    settings = Settings.from_env({}, env_file=taken)

    assert settings.sources["GROQ_MODEL"] == ".env"
    assert settings.providers["groq"].api_key is None


def test_it_opens_with_the_order_of_providers_and_the_first_three() -> None:
    names = LINE.findall(EXAMPLE.read_text("utf-8"))

    assert names[:3] == ["AI_PROVIDER", "AI_FALLBACK_ENABLED", "AI_FALLBACK_ORDER"]
    assert [name for name in names if name.endswith("_MODEL")][:3] == [
        "GROQ_MODEL",
        "LM_STUDIO_MODEL",
        "OPENAI_MODEL",
    ]
