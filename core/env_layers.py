"""Layers of settings enter, strongest first; one value per name, its source and warnings leave."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream

from core.env_values import is_placeholder
from core.errors import ConfigError
from core.texts import text

ENV_FILE = ".env"
ENVIRONMENT = "environment"
SAVED = "saved"
DEFAULT = "default"

_NEAR_MISS = {SAVED: 0.8, ENV_FILE: 0.8, ENVIRONMENT: 0.9}
"""How alike a name must be to be asked about: the environment also belongs to other programs."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One place settings come from; names in capitals, values stripped."""

    source: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value that counts for each name that is set, and where it stands."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    sources: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def layer(source: str, values: Mapping[str, str]) -> Layer:
    """A layer whose names may be written in any letter case; capitals win."""
    by_name = {name.upper(): value.strip() for name, value in sorted(values.items(), reverse=True)}
    return Layer(source, by_name)


def read_env_file(path: Path | None) -> tuple[dict[str, str], list[str]]:
    """Names and values of a `.env`, and a warning for each line that says nothing.

    A file that is not there is an empty one; of a name that stands twice the last line counts.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8 (a byte order mark is fine).
    """
    if path is None or not path.exists():
        return {}, []
    values: dict[str, str] = {}
    warnings: list[str] = []
    for binding in parse_stream(io.StringIO(_decoded(path))):
        line = binding.original.line
        if binding.error or (binding.key and binding.value is None):
            warnings.append(text("setup.warning.bad_line", line=line))
        elif binding.key and binding.value is not None:
            if binding.key in values:
                warnings.append(text("setup.warning.twice", name=binding.key, line=line))
            values[binding.key] = binding.value
    return values, warnings


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(text("setup.fault.env_unreadable", reason=reason)) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(text("setup.fault.env_not_utf8", line=line)) from error


def choose(
    layers: Sequence[Layer], names: Iterable[str], aliases: Mapping[str, Sequence[str]]
) -> Chosen:
    """Take each name's value from the strongest layer that really sets it.

    Args:
        layers: strongest first.
        names: every setting there is.
        aliases: other names of some settings; the setting's own name wins in whatever layer.
    """
    chosen = Chosen()
    known = list(names)
    for name in known:
        _choose_one(chosen, layers, name, aliases.get(name, ()))
    every_name = [*known, *(other for others in aliases.values() for other in others)]
    for each in layers:
        chosen.warnings.extend(_warnings(each, every_name))
    return chosen


def _choose_one(chosen: Chosen, layers: Sequence[Layer], name: str, aliases: Sequence[str]) -> None:
    for candidate in (name, *aliases):
        found = _first_set(layers, candidate)
        if found is None:
            continue
        value, source = found
        if name not in chosen.values:
            chosen.values[name], chosen.sources[name] = value, source
        elif value != chosen.values[name] and chosen.sources[name] != SAVED:
            warning = text("setup.warning.alias", name=name, alias=candidate)
            chosen.warnings.append(warning)


def _first_set(layers: Sequence[Layer], name: str) -> tuple[str, str] | None:
    for each in layers:
        value = each.values.get(name, "")
        if value and not is_placeholder(value):
            return value, each.source
    return None


def _warnings(each: Layer, known: Sequence[str]) -> Iterable[str]:
    place = text(f"setup.place.{each.source.strip('.')}")
    ours = [name for name in known if name in each.values]
    if empty := [name for name in ours if not each.values[name]]:
        yield text("setup.warning.empty", names=", ".join(empty), place=place)
    if examples := [name for name in ours if is_placeholder(each.values[name])]:
        yield text("setup.warning.placeholder", names=", ".join(examples), place=place)
    likeness = _NEAR_MISS[each.source]
    for name in sorted(set(each.values) - set(known)):
        if close := get_close_matches(name, known, n=1, cutoff=likeness):
            yield text("setup.warning.near_miss", name=name, meant=close[0], place=place)
