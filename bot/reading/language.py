"""What a customer wrote enters; its plain words, and the language it is most likely in, leave."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from catalog.words import analysis
from core.texts import DEFAULT_LANGUAGE

_CLEAR, _USUAL = 2, 1
_MARKS = {"es": "ñ¿¡", "en": "", "pt": (*"ãõçêâô", "olá")}
"""Letters, and words whose accent tells, of only one language ("ola" is Spanish misspelt)."""
_TO_SWITCH = 2
"""Evidence needed to leave the language of the talk: one "thanks" does not."""


@lru_cache(maxsize=1)
def _evidence() -> dict[str, dict[str, frozenset[str]]]:
    path = Path(__file__).with_name("language.toml")
    data: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        language: {kind: frozenset(line.split()) for kind, line in kinds.items()}
        for language, kinds in data.items()
    }


def fold(text: str) -> str:
    """`text` in lower case without accents; ñ becomes n, ç becomes c."""
    return analysis.without_tilde(analysis.fold(text))


_WORD = re.compile(r"[a-z0-9]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")


def words(text: str) -> list[str]:
    """The words and numbers of `text`, folded; letters drawn out ("holaaa") are cut to one."""
    return _WORD.findall(_DRAWN_OUT.sub(r"\1", fold(text)))


def detect_language(
    texts: Iterable[str], previous: str | None = None, default: str = DEFAULT_LANGUAGE
) -> str:
    """The language of a talk: "es", "en" or "pt".

    Args:
        texts: what the customer wrote just now.
        previous: the talk's language so far; kept unless these texts clearly speak another.
        default: for a first message that shows nothing.
    """
    scores = _scores(unicodedata.normalize("NFC", "\n".join(texts).casefold()))
    best = max(scores, key=lambda language: scores[language])
    runner_up = max(score for language, score in scores.items() if language != best)
    needed = _TO_SWITCH if previous else 1
    if scores[best] >= needed and scores[best] > runner_up:
        return best
    return previous or default


@lru_cache(maxsize=512)
def _scores(text: str) -> dict[str, int]:
    """How much of a text speaks for each language; asked several times while one is answered."""
    found = words(text)
    return {language: _score(text, found, language) for language in _MARKS}


def _score(text: str, found: list[str], language: str) -> int:
    """How much of a text speaks for one language; courtesies together no more than one word."""
    known = _evidence()[language]
    courteous = sum(word in known["courtesy"] for word in found)
    plain = [word for word in found if word not in known["courtesy"]]
    clear = sum(word in known["clear"] for word in plain) * _CLEAR
    usual = sum(word in known["usual"] for word in plain) * _USUAL
    marks = sum(text.count(mark) for mark in _MARKS[language]) * _CLEAR
    return clear + usual + marks + min(courteous, 1)
