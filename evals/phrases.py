"""A reply enters, what it says and what it affirms leave, whatever its wording."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from bot.reading.language import fold

_CLAUSE_END = re.compile(r"[.,;:!?…](?=\s|$)|[\n()—]| (?:pero|but|mas|aunque|asi que|so) ")
_NO_DENIAL = re.compile(
    r"\b(?:(?:no|sin|sem|nao)(?: hay| te| se| tem)? (?:problemas?|preocupes?|worries|duda|duvida)"
    r"|como no|not only|no solo|(?:no|nada) mas|nothing but|nada alem)\b"
)
_DENIES = re.compile(
    r"\b(?:no|ni|nunca|jamas|sin|nada|tampoco|ningun[oa]?|nao|nem|nunca|sem|nenhum[a]?|not|nothing|never|without"
    r"|cannot|unable|imposible|impossivel|lament\w*|sorry|\w+n't)\b"
)


def is_known(name: str) -> bool:
    """Whether `phrases.toml` has ways to say this."""
    return name in _phrases()


def says(reply: str, names: str) -> bool:
    """Whether a reply says one of these things ("unknown|handoff")."""
    return any(
        contains(reply, pattern) for name in names.split("|") for pattern in _phrases()[name]
    )


def without(reply: str, name: str) -> str:
    """A folded reply with every way of saying this taken out."""
    said = folded(reply)
    for pattern in _phrases()[name]:
        said = re.sub(pattern, " ", said)
    return said


def contains(reply: str, pattern: str) -> bool:
    """Whether a folded pattern occurs in a reply."""
    return bool(re.search(pattern, folded(reply), re.IGNORECASE))


def affirms(reply: str, pattern: str) -> bool:
    """Whether a folded pattern occurs in a clause that does not deny it."""
    return any(
        re.search(pattern, clause, re.IGNORECASE) and not denies(clause)
        for clause in clauses(reply)
    )


def clauses(reply: str) -> Iterator[str]:
    """The reply's clauses, folded."""
    return (part for part in _CLAUSE_END.split(folded(reply)) if part.strip())


def denies(clause: str) -> bool:
    """Whether a folded clause says no."""
    return bool(_DENIES.search(_NO_DENIAL.sub(" ", clause)))


def folded(reply: str) -> str:
    """Lower case, no accents, no marks of emphasis, plain apostrophes."""
    return fold(re.sub("[*_~`]", "", reply).replace("’", "'").replace("\u00a0", " "))


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, tuple[str, ...]]:
    path = Path(__file__).with_name("phrases.toml")
    known = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: tuple(patterns) for name, patterns in known.items()}
