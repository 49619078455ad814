"""A facts file enters, the list of its faults leaves, each with the field's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from catalog.money import is_currency
from core.texts import text
from shop.hours import read_days, read_time

MAX_KEY_CHARS = 100
MOST_COST = 1e12

Faults = Iterator[tuple[str, str]]


def check_facts(data: Any, language: str = "es") -> list[str]:
    """The faults of a facts file, one line each; [] when it can be imported.

    Fields this program does not know are never at fault.
    """
    if not isinstance(data, Mapping):
        return [text("catalog.facts.not_object", language)]
    return [
        text("catalog.facts.field", language, path=path, fault=fault)
        for path, fault in _faults(data, language)
    ]


def _faults(data: Mapping[str, Any], language: str) -> Faults:
    for key in data:
        if len(key) > MAX_KEY_CHARS:
            yield key[:20] + "…", _say("name_too_long", language, limit=MAX_KEY_CHARS)
    yield from _texts(data, ("name", "website"), "", language)
    yield from _currency(data, "", language)
    yield from _timezone(data.get("timezone"), language)
    yield from _hours(data.get("hours"), "hours", language)
    for path, entry in _entries(data.get("delivery"), "delivery"):
        yield from _delivery(entry, path, language)
    yield from _payment(data.get("payment"), language)
    if not isinstance(data.get("returns"), str | list | None):
        yield "returns", _say("must_be_text_or_list", language)
    for path, entry in _entries(data.get("branches"), "branches"):
        yield from _branch(entry, path, language)


def _say(key: str, language: str, **fields: object) -> str:
    return text(f"catalog.facts.{key}", language, **fields)


def _entries(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each entry of a list with its path; what is no list stands for itself, and is at fault."""
    if isinstance(value, list):
        for position, entry in enumerate(value):
            yield f"{path}[{position}]", entry
    elif value is not None:
        yield path, None


def _texts(entry: Mapping[str, Any], keys: tuple[str, ...], path: str, language: str) -> Faults:
    for key in keys:
        if not isinstance(entry.get(key), str | None):
            yield path + key, _say("must_be_text", language)


def _currency(entry: Mapping[str, Any], path: str, language: str) -> Faults:
    code = entry.get("currency")
    if code is not None and not (isinstance(code, str) and is_currency(code)):
        yield path + "currency", _say("unknown_currency", language, value=code)


def _timezone(name: Any, language: str) -> Faults:
    if name is not None and not (isinstance(name, str) and _is_timezone(name)):
        yield "timezone", _say("unknown_timezone", language, value=name)


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return name in _timezones()


@cache
def _timezones() -> set[str]:
    """Listing them reads the disk."""
    return available_timezones()


def _hours(value: Any, path: str, language: str) -> Faults:
    if isinstance(value, str | None):
        return
    if not isinstance(value, list):
        yield path, _say("must_be_text_or_list", language)
        return
    for where, entry in _entries(value, path):
        if isinstance(entry, Mapping):
            yield from _opening(entry, where + ".", language)
        else:
            yield where, _say("must_be_object", language)


def _opening(entry: Mapping[str, Any], path: str, language: str) -> Faults:
    if read_days(entry.get("days")) is None:
        yield path + "days", _say("unknown_days", language, value=entry.get("days", ""))
    if not isinstance(entry.get("closed"), bool | None):
        yield path + "closed", _say("must_be_true_or_false", language)
    elif not entry.get("closed"):
        for key in ("open", "close"):
            if read_time(entry.get(key)) is None:
                yield path + key, _say("unknown_time", language, value=entry.get(key, ""))


def _delivery(entry: Any, path: str, language: str) -> Faults:
    if not isinstance(entry, Mapping):
        yield path, _say("must_be_list" if path == "delivery" else "must_be_object", language)
        return
    yield from _texts(entry, ("zone", "time"), path + ".", language)
    yield from _currency(entry, path + ".", language)
    cost = entry.get("cost")
    is_number = isinstance(cost, int | float) and not isinstance(cost, bool)
    if cost is not None and not (is_number and 0 <= cost < MOST_COST):
        yield path + ".cost", _say("must_be_number", language)


def _payment(value: Any, language: str) -> Faults:
    is_texts = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    if value is not None and not is_texts:
        yield "payment", _say("must_be_list_of_text", language)


def _branch(entry: Any, path: str, language: str) -> Faults:
    if not isinstance(entry, Mapping):
        yield path, _say("must_be_list" if path == "branches" else "must_be_object", language)
        return
    yield from _texts(entry, ("name", "address", "phone"), path + ".", language)
    yield from _hours(entry.get("hours"), path + ".hours", language)
