"""Replies on their way out: a reply is split and queued; what the channel said is recorded.

States of an item: queued → sending → accepted, or unclear (perhaps sent) → looked up → accepted or
queued again, or failed, or withdrawn. Functions here run inside a unit of work; none of them waits
for the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot.channels.base import STATUS_RANK, rank
from bot.tables import Conversation, Message, OutboxItem, Turn
from catalog.tables import Product
from core.errors import LeaseLost
from core.ids import new_id
from core.points import Point, reached
from core.statements import Statement, one_of

OPEN_STATES = ("queued", "sending", "unclear")
FAILED_STATUSES = frozenset({"failed", "undelivered"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a reply, as the worker handles it."""

    id: str
    turn_id: str
    part: int
    body: str
    state: str
    tries: int
    lookups: int
    next_at: datetime
    sending_at: datetime | None


_ADD_MESSAGE = Statement(
    insert(Message).returning(Message.id),
    *("conversation_id", "seq", "direction", "author", "body", "turn_id", "status", "created_at"),
)
_ADD_PART = Statement(
    insert(OutboxItem),
    *("id", "conversation_id", "turn_id", "message_id", "part", "body", "state", "tries"),
    *("next_at", "sending_at", "created_at"),
)
_OPEN_PARTS = Statement(
    select(*(getattr(OutboxItem, each.name) for each in fields(Part)))
    .where(OutboxItem.turn_id == bindparam("turn"), one_of(OutboxItem.state, OPEN_STATES))
    .order_by(OutboxItem.part)
)
_WHAT_IT_RESTS_ON = Statement(
    select(Conversation.mode, Conversation.opted_out_at, Turn.prices, Turn.truth, Turn.kind)
    .join(Turn, Turn.conversation_id == Conversation.id)
    .where(
        Turn.id == bindparam("turn"),
        Conversation.epoch == bindparam("held"),
        Conversation.lease_owner.is_not(None),
    )
    .with_for_update(of=Conversation)
)
_MARK_SENDING = Statement(
    update(OutboxItem)
    .where(OutboxItem.id == bindparam("item"), OutboxItem.state == "queued")
    .values(
        state="sending",
        sending_at=bindparam("at"),
        tries=OutboxItem.tries + 1,
        lookups=0,
        status=None,
    )
    .returning(OutboxItem.id)
)
_MARK_ACCEPTED = Statement(
    update(OutboxItem)
    .where(
        OutboxItem.id == bindparam("item"),
        one_of(OutboxItem.state, OPEN_STATES),
        # Reported as not delivered, it waits to be sent again: what is said of that send is late.
        or_(
            OutboxItem.state != "queued",
            OutboxItem.status.is_(None),
            and_(*(OutboxItem.status != word for word in sorted(FAILED_STATUSES))),
        ),
    )
    .values(
        state="accepted",
        message_sid=bindparam("sid"),
        status=func.coalesce(OutboxItem.status, bindparam("word")),
    )
    .returning(OutboxItem.message_id, OutboxItem.turn_id, OutboxItem.status)
)
_STATUS = Statement(
    select(OutboxItem.status, OutboxItem.message_id, OutboxItem.turn_id).where(
        OutboxItem.id == bindparam("item")
    )
)
_STATUSES = Statement(select(OutboxItem.status).where(OutboxItem.turn_id == bindparam("turn")))
_SET_MESSAGE_STATUS = Statement(
    update(Message)
    .where(Message.id == bindparam("message"), Message.status != "withdrawn")
    .values(status=bindparam("word"))
)
_IS_OTHER_PART = (OutboxItem.turn_id == bindparam("turn")) & (OutboxItem.id != bindparam("item"))
_SET_STATUS_OF_ONE = Statement(
    update(Message)
    .where(
        Message.id == bindparam("message"),
        Message.status != "withdrawn",
        ~select(OutboxItem.id).where(_IS_OTHER_PART).exists(),
    )
    .values(status=bindparam("word"))
    .returning(Message.id)
)


