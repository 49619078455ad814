"""Every sentence a customer or an owner reads: a key and a language enter, the sentence leaves.

Sentences stand in `<file>.<language>.toml` beside this module; the key `customer.greeting` is the
entry `greeting` of `customer.<language>.toml`, and `doctor.lmstudio.refused` the entry `refused`
of the table `[lmstudio]` of `doctor.<language>.toml`. Spanish is complete; a sentence missing in
another language is said in Spanish.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("es", "en", "pt")
DEFAULT_LANGUAGE = "es"


def text(key: str, language: str | None = None, **fields: object) -> str:
    """One sentence in one language, its `{fields}` filled in.

    Raises:
        KeyError: Spanish has no such key, or a field is missing.
    """
    return _template(key, language or DEFAULT_LANGUAGE).format(**fields)


def has_text(key: str) -> bool:
    """Whether Spanish knows this key."""
    try:
        _template(key, DEFAULT_LANGUAGE)
    except KeyError:
        return False
    return True


def flatten(file: str, language: str) -> dict[str, str]:
    """All sentences of one file, keys dotted; {} when there is no such file."""
    path = Path(__file__).with_name(f"{file}.{language}.toml")
    if not path.is_file():
        return {}
    return dict(_walk("", tomllib.loads(path.read_text(encoding="utf-8"))))


def _walk(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            pairs += _walk(f"{prefix}{name}.", value)
        else:
            pairs.append((f"{prefix}{name}", str(value)))
    return pairs


@lru_cache(maxsize=64)
def _load(file: str, language: str) -> dict[str, str]:
    return flatten(file, language)


@lru_cache(maxsize=4096)
def _template(key: str, language: str) -> str:
    file, _, name = key.partition(".")
    found = _load(file, language).get(name)
    if found is None and language != DEFAULT_LANGUAGE:
        found = _load(file, DEFAULT_LANGUAGE).get(name)
    if found is None:
        raise KeyError(key)
    return found
