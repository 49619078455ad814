"""Customers' messages: accepted once, then claimed, renewed, finished or given back.

A conversation's inbound messages are numbered 1..tail; those up to `done` are answered. A claim
raises `epoch` and holds the conversation until its lease ends; every later step names that epoch,
so whoever lost the lease changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot.messages import InboundMessage
from bot.tables import Contact, ContactAddress, Conversation, Message
from core.database import insert_for
from core.errors import BotError, LeaseLost
from core.points import Point, reached
from core.statements import Statement, one_of


class Repeated(BotError):
    """This MessageSid is stored already; rolls the unit of work back."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is stored; its conversation wants work at `due_at`."""

    conversation_id: int
    seq: int
    due_at: datetime
    holder: str | None = None
    """The worker whose turn was under way; it may have read too little."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one conversation while `epoch` stands."""

    conversation_id: int
    epoch: int
    channel: str
    customer_address: str
    shop_address: str
    done: int
    mode: str
    language: str | None
    opted_out: bool
    deaths: int
    """Claims before this one, in a row, whose holder was gone, for whatever reason."""
    failures: int
    """Claims before this one, in a row, that failed by our own fault."""
    waiting_since: datetime | None


SUSPECT_DEATHS = 3
"""A message whose workers died so often in a row may be what kills them. Suspects are worked on
one at a time, and more while nothing happens, and only those being worked on are counted when the
process dies: a shop that is killed again and again must not give up on messages that did nothing.
"""
_AT = bindparam("at", type_=Conversation.due_at.type)
_IS_WAITING = Conversation.tail > Conversation.done
# Who is due and writes once more keeps the place in the queue.
_IS_QUEUED = and_(_IS_WAITING, Conversation.due_at <= _AT, Conversation.lease_owner.is_(None))
_ACCEPTED = (
    Conversation.id,
    Conversation.tail,
    Conversation.waiting_since,
    Conversation.due_at,
    Conversation.lease_owner,
)
_NEXT_NUMBER = Statement(
    update(Conversation)
    .where(
        Conversation.channel == bindparam("on_channel"),
        Conversation.customer_address == bindparam("customer"),
        Conversation.shop_address == bindparam("shop"),
    )
    .values(
        tail=Conversation.tail + 1,
        due_at=case((_IS_QUEUED, Conversation.due_at), else_=bindparam("due", type_=_AT.type)),
        waiting_since=case(
            (Conversation.tail == Conversation.done, _AT), else_=Conversation.waiting_since
        ),
        last_inbound_at=_AT,
    )
    .returning(*_ACCEPTED)
)


_ADD_MESSAGE = Statement(
    lambda dialect: (
        insert_for(dialect, Message)
        .on_conflict_do_nothing(index_elements=["message_sid"])
        .returning(Message.id)
    ),
    *("conversation_id", "seq", "direction", "author", "type", "body", "media", "extra"),
    *("message_sid", "reply_to_sid", "created_at"),
)


def accept(
    connection: Connection,
    message: InboundMessage,
    *,
    now: datetime,
    wait_s: float,
    max_wait_s: float,
) -> Accepted:
    """Store a message and make its conversation due.

    Args:
        wait_s: seconds to wait for more fragments after this message; 0 answers at once.
        max_wait_s: most seconds the first waiting message may wait for fragments.
    Raises:
        Repeated: this MessageSid is stored already; let it roll the unit of work back.
    """
    row = _NEXT_NUMBER.row(
        connection,
        on_channel=message.channel,
        customer=message.customer_address,
        shop=message.shop_address,
        at=now,
        due=now + timedelta(seconds=wait_s),
    )
    conversation_id, seq, waiting_since, due_at, holder = row or _first_message(
        connection, message, now, wait_s
    )
    stored = _ADD_MESSAGE.row(
        connection,
        conversation_id=conversation_id,
        seq=seq,
        direction="inbound",
        author="customer",
        type=message.type,
        body=message.body,
        media=[{"url": m.url, "content_type": m.content_type} for m in message.media],
        extra=dict(message.extra),
        message_sid=message.message_sid,
        reply_to_sid=message.reply_to_sid,
        created_at=now,
    )
    if stored is None:
        raise Repeated(message.message_sid)
    latest = (waiting_since or now) + timedelta(seconds=max_wait_s)
    if wait_s > 0 and latest < due_at:
        due_at = max(latest, now)
        connection.execute(
            update(Conversation).where(Conversation.id == conversation_id).values(due_at=due_at)
        )
    reached(Point.MESSAGE_UNIT)
    return Accepted(conversation_id, seq, due_at, holder)


