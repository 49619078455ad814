"""A shop's database, what was written and what Twilio stored enter; broken promises leave.

What Twilio stored and reported as failed did not reach the customer. Each message Twilio stored
carries our outbox id in its status address, so that it is known which reply it belongs to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.chaos.outside import outbox_of

Rows = Callable[[str], Sequence[Sequence[Any]]]
MOMENT = "moment"
BURIED = "buried"

OPEN = (
    "SELECT id, tail, done, lease_owner FROM conversation"
    " WHERE tail > done OR lease_owner IS NOT NULL",
    "SELECT conversation_id, turn_id, state, next_at FROM outbox_item"
    " WHERE state IN ('queued', 'sending', 'unclear')",
    "SELECT conversation_id, id, kind, from_seq, to_seq FROM turn WHERE state = 'saved'",
)


@dataclass(frozen=True)
class Part:
    """One part of a reply as the shop believes it went out."""

    id: str
    customer: str
    conversation: int
    first: int
    last: int
    number: int
    state: str
    kind: str
    body: str

    def __str__(self) -> str:
        place = f"conversation {self.conversation} {self.first}..{self.last}/{self.number}"
        return f"{place} {self.kind} {self.state} {self.id} {self.body[:40]!r}"


@dataclass
class Verdict:
    """What was found; the lists are empty when every promise was kept."""

    messages: int = 0
    replies: int = 0
    moments: int = 0
    buried: int = 0
    refused: int = 0
    undelivered: int = 0
    unknown: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    left_open: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.left_open)

    def lines(self) -> list[str]:
        """What to print."""
        lines = [
            f"  {self.messages} messages, {self.replies} parts of replies arrived; by plan"
            f" {self.refused} refused, {self.undelivered} undelivered, {self.unknown} given up"
            f" without an answer;"
            f" {self.moments} un momento, {self.buried} apologies",
            f"  lost {len(self.lost)}, doubled {len(self.doubled)},"
            f" out of order {len(self.disordered)}, left open {len(self.left_open)}",
        ]
        for name in ("lost", "doubled", "disordered", "left_open"):
            lines += [f"  {name}: {what}" for what in getattr(self, name)[:10]]
        return lines


def judge(
    rows: Rows,
    written: Mapping[str, Sequence[str]],
    sent: Sequence[Mapping[str, Any]],
    refused: set[str],
) -> Verdict:
    """Judge one run.

    Args:
        rows: answers a query of the shop's database.
        written: what each customer wrote and was acknowledged, in order.
        sent: what Twilio stored, in order; with "failed" where it reported a failure.
        refused: the outbox ids Twilio refused for good.
    """
    verdict = Verdict(messages=sum(map(len, written.values())))
    verdict.left_open += [f"{query}: {found}" for query in OPEN if (found := list(rows(query))[:5])]
    parts = _parts(rows)
    _check_stored(verdict, rows, written)
    _check_turns(verdict, rows)
    _check_parts(verdict, parts, sent, refused)
    _check_order(verdict, parts, sent)
    _check_words(verdict, parts, written)
    return verdict


def _parts(rows: Rows) -> dict[str, Part]:
    query = (
        "SELECT outbox_item.id, customer_address, conversation.id, from_seq, to_seq, part,"
        " outbox_item.state, turn.kind, outbox_item.body FROM outbox_item"
        " JOIN turn ON turn.id = turn_id"
        " JOIN conversation ON conversation.id = turn.conversation_id"
        " ORDER BY conversation.id, from_seq, to_seq, part"
    )
    return {row[0]: Part(*row) for row in rows(query)}


def _check_stored(verdict: Verdict, rows: Rows, written: Mapping[str, Sequence[str]]) -> None:
    """Every acknowledged message stands in the database once, in the order it was written."""
    stored: dict[str, list[str]] = defaultdict(list)
    for customer, body in rows(
        "SELECT customer_address, body FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE direction = 'inbound' ORDER BY conversation_id, seq"
    ):
        stored[customer].append(body)
    for customer, bodies in written.items():
        if stored[customer] != list(bodies):
            verdict.lost.append(f"{customer} wrote {bodies}, stored is {stored[customer]}")


def _check_turns(verdict: Verdict, rows: Rows) -> None:
    """Each conversation's finished turns cover 1..tail without a gap or an overlap."""
    turns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for conversation, first, last in rows(
        "SELECT conversation_id, from_seq, to_seq FROM turn"
        f" WHERE state = 'finished' AND kind <> '{MOMENT}' ORDER BY conversation_id, to_seq"
    ):
        turns[conversation].append((first, last))
    for conversation, tail in rows("SELECT id, tail FROM conversation"):
        answered = [seq for first, last in turns[conversation] for seq in range(first, last + 1)]
        if answered != list(range(1, tail + 1)):
            verdict.lost.append(f"conversation {conversation}: 1..{tail}, {turns[conversation]}")


