"""The clock on the wall enters; by how much it was set leaves, and what that broke is mended.

Set forward, leases seem to have run out: whoever holds them renews them at once, and the epoch
keeps out whoever took over. Set back, whatever was planned lies as far in the future: it becomes
due at once, since an early try does no harm. Machines that disagree by a few seconds claim, renew
and retry that much earlier or later; nothing is decided by comparing their clocks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.tables import Conversation, OutboxItem
from core.clock import Clock

LEAST_S = 2.0
"""Corrections below this pass by themselves."""
CERTAIN_S = 60.0
"""No machine's clock is ahead of ours by this much: a message from then came before a jump."""
SEND_ENDS_S = 20.0
"""By then a send under way has surely ended, and may be looked up."""
LONG_BEFORE = timedelta(days=1)
"""Nobody knows when it was sent; a look-up that sees older messages too knows their ids."""


class JumpWatch:
    """Compares the clock on the wall with the one that only goes on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_s = self._read()

    def jump_s(self) -> float:
        """How far the clock was set since the last look, to the past below 0; mostly 0."""
        offset_s = self._read()
        jump_s = offset_s - self._offset_s
        self._offset_s = offset_s
        return jump_s if abs(jump_s) > LEAST_S else 0.0

    def _read(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic_s()


def mend(connection: Connection, now: datetime, *, has_jumped: bool) -> int:
    """Make due what waits only because the clock was set back; answers how many conversations.

    Args:
        has_jumped: it was seen to happen; else only what certainly comes from such a future.
    """
    ahead = now if has_jumped else now + timedelta(seconds=CERTAIN_S)
    is_waiting = Conversation.tail > Conversation.done
    is_from_ahead = () if has_jumped else (Conversation.waiting_since > ahead,)
    stuck = (is_waiting, Conversation.due_at > now, *is_from_ahead)
    held = select(Conversation.id).where(is_waiting).order_by(Conversation.id).with_for_update()
    connection.execute(held).all()  # before their parts, as everywhere
    _mend_retries(connection, now, (is_waiting, *is_from_ahead))
    _mend_sends(connection, now, () if has_jumped else (OutboxItem.sending_at > ahead,))
    due = update(Conversation).where(*stuck).values(due_at=now).returning(Conversation.id)
    return len(connection.execute(due).all())


def _mend_retries(connection: Connection, now: datetime, is_meant: tuple[Any, ...]) -> None:
    connection.execute(
        update(OutboxItem)
        .where(
            OutboxItem.conversation_id.in_(select(Conversation.id).where(*is_meant)),
            OutboxItem.state == "queued",
            OutboxItem.next_at > now,
        )
        .values(next_at=now)
    )


def _mend_sends(connection: Connection, now: datetime, is_meant: tuple[Any, ...]) -> None:
    """Which clock told when a send began, the wrong one or the right one, nobody knows."""
    waiting = select(Conversation.id).where(Conversation.tail > Conversation.done)
    connection.execute(
        update(OutboxItem)
        .where(
            OutboxItem.conversation_id.in_(waiting),
            OutboxItem.state.in_(("sending", "unclear")),
            *is_meant,
        )
        .values(
            state="unclear",
            sending_at=now - LONG_BEFORE,
            next_at=now + timedelta(seconds=SEND_ENDS_S),
        )
    )
