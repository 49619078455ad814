"""A stored talk enters, its messages leave, oldest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from bot.messages import TalkMessage
from bot.tables import Message


def waiting_messages(connection: Connection, conversation_id: int, after: int) -> list[TalkMessage]:
    """The inbound messages behind number `after`."""
    rows = connection.execute(
        _select(conversation_id)
        .where(Message.seq > after, Message.direction == "inbound")
        .order_by(Message.seq)
    )
    return [TalkMessage(*row) for row in rows]


def talk_before(
    connection: Connection, conversation_id: int, seq: int, limit: int
) -> list[TalkMessage]:
    """The last `limit` messages of both sides before inbound number `seq`."""
    rows = connection.execute(
        _select(conversation_id)
        .where(Message.seq < seq, Message.status != "withdrawn")
        .order_by(Message.seq.desc(), Message.direction.desc(), Message.id.desc())
        .limit(limit)
    )
    return [TalkMessage(*row) for row in rows][::-1]


def has_bot_spoken(connection: Connection, conversation_id: int) -> bool:
    """Whether the shop itself ever answered here, however long ago."""
    spoken = _select(conversation_id).where(Message.author == "bot", Message.status != "withdrawn")
    return connection.execute(spoken.limit(1)).first() is not None


def _select(conversation_id: int) -> Select[Any]:
    return select(
        Message.seq, Message.author, Message.body, Message.type, Message.created_at, Message.extra
    ).where(Message.conversation_id == conversation_id)