def _check_parts(
    verdict: Verdict,
    parts: Mapping[str, Part],
    sent: Sequence[Mapping[str, Any]],
    refused: set[str],
) -> None:
    """Each part reached its customer once, or the shop knows that it did not."""
    arrived: Counter[str] = Counter()
    failed: set[str] = set()
    for message in sent:
        outbox_id = outbox_of(message["status_callback"])
        arrived[outbox_id] += "failed" not in message
        if "failed" in message:
            failed.add(outbox_id)
    for outbox_id, part in parts.items():
        times = arrived.pop(outbox_id, 0)
        what = f"{part} arrived {times} times"
        verdict.moments += part.kind == MOMENT and times > 0
        verdict.buried += part.kind == BURIED and times > 0
        verdict.replies += part.kind != MOMENT and times > 0
        if times > 1 or (times and is_replaced(part, parts)):
            verdict.doubled.append(what)
        elif times and part.state == "failed":  # nothing is said in its stead
            verdict.unknown += 1
        elif part.state == "failed" and outbox_id in refused:
            verdict.refused += 1
        elif part.state == "failed" and outbox_id in failed:
            verdict.undelivered += 1
        elif times == 0 and part.state != "withdrawn" and part.kind != MOMENT:
            verdict.lost.append(f"{what}{' after a failure' if outbox_id in failed else ''}")
    verdict.doubled += [f"nobody's: {outbox_id}" for outbox_id, times in arrived.items() if times]


def is_replaced(part: Part, parts: Mapping[str, Part]) -> bool:
    """Whether a reply was withdrawn and another one said in its stead, a burial's apart."""
    return part.state == "withdrawn" and not any(
        other.kind == BURIED and other.conversation == part.conversation for other in parts.values()
    )


def _check_order(
    verdict: Verdict, parts: Mapping[str, Part], sent: Sequence[Mapping[str, Any]]
) -> None:
    """Replies in the order of the messages they answer, "un momento" once and before its answer."""
    reached: dict[str, tuple[int, int]] = {}
    resent = {
        (part.conversation, part.last)
        for message in sent
        if "failed" in message and (part := parts.get(outbox_of(message["status_callback"])))
    }
    told: set[tuple[int, int]] = set()
    for message in sent:
        part = parts.get(outbox_of(message["status_callback"]))
        if part is None or "failed" in message:
            continue
        if part.kind == MOMENT:
            if (part.conversation, part.first) in told or reached.get(part.customer, (0, 0))[
                0
            ] >= part.first:
                verdict.disordered.append(f"too much: {part}")
            told.add((part.conversation, part.first))
            continue
        place = (part.last, part.number)
        before = reached.get(part.customer, (0, 0))
        if place < before and (part.conversation, part.last) not in resent:
            verdict.disordered.append(f"{part} after {before}")
        reached[part.customer] = max(place, before)


def _check_words(
    verdict: Verdict, parts: Mapping[str, Part], written: Mapping[str, Sequence[str]]
) -> None:
    """An AI that repeats what it was asked was asked just the messages its turn covers."""
    for part in parts.values():
        if part.number or part.state == "withdrawn" or not part.body.startswith("Recibido: "):
            continue
        told = part.body.removeprefix("Recibido: ").partition("\n\n")[0].split("\n")
        if told != list(written[part.customer])[part.first - 1 : part.last]:
            verdict.lost.append(f"other words: {part}")
