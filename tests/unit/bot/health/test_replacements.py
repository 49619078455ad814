"""What stands in for a model that is gone: by the newest word, for a day, never in a circle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.health.replacements import Replacement, Replacements
from tests.fakes import FixedClock

CASES = [
    ("nothing is known", "", "a"),
    ("one", "a>b", "b"),
    ("one after another", "a>b b>c", "c"),
    ("back again", "a>b b>a", "a"),
    ("back again in three steps", "a>b b>c c>a", "a"),
    ("once more", "a>b b>a a>c", "c"),
]


def replacements(clock: FixedClock, said: str, *, is_late: bool = False) -> Replacements:
    """Each `gone>found` is a minute after the one before; late: the newest is heard first."""
    known, start = Replacements(clock), clock.now()
    words = [
        Replacement("groq", *word.split(">"), start + timedelta(minutes=minute))
        for minute, word in enumerate(said.split())
    ]
    for word in reversed(words) if is_late else words:
        known.add(word)
    return known


@pytest.mark.parametrize("is_late", [False, True], ids=["in turn", "newest first"])
@pytest.mark.parametrize(("name", "said", "model"), CASES, ids=[case[0] for case in CASES])
def test_the_newest_word_counts(
    clock: FixedClock, name: str, said: str, model: str, is_late: bool
) -> None:
    assert replacements(clock, said, is_late=is_late).resolve("groq", "a") == model


def test_after_a_day_the_model_set_is_asked_again(clock: FixedClock) -> None:
    known = replacements(clock, "a>b")
    clock.advance(86400)
    assert known.resolve("groq", "a") == "a"


def test_other_providers_keep_their_model_of_the_same_name(clock: FixedClock) -> None:
    assert replacements(clock, "a>b").resolve("openai", "a") == "a"