def _add_conversation(dialect: str) -> Any:
    """Two first messages at once make one conversation: the second only takes the next number."""
    added = insert_for(dialect, Conversation)
    again = {
        "tail": Conversation.tail + 1,
        "due_at": added.excluded.due_at,
        "last_inbound_at": added.excluded.last_inbound_at,
    }
    return added.on_conflict_do_update(
        index_elements=["channel", "customer_address", "shop_address"], set_=again
    ).returning(*_ACCEPTED)


_ADD_CONVERSATION = Statement(
    _add_conversation,
    *("contact_id", "channel", "customer_address", "shop_address", "tail"),
    *("due_at", "waiting_since", "last_inbound_at", "created_at"),
)


def _first_message(
    connection: Connection, message: InboundMessage, now: datetime, wait_s: float
) -> Any:
    """Create contact and conversation; two first messages at once make one of each."""
    return _ADD_CONVERSATION.row(
        connection,
        contact_id=_contact(connection, message, now),
        channel=message.channel,
        customer_address=message.customer_address,
        shop_address=message.shop_address,
        tail=1,
        due_at=now + timedelta(seconds=wait_s),
        waiting_since=now,
        last_inbound_at=now,
        created_at=now,
    )


_FIND_CONTACT = Statement(
    select(ContactAddress.contact_id).where(
        ContactAddress.channel == bindparam("on_channel"),
        ContactAddress.address == bindparam("customer"),
    )
)
_ADD_CONTACT = Statement(insert(Contact).returning(Contact.id), "name", "created_at")
_ADD_ADDRESS = Statement(
    lambda dialect: (
        insert_for(dialect, ContactAddress)
        .on_conflict_do_nothing(index_elements=["channel", "address"])
        .returning(ContactAddress.id)
    ),
    *("contact_id", "channel", "address", "created_at"),
)


def _contact(connection: Connection, message: InboundMessage, now: datetime) -> int:
    whose = {"on_channel": message.channel, "customer": message.customer_address}
    found = _FIND_CONTACT.row(connection, **whose)
    if found is not None:
        return int(found.contact_id)
    name = message.contact_name[:200]
    contact_id = int(_ADD_CONTACT.row(connection, name=name, created_at=now).id)
    claimed = _ADD_ADDRESS.row(
        connection,
        contact_id=contact_id,
        channel=message.channel,
        address=message.customer_address,
        created_at=now,
    )
    if claimed is None:  # somebody else's first message was quicker
        connection.execute(delete(Contact).where(Contact.id == contact_id))
        return int(_FIND_CONTACT.row(connection, **whose).contact_id)
    return contact_id


def is_free(now: Any) -> ColumnElement[bool]:
    """Nobody holds the conversation."""
    return or_(Conversation.lease_until.is_(None), Conversation.lease_until < now)


@cache
def _claim(channels: tuple[str, ...]) -> Statement:
    return Statement(
        update(Conversation)
        .where(
            Conversation.id == bindparam("conversation"),
            Conversation.tail > Conversation.done,
            Conversation.due_at <= _AT,
            is_free(_AT),
            one_of(Conversation.channel, channels),
        )
        .values(
            epoch=Conversation.epoch + 1,
            deaths=Conversation.deaths + 1,
            lease_owner=bindparam("owner"),
            lease_until=bindparam("until"),
        )
        .returning(
            Conversation.id,
            Conversation.epoch,
            Conversation.channel,
            Conversation.customer_address,
            Conversation.shop_address,
            Conversation.done,
            Conversation.mode,
            Conversation.language,
            Conversation.opted_out_at,
            Conversation.deaths,
            Conversation.failures,
            Conversation.waiting_since,
        )
    )


def claim(
    connection: Connection,
    conversation_id: int,
    *,
    owner: str,
    now: datetime,
    lease_s: float,
    channels: Collection[str],
) -> Claim | None:
    """Take the conversation, or None when it is held, not due, or has nothing waiting.

    It counts as a death until it is finished or given back: so those are counted that end with
    the process. A suspect's counts from `work_on_suspect`: until then nothing was done that
    could have killed the process.

    Args:
        channels: those the worker can send through; messages of others wait until one can.
    """
    row = _claim(tuple(channels)).row(
        connection,
        conversation=conversation_id,
        owner=owner,
        at=now,
        until=now + timedelta(seconds=lease_s),
    )
    if row is None:
        return None
    reached(Point.CLAIM_UNIT)
    whose = row._asdict()
    has_stopped = whose.pop("opted_out_at") is not None
    whose |= {"conversation_id": whose.pop("id"), "deaths": row.deaths - 1}
    found = Claim(**whose, opted_out=has_stopped)
    if found.deaths >= SUSPECT_DEATHS:
        _set_deaths(connection, found, found.deaths)
    return found


def work_on_suspect(connection: Connection, claim: Claim) -> None:
    """From now on the process may die of it."""
    _set_deaths(connection, claim, claim.deaths + 1)


