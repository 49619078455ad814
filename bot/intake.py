"""Messages and statuses enter from the webhook's threads; what is stored wakes the worker."""

from __future__ import annotations

from collections.abc import Callable

from bot import inbox, policy, receipts
from bot.messages import InboundMessage, StatusUpdate
from bot.reading.phrases import phrase_book
from bot.wakeups import Wake
from core.clock import Clock
from core.database import Database
from core.points import Point, reached


class Intake:
    """What the webhook calls; each call is stored when it returns.

    Args:
        wake: tells the worker that a conversation has work.
        coalesce_wait_s: COALESCE_WAIT_S.
        coalesce_max_s: COALESCE_MAX_S.
        undelivered: told the code of a message the channel gave up on.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wake: Wake,
        *,
        coalesce_wait_s: float,
        coalesce_max_s: float,
        undelivered: Callable[[int | None], None] = lambda _code: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._coalesce_wait_s = coalesce_wait_s
        self._coalesce_max_s = coalesce_max_s
        phrase_book()  # else the first requests, in as many threads, would each read it
        self._undelivered = undelivered

    def accept(self, message: InboundMessage) -> bool:
        """Store a customer's message; False when this MessageSid is stored already.

        Raises:
            DatabaseUnavailable: nothing was stored.
        """
        wait_s = self._coalesce_wait_s and policy.wait_s(message, self._coalesce_wait_s)
        now, max_wait_s = self._clock.now(), self._coalesce_max_s
        try:
            accepted = self._database.write(
                lambda c: inbox.accept(c, message, now=now, wait_s=wait_s, max_wait_s=max_wait_s),
                is_patient=False,
            )
        except inbox.Repeated:
            return False
        reached(Point.MESSAGE_STORED)
        self._wake(accepted.conversation_id, accepted.due_at, accepted.seq, accepted.holder)
        reached(Point.MESSAGE_WOKEN)
        return True

    def record_status(self, update: StatusUpdate) -> None:
        """Store the channel's word on a message we sent.

        Raises:
            DatabaseUnavailable: nothing was stored.
        """
        now = self._clock.now()
        settled = self._database.write(
            lambda c: receipts.record_status(c, update, now, self._undelivered), is_patient=False
        )
        reached(Point.STATUS_STORED)
        if settled is not None:
            self._wake(settled, now, 0)
