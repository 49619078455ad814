"""A file of judged queries or scripted talks enters, checked values or every fault in it leave."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails

from bot.reading.language import fold
from core.errors import ConfigError
from core.texts import text
from evals.phrases import is_known

MOST_FAULTS = 20


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _pattern(given: str) -> str:
    """A word or regular expression, without the accents that replies are read without."""
    folded = "".join(fold(letter) if not letter.isascii() else letter for letter in given)
    try:
        re.compile(folded)
    except re.error:
        raise ValueError("pattern") from None
    return folded


def _several(given: Any) -> Any:
    return (given,) if isinstance(given, str) else tuple(given) if given else given


def _phrase(given: str) -> str:
    if not all(map(is_known, given.split("|"))):
        raise ValueError("phrase")
    return given


Said = Annotated[str, Field(min_length=1)]
Skus = tuple[Said, ...]
Pattern = Annotated[Said, AfterValidator(_pattern)]
Phrase = Annotated[str, AfterValidator(_phrase)]
Language = Literal["es", "en", "pt"]


class Names(_Strict):
    """Which products a reply names; `only` [] allows none."""

    all: Skus = ()
    any: Skus = ()
    none: Skus = ()
    only: Skus | None = None


class Amounts(_Strict):
    """Sums of money, in major units: those that must be said, and those that may be besides."""

    contain: tuple[Decimal, ...] = ()
    allow: tuple[Decimal, ...] = ()


class Expectation(_Strict):
    """What any right reply to one turn fulfils; docs/evaluation.md says each in words."""

    names: Names = Names()
    prices_of: Skus = ()
    amounts: Amounts = Amounts()
    says: tuple[Phrase, ...] = ()
    says_not: tuple[Phrase, ...] = ()
    contains: tuple[Pattern, ...] = ()
    lacks: tuple[Pattern, ...] = ()
    refuses: tuple[Pattern, ...] = ()
    language: Language | None = None
    new: bool = False
    max_chars: Annotated[int, Field(ge=1)] | None = None

    @property
    def skus(self) -> set[str]:
        names = self.names
        return {*self.prices_of, *names.all, *names.any, *names.none, *(names.only or ())}


class Turn(_Strict):
    """What the customer says, in one message or several; with `reply` it was answered before."""

    say: Annotated[tuple[Said, ...], BeforeValidator(_several), Field(min_length=1)]
    reply: Said | None = None
    expect: Expectation = Expectation()


class Talk(_Strict):
    """One customer's talk; `products` are rows the shop has in this talk only."""

    id: Said
    kind: Said
    language: Language = "es"
    tags: tuple[str, ...] = ()
    products: tuple[dict[str, str | int | float], ...] = ()
    turns: Annotated[tuple[Turn, ...], Field(min_length=1)]


class Query(_Strict):
    """One query with the products that answer it: 2 what was asked for, 1 acceptable."""

    id: Said
    query: str
    tags: tuple[str, ...] = ()
    relevant: dict[str, Literal[1, 2]]


class _Case(Protocol):
    @property
    def id(self) -> str: ...


C = TypeVar("C", bound=_Case)


def read_talks(path: Path) -> tuple[Talk, ...]:
    """The talks of a file.

    Raises:
        ConfigError: a line for each fault, with the talk's id and the field.
    """
    return _read(path, TypeAdapter(tuple[Talk, ...]))


def read_queries(path: Path) -> tuple[Query, ...]:
    """The judged queries of a file; faults as `read_talks`."""
    return _read(path, TypeAdapter(tuple[Query, ...]))


def _read(path: Path, shape: TypeAdapter[tuple[C, ...]]) -> tuple[C, ...]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        raise ConfigError(text("commands.file_unreadable", file=path.name)) from None
    try:
        cases = shape.validate_json(content)
    except ValidationError as error:
        raise ConfigError(*islice(_sentences(path, content, error), MOST_FAULTS)) from None
    if not cases:
        raise ConfigError(text("evals.file_empty", file=path.name))
    seen = Counter(case.id for case in cases)
    raise_faults(fault(id_, "id", "twice") for id_, count in seen.items() if count > 1)
    return cases


def fault(case_id: str, field: str, reason: str, value: object = "") -> str:
    """One line on what is wrong with one field of one case; `reason` as `evals.fault` has it."""
    said = text(f"evals.fault.{reason}", value=value)
    return text("evals.fault_in", id=case_id, field=field, reason=said)


def raise_faults(faults: Iterable[str]) -> None:
    """Raise ConfigError with these lines, if there are any."""
    found = list(islice(faults, MOST_FAULTS))
    if found:
        raise ConfigError(*found)


def _sentences(path: Path, content: str, faults: ValidationError) -> Iterator[str]:
    for one in faults.errors():
        if one["type"] == "json_invalid":
            yield text("commands.json_broken", file=path.name, reason=one["ctx"]["error"])
        elif not one["loc"]:
            yield text("evals.file_empty", file=path.name)
        else:
            yield _sentence(json.loads(content), one)


def _sentence(raw: list[Any], error: ErrorDetails) -> str:
    at, *field = error["loc"]
    case = raw[int(at)]
    case_id = case.get("id") if isinstance(case, dict) else None
    reason = {"missing": "missing", "extra_forbidden": "unknown"}.get(error["type"], "wrong")
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
    value = "" if reason == "missing" else json.dumps(error["input"], ensure_ascii=False)
    return fault(str(case_id or f"#{int(at) + 1}"), ".".join(map(str, field)), reason, value)
