"""The conversations enter; those that want an answer now leave: who is next, how many, how old.

The queue stands in the database alone, ordered by `due_at`. A conversation that has its turn
stands at its end again with what was written meanwhile, so that everybody gets one turn each.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from bot.inbox import is_free
from bot.tables import Conversation


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due and not answered; those being answered are counted too.

    Attributes:
        waiting: how many conversations.
        oldest_s: how long the first of them has been due; 0 when there is none. What waits for
            fragments, or for the next try of a send, is not due.
    """

    waiting: int
    oldest_s: float


# SQLite would rather walk through all conversations of a channel than through the queue's index.
_CHANNEL = Conversation.channel.concat("")
_AT = bindparam("at", type_=Conversation.due_at.type)
_NEXT = (
    select(Conversation.id)
    .where(
        Conversation.tail > Conversation.done,
        Conversation.due_at <= _AT,
        is_free(_AT),
        _CHANNEL.in_(bindparam("channels", expanding=True)),
    )
    .order_by(Conversation.due_at)
    .limit(bindparam("most"))
)


def due(
    connection: Connection, *, now: datetime, channels: Collection[str], limit: int
) -> list[int]:
    """Conversations that want work now and that nobody holds, longest due first."""
    wanted = {"at": now, "channels": list(channels), "most": limit}
    return list(connection.execute(_NEXT, wanted).scalars())


# The index ix_conversation_waiting serves both figures: 50,000 waiting take 8 ms.
_DUE = select(func.count(), func.min(Conversation.due_at)).where(
    Conversation.tail > Conversation.done,
    Conversation.due_at <= _AT,
)


def age(connection: Connection, now: datetime) -> Backlog:
    """How far the shop is behind."""
    waiting, since = connection.execute(_DUE, {"at": now}).one()
    return Backlog(waiting, (now - since).total_seconds() if since else 0.0)