def _set_deaths(connection: Connection, claim: Claim, deaths: int) -> None:
    connection.execute(
        update(Conversation).where(*_IS_HELD).values(deaths=deaths),
        {"conversation": claim.conversation_id, "held": claim.epoch},
    )


def next_chance(
    connection: Connection, conversation_id: int, channels: Collection[str]
) -> datetime | None:
    """When a claim that failed may succeed; None when nothing waits for this worker any more."""
    row = connection.execute(
        select(Conversation.due_at, Conversation.lease_until).where(
            Conversation.id == conversation_id,
            Conversation.tail > Conversation.done,
            Conversation.channel.in_(channels),
        )
    ).first()
    if row is None:
        return None
    due_at: datetime = row.due_at
    return max(due_at, row.lease_until or due_at)


def renew(
    connection: Connection,
    held: Sequence[tuple[int, int]],
    *,
    owner: str,
    now: datetime,
    lease_s: float,
) -> set[int]:
    """Prolong leases; answers the conversations that are still ours.

    Args:
        held: (conversation id, epoch) pairs.
    """
    epochs = dict(held)
    rows = connection.execute(
        select(Conversation.id, Conversation.epoch)
        .where(Conversation.id.in_(epochs), Conversation.lease_owner == owner)
        .order_by(Conversation.id)
        .with_for_update()
    )
    ours = {row.id for row in rows if epochs[row.id] == row.epoch}
    connection.execute(
        update(Conversation)
        .where(Conversation.id.in_(ours))
        .values(lease_until=now + timedelta(seconds=lease_s))
    )
    reached(Point.RENEW_UNIT)
    return ours


# Each claim has an epoch of its own; freed, the conversation keeps it, and is nobody's.
_IS_HELD = (
    Conversation.id == bindparam("conversation"),
    Conversation.epoch == bindparam("held"),
    Conversation.lease_owner.is_not(None),
)
_HOLD = Statement(select(Conversation.tail, Conversation.mode).where(*_IS_HELD).with_for_update())
_FINISH = Statement(
    update(Conversation)
    .where(*_IS_HELD)
    .values(
        done=bindparam("upto"),
        lease_owner=None,
        lease_until=None,
        deaths=0,
        failures=0,
        waiting_since=case((Conversation.tail > bindparam("upto"), _AT), else_=None),
    )
    .returning(Conversation.tail, Conversation.due_at)
)


def hold(connection: Connection, conversation_id: int, epoch: int) -> Any:
    """Lock the conversation for this transaction; answers its `tail` and `mode`.

    Raises:
        LeaseLost: this claim holds it no more.
    """
    row = _HOLD.row(connection, conversation=conversation_id, held=epoch)
    if row is None:
        raise LeaseLost(f"conversation {conversation_id} epoch {epoch}")
    return row


def finish(
    connection: Connection, conversation_id: int, epoch: int, *, done: int, now: datetime
) -> datetime | None:
    """Everything up to `done` is answered: free the conversation.

    Returns:
        When the messages that arrived meanwhile are due; None when there are none.
    Raises:
        LeaseLost: this claim holds it no more.
    """
    row = _FINISH.row(connection, conversation=conversation_id, held=epoch, upto=done, at=now)
    if row is None:
        raise LeaseLost(f"conversation {conversation_id} epoch {epoch}")
    reached(Point.FINISH_UNIT)
    due_at: datetime = row.due_at
    return due_at if row.tail > done else None


def give_back(
    connection: Connection, claim: Claim, *, due_at: datetime, has_failed: bool = False
) -> bool:
    """Free the conversation unfinished; it is due again at `due_at`. False when it was not ours.

    Args:
        has_failed: by our own fault; no claim that is given back counts as a death.
    """
    values = {"lease_owner": None, "lease_until": None, "due_at": due_at}
    counts = {"deaths": claim.deaths, "failures": claim.failures + has_failed}
    freed = update(Conversation).where(*_IS_HELD).values(values | counts)
    held = {"conversation": claim.conversation_id, "held": claim.epoch}
    return connection.execute(freed.returning(Conversation.id), held).first() is not None


def postpone(connection: Connection, conversation_id: int, epoch: int, due_at: datetime) -> None:
    """While it is held: due at `due_at` should its holder die."""
    connection.execute(
        update(Conversation).where(*_IS_HELD).values(due_at=due_at),
        {"conversation": conversation_id, "held": epoch},
    )


def free_all_leases(connection: Connection) -> int:
    """On SQLite, after taking the one-process lock: whoever held a lease is dead."""
    rows = connection.execute(
        update(Conversation)
        .where(Conversation.lease_owner.is_not(None))
        .values(lease_owner=None, lease_until=None)
        .returning(Conversation.id)
    )
    return len(rows.all())
