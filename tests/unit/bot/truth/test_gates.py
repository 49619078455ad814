"""Gated patterns of all rules enter: none is kept from a text that it matches."""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.truth
from bot.truth.folding import fold, plain
from bot.truth.gates import Gated, heads, words_of_every_match
from bot.truth.sentences import fold_affirming, sentences
from tests.told import every_template
from tests.told.scenes import load, scenes


def gates() -> dict[str, Gated]:
    """Every gated pattern of the truth check, by its regular expression."""
    names = [module.name for module in pkgutil.iter_modules(bot.truth.__path__)]
    modules = [importlib.import_module(f"bot.truth.{name}") for name in names]
    found = (gate for module in modules for value in vars(module).values() for gate in _in(value))
    return {gate.pattern.pattern: gate for gate in found}


def _in(value: object) -> Iterator[Gated]:
    many = value.values() if isinstance(value, dict) else value
    for each in many if isinstance(value, (dict, tuple)) else (value,):
        if isinstance(each, Gated):
            yield each


GATES = list(gates().values())
KEPT_OUT = "a gate kept its pattern from a text that it matches"


def wrongly_closed(folded: str) -> list[str]:
    """The patterns that match a text and whose gate says they cannot."""
    return [
        gate.pattern.pattern
        for gate in GATES
        if not gate.may_be_in(folded) and gate.pattern.search(folded)
    ]


def test_the_rules_have_gates() -> None:
    assert len(GATES) > 50


@pytest.mark.parametrize("name", ["lies", "truths"])
def test_no_gate_is_closed_to_a_match_in_a_reply(name: str) -> None:
    dice = random.Random(7)
    for one in every_template(name, scenes(load(), dice, 20), dice):
        folded = fold_affirming(one.reply)
        parts = [folded, *(folded[slice(*sentence)] for sentence in sentences(folded))]
        assert [wrongly_closed(part) for part in parts] == [[]] * len(parts), KEPT_OUT


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.pattern.pattern[:24])
def test_no_gate_is_closed_to_what_its_pattern_generates(gate: Gated) -> None:
    @settings(max_examples=8)
    @given(text=st.from_regex(gate.pattern))
    def is_open(text: str) -> None:
        folded = fold(plain(text))
        assert gate.may_be_in(folded) or not gate.pattern.search(folded), KEPT_OUT

    is_open()


@given(text=st.text(alphabet="abdehinoqrstuyx -–.,:%20|\nñß日", max_size=80))
def test_no_gate_is_closed_to_a_match_in_any_text(text: str) -> None:
    assert wrongly_closed(fold(plain(text))) == [], KEPT_OUT


WORDS = {
    r"\b(?:hoy|envi\w+|mism[oa] dia)\b": {"hoy|", "envi", "mism"},
    r"(?<![a-z])(?:no )?tall[ae]s?(?![a-z])": {"tall"},
    r"\d{1,3} ?%": {"%"},
    r"(?:hay|tenemos)? ?\b(?:\w+ ){0,2}(?:disponibles?|(?:en )?stock)\b": {"disp", "stoc"},
    r"\b(?:el|la) \w+ (?:cuesta|vale)\b": {"cues", "vale"},
}


@pytest.mark.parametrize(("pattern", "expected"), WORDS.items())
def test_the_words_are_read_from_the_pattern(pattern: str, expected: set[str]) -> None:
    assert words_of_every_match(pattern) == expected


@pytest.mark.parametrize("pattern", [r"\w+ \d", r"[a-z]{3,}", r"x?", r"envio|\d", r"\Benvio"])
def test_a_pattern_without_telling_words_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no telling words"):
        words_of_every_match(pattern)


def test_heads_are_short_and_know_whole_words() -> None:
    assert heads("ya 12x lleg") == {*"ya 12xleg", "0", "ya", "ya|", "x|", "ll", "lle", "lleg"}
