"""Sample answers of real services' shapes, read from `tests/payloads/<provider>/`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.providers.base import HttpAnswer

FOLDER = Path(__file__).parent.parent / "payloads"


@dataclass(frozen=True)
class Payload:
    """One file: an answer and what it stands for."""

    provider: str
    name: str
    answer: HttpAnswer
    expected: dict[str, Any]

    @property
    def is_good(self) -> bool:
        return "text" in self.expected

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


def load(provider: str) -> list[Payload]:
    return [_read(path) for path in sorted((FOLDER / provider).glob("*.json"))]


def _read(path: Path) -> Payload:
    found = json.loads(path.read_text(encoding="utf-8"))
    body = found["body"] if isinstance(found["body"], str) else json.dumps(found["body"])
    answer = HttpAnswer(found["status"], found["headers"], body.encode())
    return Payload(path.parent.name, path.stem, answer, found["expect"])
