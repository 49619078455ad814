"""The channel's later word on a sent part enters: delivered, read, or not delivered after all.

Callbacks come early, late, twice and in any order. They settle an unclear send; a failure that may
pass puts the part back into the outbox while its reply is still the last word of the talk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from bot.channels.twilio_codes import retryable_code
from bot.messages import StatusUpdate
from bot.outbox import (
    FAILED_STATUSES,
    advance_status,
    open_parts,
    record_accepted,
    step_forward,
)
from bot.retry import send_again_after_s
from bot.tables import Conversation, OutboxItem, Turn
from core.log import log_event
from core.points import Point, reached
from core.statements import Statement

log = logging.getLogger(__name__)


def record_status(
    connection: Connection,
    said: StatusUpdate,
    now: datetime,
    undelivered: Callable[[int | None], None] = lambda _code: None,
) -> int | None:
    """A status callback: statuses move forward only, and our own id settles an unclear send.

    Args:
        undelivered: told the code of a message that is not tried again.
    Returns:
        The conversation to wake, when there is something for a worker to do; else None.
    """
    has_failed = said.status in FAILED_STATUSES
    if not has_failed and step_forward(connection, said.message_sid, said.status):
        reached(Point.STATUS_UNIT)
        return None
    item = _told_of(connection, said)
    if item is None:
        return None
    conversation_id: int = item.conversation_id
    talk = hold(connection, conversation_id)
    item = _told_of(connection, said)
    if item is None or item.state in ("withdrawn", "failed"):
        return None
    reached(Point.STATUS_UNIT)
    if item.state == "queued" and (has_failed or not item.tries):
        return None  # the second word on a send that is being repeated
    if has_failed and item.state == "sending":  # the send itself has not come back yet
        advance_status(connection, item.id, said.status, said.error_code)
        return None
    if has_failed:
        if _comes_again(connection, item, said, conversation_id, talk, now):
            return None
        _fail(connection, item.id, said)
        undelivered(said.error_code)
        return conversation_id if item.state != "accepted" else None
    settled = item.state != "accepted"
    if record_accepted(connection, item.id, said.message_sid, said.status) == "undelivered":
        record_early(connection, item.id, now, undelivered)  # told in reverse order
    if settled and talk.tail > talk.done:
        _make_due(connection, conversation_id, now)
        return conversation_id
    return None


def record_early(
    connection: Connection,
    outbox_id: str,
    now: datetime,
    undelivered: Callable[[int | None], None],
) -> None:
    """A part was accepted, and reported as not delivered even before: now that can be acted on."""
    item = connection.execute(
        select(OutboxItem.message_sid, OutboxItem.status, OutboxItem.error_code).where(
            OutboxItem.id == outbox_id
        )
    ).one()
    said = StatusUpdate(
        item.message_sid, item.status, outbox_id, item.error_code, retryable_code(item.error_code)
    )
    record_status(connection, said, now, undelivered)


_BY_SID = OutboxItem.message_sid == bindparam("sid")
_HELD = aliased(OutboxItem)
_IS_FREE = (OutboxItem.id == bindparam("ours")) & OutboxItem.message_sid.is_(None)
_IS_NEW = ~exists().where(_HELD.message_sid == bindparam("sid"))
_ITEM = select(
    OutboxItem.id,
    OutboxItem.conversation_id,
    OutboxItem.turn_id,
    OutboxItem.part,
    OutboxItem.state,
    OutboxItem.tries,
)
_TOLD_BY_SID = Statement(_ITEM.where(_BY_SID))
_TOLD = Statement(_ITEM.where(_BY_SID | (_IS_FREE & _IS_NEW)))
_TALK = Statement(
    select(Conversation.tail, Conversation.done, Conversation.lease_owner)
    .where(Conversation.id == bindparam("conversation"))
    .with_for_update()
)


def hold(connection: Connection, conversation_id: int) -> Any:
    """Lock the conversation, whoever works on it; answers how far it is answered, and for whom.

    First, as everywhere: two transactions that lock in one order never deadlock.
    """
    return _TALK.row(connection, conversation=conversation_id)


def _told_of(connection: Connection, said: StatusUpdate) -> Any:
    """The part that holds this channel's id, or that was sent with our own and holds none yet."""
    if not said.outbox_id:
        return _TOLD_BY_SID.row(connection, sid=said.message_sid)
    return _TOLD.row(connection, sid=said.message_sid, ours=said.outbox_id)


def _make_due(connection: Connection, conversation_id: int, at: datetime) -> None:
    connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.due_at > at)
        .values(due_at=at)
    )


def _comes_again(
    connection: Connection,
    item: Any,
    said: StatusUpdate,
    conversation_id: int,
    talk: Any,
    now: datetime,
) -> bool:
    """The channel took a part and could not deliver it: again, while it is still the last word.

    Never behind a later part of its reply, which would stand there the wrong way round.
    """
    pause_s = send_again_after_s(item.tries) if said.can_retry else None
    turn = _turn(connection, item.turn_id)
    is_last_word = talk.done == turn.to_seq and talk.lease_owner is None
    covers_none = turn.to_seq < turn.from_seq  # only asked for patience: that is over by then
    if pause_s is None or covers_none or not (is_last_word or talk.done < turn.to_seq):
        return False
    if _is_overtaken(connection, item):
        return False
    at = now + timedelta(seconds=pause_s)
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item.id)
        .values(
            state="queued",
            message_sid=None,
            status=said.status,
            next_at=at,
            error_code=said.error_code,
        )
    )
    if is_last_word:
        _reopen(connection, turn, at, now)
    return True


def _is_overtaken(connection: Connection, item: Any) -> bool:
    """Whether the channel took a later part of the same reply."""
    later = exists().where(
        OutboxItem.turn_id == item.turn_id,
        OutboxItem.part > item.part,
        OutboxItem.state == "accepted",
    )
    return bool(connection.execute(select(later)).scalar_one())


def reopen_if_left(connection: Connection, turn_id: str, now: datetime) -> datetime | None:
    """A turn was closed, and a callback had taken its last part back: when it is sent again."""
    left = open_parts(connection, turn_id)
    if not left:
        return None
    _reopen(connection, _turn(connection, turn_id), left[0].next_at, now)
    return left[0].next_at


def _turn(connection: Connection, turn_id: str) -> Any:
    columns = (Turn.id, Turn.conversation_id, Turn.from_seq, Turn.to_seq)
    return connection.execute(select(*columns).where(Turn.id == turn_id)).one()


def _reopen(connection: Connection, turn: Any, at: datetime, now: datetime) -> None:
    """The messages of a finished turn are not answered after all."""
    connection.execute(update(Turn).where(Turn.id == turn.id).values(state="saved"))
    connection.execute(
        update(Conversation)
        .where(Conversation.id == turn.conversation_id)
        .values(
            done=turn.from_seq - 1,
            due_at=at,
            waiting_since=func.coalesce(Conversation.waiting_since, now),
        )
    )


def _fail(connection: Connection, outbox_id: str, said: StatusUpdate) -> None:
    connection.execute(
        update(OutboxItem)
        .where(OutboxItem.id == outbox_id)
        .values(state="failed", message_sid=said.message_sid)
    )
    advance_status(connection, outbox_id, said.status, said.error_code)
    log_event(
        log,
        logging.ERROR,
        "message_undelivered",
        outbox_id=outbox_id,
        status=said.status,
        code=said.error_code,
    )
