"""When an owner is told: once while it stands, daily at most, never for a flicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from bot.alarms.causes import COUNTED, MOST_NAMED, STANDING, Cause, joined, judge
from core.texts import LANGUAGES, text

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


CASES = {
    # cause, told at, seems over at, times, asked at → verdict (all in seconds since it began)
    "a flicker is not told": (Cause.AI_DOWN, None, None, 1, 19, None),
    "what stands is told": (Cause.AI_DOWN, None, None, 1, 20, "alarm"),
    "what is told is not told again": (Cause.AI_DOWN, 20, None, 1, 80_000, None),
    "after a day it is": (Cause.AI_DOWN, 20, None, 1, 86_420, "reminder"),
    "well for a moment is not recovered": (Cause.AI_DOWN, 20, 100, 1, 159, None),
    "well for a while is": (Cause.AI_DOWN, 20, 100, 1, 160, "recovered"),
    "what nobody was told of ends quietly": (Cause.AI_DOWN, None, 10, 1, 70, "over"),
    "what comes back is not told at once": (Cause.AI_DOWN, -100, None, 1, 499, None),
    "but ten minutes later": (Cause.AI_DOWN, -100, None, 1, 500, "alarm"),
    "and ends quietly before": (Cause.AI_DOWN, -100, 100, 1, 160, "over"),
    "some need not stand": (Cause.CATALOG_REFUSED, None, None, 1, 0, "alarm"),
    "what is counted is gathered": (Cause.MESSAGE_UNDELIVERED, None, None, 7, 19, None),
    "then told as one": (Cause.MESSAGE_UNDELIVERED, None, None, 7, 20, "alarm"),
    "more of it waits": (Cause.MESSAGE_UNDELIVERED, -100, None, 2, 3499, None),
    "and is told an hour later": (Cause.MESSAGE_UNDELIVERED, -100, None, 2, 3500, "alarm"),
    "who wants a person waits less": (Cause.PERSON_WANTED, -100, None, 1, 500, "alarm"),
    "nothing more happened": (Cause.TURN_BURIED, 20, None, 0, 90_000, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_an_owner_hears_what_matters_and_no_more(
    case: tuple[Cause, float | None, float | None, int, float, str | None],
) -> None:
    cause, told_s, clear_s, times, now_s, verdict = case
    now = START + timedelta(seconds=now_s)
    told = judge(cause, since=START, clear_at=at(clear_s), told_at=at(told_s), times=times, now=now)
    assert told == verdict


def test_every_cause_either_stands_or_is_counted() -> None:
    assert {*STANDING, *COUNTED} == set(Cause)
    assert not {*STANDING} & {*COUNTED}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", Cause)
def test_a_text_names_what_its_rule_gives(cause: Cause, language: str) -> None:
    rule = STANDING.get(cause) or COUNTED[cause]
    given = {name: f"<{name}>" for name in rule.facts}
    said = text(f"owner.alarm.{cause.value}", language, times="<times>", **given)
    assert all(value in said for value in given.values())
    assert ("<times>" in said) == (cause in COUNTED)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", STANDING)
def test_what_stands_has_a_word_for_its_end(cause: Cause, language: str) -> None:
    rule = STANDING[cause]
    said = text(f"owner.recovered.{cause.value}", language, **dict.fromkeys(rule.facts, "x"))
    assert said and not [name for _, name, _, _ in Formatter().parse(said) if name]


def test_of_many_the_last_few_are_named() -> None:
    facts: dict[str, object] = {}
    for code in range(MOST_NAMED + 4):
        facts = joined(Cause.MESSAGE_UNDELIVERED, facts, {"code": code})
    assert facts == {"code": [*range(4, MOST_NAMED + 4)]}
