"""How often the intents of labelled messages are found exactly; the messages stand beside."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from bot.reading.intents import intents
from bot.reading.sentence import POLITE


def labelled(name: str) -> list[tuple[set[str], str]]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(set(labels.split(",")), message) for labels, message in pairs]


def is_right(wanted: set[str], message: str) -> bool:
    """Exactly what is wanted; courtesies beside it do not matter."""
    found = intents(message)
    return wanted <= found and found - POLITE == wanted - POLITE


@pytest.mark.parametrize(
    ("name", "share"), [("messages_seen.tsv", 0.96), ("messages_unseen.tsv", 0.94)]
)
def test_what_a_message_wants_is_found_exactly(name: str, share: float) -> None:
    judged = [(is_right(*pair), pair) for pair in labelled(name)]
    wrong = [pair for right, pair in judged if not right]
    assert len(wrong) <= len(judged) * (1 - share), wrong


@pytest.mark.parametrize("name", ["messages_seen.tsv", "messages_unseen.tsv"])
def test_no_intent_is_missed_much_more_than_others(name: str) -> None:
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for wanted, message in labelled(name):
        for intent in wanted:
            found[intent].append(intent in intents(message))
    assert {i for i, hits in found.items() if sum(hits) < 0.75 * len(hits) - 0.5} == set()
