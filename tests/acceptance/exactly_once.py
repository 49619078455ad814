"""A shop's database and what Twilio took enter; an error leaves unless all was answered once.

The AI stand-in repeats what it was asked, so what was sent also tells what it answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from core.texts import LANGUAGES, text

Rows = Callable[[str], Sequence[Sequence[Any]]]

ECHO = "Recibido: {question}"
PATIENCE = {text("customer.moment", language) for language in LANGUAGES}
"""Said beside the replies, to whoever waits for long."""


def check(rows: Rows, sent: Sequence[dict[str, Any]]) -> None:
    """Check that every stored message is covered by exactly one reply, sent once and in order.

    Args:
        rows: answers a query of the shop's database.
        sent: what Twilio accepted, in order.
    """
    check_turns(rows)
    check_sends(rows, sent)
    check_words(rows, sent)


def check_turns(rows: Rows) -> None:
    """Each conversation's finished turns cover 1..tail without a gap or an overlap."""
    turns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for conversation, first, last in rows(
        "SELECT conversation_id, from_seq, to_seq FROM turn"
        " WHERE state = 'finished' AND kind <> 'moment' ORDER BY conversation_id, to_seq"
    ):
        turns[conversation].append((first, last))
    for conversation, tail, done in rows("SELECT id, tail, done FROM conversation"):
        covered = turns[conversation]
        assert (covered[0][0], covered[-1][1], done) == (1, tail, tail), (conversation, covered)
        assert all(after[0] == before[1] + 1 for before, after in pairwise(covered)), covered
    assert not rows("SELECT id FROM turn WHERE state = 'saved'")


def check_sends(rows: Rows, sent: Sequence[dict[str, Any]]) -> None:
    """What Twilio took is exactly what the shop says it sent."""
    taken = sorted(message["sid"] for message in sent)
    items = rows("SELECT message_sid, state FROM outbox_item WHERE state <> 'withdrawn'")
    assert {state for _, state in items} == {"accepted"}
    assert taken == sorted(sid for sid, _ in items)


def check_words(rows: Rows, sent: Sequence[dict[str, Any]]) -> None:
    """Every customer was told each of their messages once, in the order they wrote them."""
    told: dict[str, list[str]] = defaultdict(list)
    for message in sent:
        if message["body"] in PATIENCE:
            continue
        told[message["to"]] += message["body"].removeprefix("Recibido: ").splitlines()
    written: dict[str, list[str]] = defaultdict(list)
    for customer, body in rows(
        "SELECT customer_address, body FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE direction = 'inbound' ORDER BY conversation_id, seq"
    ):
        written[customer].append(body)
    assert told == written
