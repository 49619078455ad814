"""Facts enter, the lines customers and prompts read leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from catalog.money import format_price, minor_from_major
from core.texts import DEFAULT_LANGUAGE, text
from shop.hours import read_days

TOPICS = ("hours", "delivery", "payment", "returns", "branches")
"""What customers ask about, in the order it is told."""

_FALLBACK_CURRENCY = "USD"
_SETTINGS = ("name", "currency", "timezone")


def describe_topic(
    values: Mapping[str, Any], topic: str, language: str, currency: str | None = None
) -> str:
    """The lines on one topic joined by line ends; "" when nothing is known."""
    value = values.get(topic)
    if value in (None, "", [], {}):
        return ""
    money = str(values.get("currency") or currency or _FALLBACK_CURRENCY)
    entries = value if isinstance(value, list) else [value]
    if topic == "payment":
        return ", ".join(_plain(entry) for entry in entries)
    word = _WORDERS.get(topic, _other)
    return "\n".join(
        word(entry, language, money) if isinstance(entry, Mapping) else _plain(entry)
        for entry in entries
    )


def overview_lines(
    values: Mapping[str, Any], language: str, currency: str | None = None
) -> list[str]:
    """`field: what is said` for every field, the known topics first."""
    told = [(topic, describe_topic(values, topic, language, currency)) for topic in TOPICS]
    others = [(key, _plain(value)) for key, value in values.items() if key not in TOPICS]
    known = [pair for pair in others if pair[0] in (*_SETTINGS, "website")]
    unknown = [pair for pair in others if pair not in known]
    lines: list[str] = []
    for key, said in [*known, *told, *unknown]:
        if said:
            head, *rest = said.splitlines()
            lines += [f"{key}: {head}", *(f"  {line}" for line in rest)]
    return lines


def _hours(entry: Mapping[str, Any], language: str, _currency: str) -> str:
    days = _days(entry.get("days"), language)
    if entry.get("closed") is True:
        when = text("catalog.facts.closed", language)
    else:
        when = "–".join(str(entry[key]) for key in ("open", "close") if entry.get(key))
    return _joined([days, when], ": ") + _rest(entry, ("days", "open", "close", "closed"))


def _days(days: Any, language: str) -> str:
    """The owner's own words in Spanish; in another language the weekdays they name, if they do."""
    given = ", ".join(map(str, days)) if isinstance(days, list) else str(days or "")
    named = read_days(days)
    if language == DEFAULT_LANGUAGE or not named:
        return given
    runs: list[list[int]] = []
    for day in sorted(named):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run(run, language) for run in runs)


def _run(run: list[int], language: str) -> str:
    first, last = (text(f"catalog.weekday.{day}", language) for day in (run[0], run[-1]))
    if len(run) == 1:
        return first
    key = "catalog.facts.list_and" if len(run) == 2 else "catalog.facts.from_to"
    return text(key, language, first=first, last=last)


def _delivery(entry: Mapping[str, Any], language: str, currency: str) -> str:
    money = str(entry.get("currency") or currency)
    cost = entry.get("cost")
    if isinstance(cost, int | float) and not isinstance(cost, bool):
        minor = minor_from_major(cost, money)
        price = (
            format_price(minor, money, language) if minor else text("catalog.facts.free", language)
        )
    else:
        price = str(cost or "")
    details = _joined([price, str(entry.get("time") or "")], ", ")
    rest = _rest(entry, ("zone", "cost", "currency", "time"))
    return _joined([str(entry.get("zone") or ""), details], ": ") + rest


def _branch(entry: Mapping[str, Any], language: str, currency: str) -> str:
    phone = entry.get("phone")
    hours = describe_topic({"hours": entry.get("hours")}, "hours", language, currency)
    details = [
        str(entry.get("address") or ""),
        text("catalog.facts.phone", language, phone=phone) if phone else "",
        hours.replace("\n", "; "),
    ]
    rest = _rest(entry, ("name", "address", "phone", "hours"))
    return _joined([str(entry.get("name") or ""), _joined(details, ", ")], ": ") + rest


def _other(entry: Mapping[str, Any], _language: str, _currency: str) -> str:
    return _plain(entry)


def _rest(entry: Mapping[str, Any], told: tuple[str, ...]) -> str:
    """Fields we do not know, as they are."""
    unknown = [f"{key}: {_plain(value)}" for key, value in entry.items() if key not in told]
    return f" ({'; '.join(unknown)})" if unknown else ""


def _joined(parts: list[str], mark: str) -> str:
    return mark.join(part for part in parts if part)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value in (None, [], {}) else json.dumps(value, ensure_ascii=False)


_WORDERS: dict[str, Callable[[Mapping[str, Any], str, str], str]] = {
    "hours": _hours,
    "delivery": _delivery,
    "branches": _branch,
}
