"""A conversation that waits too long enters; "un momento", stored as a turn of its own, leaves.

Such a turn covers no message: its `to_seq` is the last one answered. It belongs to a stretch of
waiting, the one that begins at `from_seq`, and nobody hears two in one stretch. Functions here run
inside a unit of work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot import outbox, policy
from bot.inbox import Claim, is_free
from bot.messages import TalkMessage
from bot.tables import Conversation, Turn
from bot.talk import waiting_messages
from bot.turn import SavedTurn
from core.ids import new_id
from core.texts import text

KIND = "moment"
AFTER_S = 20.0
"""Longer than an AI that answers at all takes: sooner, the answer would come right behind it."""
OLD_S = 600.0
"""What waited longer than this waited through an outage: a moment is no longer what it takes."""

LanguageOf = Callable[[Sequence[TalkMessage], str | None], str]
Prepare = Callable[[str], Sequence[str]]

_AT = bindparam("at", type_=Conversation.due_at.type)
_SINCE = bindparam("since", type_=Conversation.due_at.type)
_OLD = bindparam("old", type_=Conversation.due_at.type)
_TOLD_OR_ANSWERED = exists().where(
    Turn.conversation_id == Conversation.id,
    Turn.to_seq >= Conversation.done,
    Turn.from_seq == Conversation.done + 1,
    or_(Turn.kind == KIND, Turn.state == "saved"),
)
_IS_KEPT_WAITING = (
    Conversation.tail > Conversation.done,
    Conversation.waiting_since <= _SINCE,
    Conversation.waiting_since > _OLD,
    Conversation.mode == "bot",
    Conversation.opted_out_at.is_(None),
    ~_TOLD_OR_ANSWERED,
)
_FORGOTTEN = (
    select(Conversation.id, Conversation.due_at)
    .where(
        *_IS_KEPT_WAITING,
        Conversation.id.not_in(bindparam("told", expanding=True)),
        Conversation.shop_address.not_in(bindparam("busy", expanding=True)),
        Conversation.due_at <= _SINCE,
        is_free(_AT),
        Conversation.channel.concat("").in_(bindparam("channels", expanding=True)),
    )
    .order_by(Conversation.due_at)
    .limit(bindparam("most"))
)
_HELD = (
    select(Conversation.tail, Conversation.done, Conversation.language)
    .where(
        Conversation.id == bindparam("conversation"),
        Conversation.epoch == bindparam("held"),
        Conversation.lease_owner.is_not(None),
        *_IS_KEPT_WAITING,
    )
    .with_for_update(of=Conversation)
)
_OPEN = select(Turn.id, Turn.to_seq).where(
    Turn.conversation_id == bindparam("conversation"),
    Turn.to_seq == bindparam("done"),
    Turn.kind == KIND,
    Turn.state == "saved",
)


def _instants(now: datetime) -> dict[str, datetime]:
    return {
        "at": now,
        "since": now - timedelta(seconds=AFTER_S),
        "old": now - timedelta(seconds=OLD_S),
    }


def forgotten(
    connection: Connection,
    *,
    now: datetime,
    channels: Collection[str],
    busy: Collection[str],
    told: Collection[int],
    limit: int,
) -> list[tuple[int, datetime]]:
    """Conversations nobody works on that have waited too long and were told nothing, with their
    `due_at`, in its order.

    Args:
        busy: shop addresses that could not send at once.
        told: conversations that are being told already.
    """
    wanted = _instants(now) | {
        "channels": list(channels),
        "busy": list(busy),
        "told": list(told),
        "most": limit,
    }
    return [(row.id, row.due_at) for row in connection.execute(_FORGOTTEN, wanted)]


def begin(
    connection: Connection,
    claim: Claim,
    *,
    now: datetime,
    language_of: LanguageOf,
    prepare: Prepare,
) -> SavedTurn | None:
    """Store the sentence, to be sent; None when nobody is to hear it."""
    held = {"conversation": claim.conversation_id, "held": claim.epoch}
    row = connection.execute(_HELD, held | _instants(now)).one_or_none()
    if row is None:
        return None
    waiting = waiting_messages(connection, claim.conversation_id, row.done)
    language = language_of(waiting, row.language)
    decision = policy.decide(waiting, mode="bot", opted_out=False, language=language)
    if decision.kind == "opt_out":
        return None
    turn_id = new_id()
    connection.execute(
        insert(Turn).values(
            id=turn_id,
            conversation_id=claim.conversation_id,
            epoch=claim.epoch,
            from_seq=row.done + 1,
            to_seq=row.done,
            state="saved",
            kind=KIND,
            started_at=now,
            saved_at=now,
        )
    )
    sentence = text("customer.moment", language)
    outbox.queue_parts(
        connection,
        conversation_id=claim.conversation_id,
        turn_id=turn_id,
        seq=row.tail,
        body=sentence,
        parts=prepare(sentence),
        author="system",
        now=now,
    )
    return SavedTurn(turn_id, row.done)


def open_moment(connection: Connection, claim: Claim) -> SavedTurn | None:
    """The sentence of this stretch whose sending is not settled."""
    row = connection.execute(
        _OPEN, {"conversation": claim.conversation_id, "done": claim.done}
    ).first()
    return SavedTurn(row.id, row.to_seq) if row else None


def drop_unsent(connection: Connection, moment: SavedTurn) -> bool:
    """Take the sentence back if it certainly was not sent: it is never tried again."""
    parts = outbox.open_parts(connection, moment.id)
    if not parts or any(part.state != "queued" for part in parts):
        return False
    outbox.withdraw(connection, moment.id)
    return True


def close(connection: Connection, moment: SavedTurn, now: datetime) -> None:
    """The sentence is on its way, or will never be."""
    connection.execute(
        update(Turn)
        .where(Turn.id == moment.id, Turn.state == "saved")
        .values(state="finished", finished_at=now)
    )