def queue_parts(
    connection: Connection,
    *,
    conversation_id: int,
    turn_id: str,
    seq: int,
    body: str,
    parts: Sequence[str],
    author: str,
    now: datetime,
    is_begun: bool = False,
) -> list[Part]:
    """Store a reply as one message of the talk and one outbox item a part.

    Args:
        is_begun: the first part is being sent as soon as this unit stands.
    """
    message_id = _ADD_MESSAGE.row(
        connection,
        conversation_id=conversation_id,
        seq=seq,
        direction="outbound",
        author=author,
        body=body,
        turn_id=turn_id,
        status="queued",
        created_at=now,
    ).id
    queued = [
        Part(new_id(), turn_id, number, part, "queued", 0, 0, now, None)
        for number, part in enumerate(parts)
    ]
    if is_begun:
        queued[0] = replace(queued[0], state="sending", tries=1, sending_at=now)
    for part in queued:
        _ADD_PART.run(
            connection,
            id=part.id,
            conversation_id=conversation_id,
            turn_id=turn_id,
            message_id=message_id,
            part=part.part,
            body=part.body,
            state=part.state,
            tries=part.tries,
            next_at=now,
            sending_at=part.sending_at,
            created_at=now,
        )
    return queued


def open_parts(connection: Connection, turn_id: str) -> list[Part]:
    """The parts of a turn that are not settled yet, in sending order."""
    return [Part(*row) for row in _OPEN_PARTS.rows(connection, turn=turn_id)]


def begin_send(connection: Connection, part: Part, epoch: int, now: datetime) -> str | None:
    """Mark a part as being sent, if everything it rests on still holds.

    Args:
        now: read inside this unit of work, so that waiting for the database costs no settle time.
    Returns:
        None when it may be sent now; otherwise why the whole turn was withdrawn: "opted_out",
        "person" (a human took over) or "price" (a product it names changed, was sold out or went
        away); or "settled": a status callback was quicker, there is nothing left to send.
    Raises:
        LeaseLost: somebody else works on this conversation now.
    """
    row = _WHAT_IT_RESTS_ON.row(connection, turn=part.turn_id, held=epoch)
    if row is None:
        raise LeaseLost(f"turn {part.turn_id} epoch {epoch}")
    reason = None
    if row.opted_out_at is not None and row.kind != "opt_out":
        reason = "opted_out"
    elif row.mode == "person":
        reason = "person"
    elif part.part == 0 and not still_stands(connection, row.prices, row.truth):
        reason = "price"
    if reason is not None:
        withdraw(connection, part.turn_id)
        return reason
    marked = _MARK_SENDING.row(connection, item=part.id, at=now)
    reached(Point.SEND_UNIT)
    return None if marked else "settled"


@cache
def _products(count: int) -> Statement:
    """So many active products by their ids; a reply names few, so there are few such statements."""
    ids = [bindparam(f"id_{index}", type_=Product.id.type) for index in range(count)]
    return Statement(
        select(Product.id, Product.price_minor, Product.stock).where(
            Product.id.in_(ids), Product.active
        )
    )


