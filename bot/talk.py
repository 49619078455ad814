"""A stored talk enters, its messages leave, oldest first."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from bot.messages import TalkMessage
from bot.tables import Message, Turn
from core.statements import Statement

_TALK = select(
    Message.seq, Message.author, Message.body, Message.type, Message.created_at, Message.extra
).where(Message.conversation_id == bindparam("conversation"))
_WAITING = Statement(
    _TALK.where(Message.seq > bindparam("after"), Message.direction == "inbound").order_by(
        Message.seq
    )
)
_BEFORE = Statement(
    _TALK.add_columns(Turn.prices)
    .join(Turn, Message.turn_id == Turn.id, isouter=True)
    .where(
        Message.seq < bindparam("before"),
        Message.status != "withdrawn",
        Message.author != "system",
    )
    .order_by(Message.seq.desc(), Message.direction.desc(), Message.id.desc())
    .limit(bindparam("most"))
)
_SPOKEN = Statement(
    select(Message.id)
    .where(
        Message.conversation_id == bindparam("conversation"),
        Message.author == "bot",
        Message.status != "withdrawn",
    )
    .limit(1)
)


def waiting_messages(connection: Connection, conversation_id: int, after: int) -> list[TalkMessage]:
    """The inbound messages behind number `after`."""
    rows = _WAITING.rows(connection, conversation=conversation_id, after=after)
    return [TalkMessage(*row) for row in rows]


def talk_before(
    connection: Connection, conversation_id: int, seq: int, limit: int
) -> list[TalkMessage]:
    """The last `limit` messages of both sides before inbound number `seq`."""
    rows = _BEFORE.rows(connection, conversation=conversation_id, before=seq, most=limit)
    return [
        TalkMessage(seq, author, body, type_, created_at, extra, tuple(map(int, prices or ())))
        for seq, author, body, type_, created_at, extra, prices in rows
    ][::-1]


def has_bot_spoken(connection: Connection, conversation_id: int) -> bool:
    """Whether the shop itself ever answered here, however long ago."""
    return _SPOKEN.row(connection, conversation=conversation_id) is not None