def still_stands(
    connection: Connection, prices: Mapping[str, int], truth: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether the products a reply rests on are there at its prices, and not sold out meanwhile."""
    if not prices:
        return True
    rows = _products(len(prices)).rows(
        connection, **{f"id_{index}": int(key) for index, key in enumerate(prices)}
    )
    available = {key for decision in truth for key in decision.get("available", ())}
    is_left = all(row.stock != 0 for row in rows if str(row.id) in available)
    return is_left and {str(row.id): row.price_minor for row in rows} == dict(prices)


def withdraw(connection: Connection, turn_id: str) -> None:
    """Take back what was not sent yet; the waiting messages want a new answer."""
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.turn_id == turn_id, OutboxItem.state.in_(OPEN_STATES))
        .values(state="withdrawn")
    )
    connection.execute(update(Turn).where(Turn.id == turn_id).values(state="withdrawn"))
    sent = (
        select(OutboxItem.id)
        .where(OutboxItem.message_id == Message.id, OutboxItem.state == "accepted")
        .exists()
    )
    connection.execute(
        update(Message).where(Message.turn_id == turn_id, ~sent).values(status="withdrawn")
    )


def record_accepted(
    connection: Connection, outbox_id: str, message_sid: str, status: str
) -> Literal["new", "known", "undelivered"]:
    """The channel took the part and gave it an id; a status callback may have been quicker.

    Returns:
        "undelivered" when that callback said so: see `receipts.record_early`; "known" when it was
        acted on already, perhaps by taking the part back into the queue.
    """
    marked = _MARK_ACCEPTED.row(connection, item=outbox_id, sid=message_sid, word=status)
    if marked is None:
        advance_status(connection, outbox_id, status, None)
    elif rank(status) > rank("queued"):  # a message begins as queued
        _move_message(connection, marked.message_id, marked.turn_id)
    reached(Point.ACCEPT_UNIT)
    if marked is None:
        return "known"
    return "undelivered" if marked.status in FAILED_STATUSES else "new"


def record_unclear(connection: Connection, outbox_id: str, next_at: datetime) -> None:
    """Perhaps sent: nobody sends it again before it was looked up at `next_at`."""
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == outbox_id, OutboxItem.state == "sending")
        .values(state="unclear", next_at=next_at)
    )


def record_not_found(
    connection: Connection, outbox_id: str, *, next_at: datetime, again: bool
) -> None:
    """A look-up did not find the part.

    Args:
        again: True to look once more at `next_at`; False to send it again then.
    """
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == outbox_id, OutboxItem.state.in_(("sending", "unclear")))
        .values(
            state="unclear" if again else "queued",
            lookups=OutboxItem.lookups + 1,
            next_at=next_at,
        )
    )


def record_retry(
    connection: Connection, outbox_id: str, *, next_at: datetime, code: int | None
) -> None:
    """Certainly not sent; it is tried again at `next_at`."""
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == outbox_id, OutboxItem.state == "sending")
        .values(state="queued", next_at=next_at, error_code=code)
    )


def record_failed(connection: Connection, outbox_id: str, code: int | None) -> None:
    """It will never be accepted; a part that a status callback settled stays as it is."""
    failed = connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == outbox_id, OutboxItem.state.in_(OPEN_STATES))
        .values(state="failed", error_code=code)
        .returning(OutboxItem.id)
    ).first()
    if failed:
        advance_status(connection, outbox_id, "failed", code)


@cache
def _step_to(reached_rank: int) -> Statement:
    """Move an accepted part's status to a word of this rank, from any lower one."""
    as_far = [word for word, its_rank in STATUS_RANK.items() if its_rank >= reached_rank]
    return Statement(
        update(OutboxItem)
        .where(
            OutboxItem.message_sid == bindparam("sid"),
            OutboxItem.state == "accepted",
            or_(OutboxItem.status.is_(None), ~one_of(OutboxItem.status, as_far)),
        )
        .values(status=bindparam("word"))
        .returning(OutboxItem.id, OutboxItem.message_id, OutboxItem.turn_id)
    )


def step_forward(connection: Connection, message_sid: str, status: str) -> bool:
    """Move an accepted part, and its message, to a later status: what nearly every callback asks.

    Args:
        status: a word that does not say "failed".
    Returns:
        False when there is more to it, or nothing to do.
    """
    if rank(status) < 0:
        return False
    moved = _step_to(rank(status)).row(connection, sid=message_sid, word=status)
    if moved is None:
        return False
    alone = _SET_STATUS_OF_ONE.row(
        connection, message=moved.message_id, turn=moved.turn_id, item=moved.id, word=status
    )
    if alone is None:
        _move_message(connection, moved.message_id, moved.turn_id)
    return True


def advance_status(connection: Connection, outbox_id: str, status: str, code: int | None) -> None:
    """Move a part's delivery status forward, and its message's with it."""
    found = _STATUS.row(connection, item=outbox_id)
    if found is None or rank(status) <= rank(found.status):
        return
    values: dict[str, object] = {"status": status}
    if code is not None:
        values["error_code"] = code
    connection.execute(update(OutboxItem).where(OutboxItem.id == outbox_id).values(values))
    _move_message(connection, found.message_id, found.turn_id)


def _move_message(connection: Connection, message_id: int, turn_id: str) -> None:
    statuses = (row.status for row in _STATUSES.rows(connection, turn=turn_id))
    _SET_MESSAGE_STATUS.run(connection, message=message_id, word=_whole(statuses))


def _whole(statuses: Iterable[str | None]) -> str:
    """The status of a message of several parts: a failed one's, else the one furthest behind."""
    words = [status or "queued" for status in statuses]
    failed = [word for word in words if word in FAILED_STATUSES]
    return failed[0] if failed else min(words, key=rank)


def has_sent(connection: Connection, turn_id: str) -> bool:
    """Whether the channel took any part of a turn."""
    taken = exists().where(OutboxItem.turn_id == turn_id, OutboxItem.state == "accepted")
    return bool(connection.execute(select(taken)).scalar_one())


def known_sids(connection: Connection, conversation_id: int) -> set[str]:
    """The channel's ids that other parts of this conversation already hold."""
    rows = connection.execute(
        select(OutboxItem.message_sid).where(
            OutboxItem.conversation_id == conversation_id, OutboxItem.message_sid.is_not(None)
        )
    )
    return {sid for sid in rows.scalars() if sid}
