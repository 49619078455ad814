"""A saved turn enters; its parts leave through the channel, each once, in order.

Twilio-like channels have no idempotency key: a part found in "sending" after a crash, or whose
answer was lost, is looked up at the channel before it is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from bot import outbox, receipts, retry
from bot.channels.base import Channel, OutgoingPart, SentMessage
from bot.inbox import Claim
from bot.outbox import Part
from bot.turn import SavedTurn, finish_turn
from bot.witness import Witness
from core.clock import Clock
from core.database import Database
from core.errors import (
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
    DeliveryUnknown,
    LeaseLost,
)
from core.log import log_event
from core.points import Point, reached

log = logging.getLogger(__name__)

SETTLE_S = 5.0
"""Added to a send's own timeout before it is looked up: until then it may still be on its way."""
LOOK_BACK_S = 5.0
"""Machines that send and look up may disagree by so much."""
LOOK_AGAIN_S = 5.0
LOOK_UPS = 2
LOOK_UP_PAUSE_S = 15.0
"""After a look-up that itself failed."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not everything is settled; go on at this instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Anew:
    """The reply was withdrawn; the waiting messages want a new one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything is settled, and the turn is closed in the same unit of work.

    Attributes:
        due_at: when the messages that arrived meanwhile are due; None when there are none.
    """

    due_at: datetime | None


Outcome = Later | Anew | Finished | None


class SendRate:
    """Paces the sends of each shop address.

    Args:
        per_s: most sends a second of all workers together; 0 means no limit.
        workers: answers how many share them, in equal parts.
    """

    def __init__(self, clock: Clock, per_s: float, workers: Callable[[], int] = lambda: 1) -> None:
        self._clock = clock
        self._workers = workers
        self._gap_s = 1 / per_s if per_s > 0 else 0.0
        self._free_at: dict[str, float] = {}
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def is_free(self, shop_address: str) -> bool:
        """Whether this address may send at once, and nobody stands in line for it."""
        return not self._lines[shop_address].locked() and self._wait_s(shop_address) <= 0

    def busy(self) -> list[str]:
        """The addresses that may not send at once."""
        return [address for address in self._free_at if not self.is_free(address)]

    def take(self, shop_address: str) -> bool:
        """Reserve a send from this address, if it may go at once."""
        if not self.is_free(shop_address):
            return False
        self._free_at[shop_address] = self._clock.monotonic_s() + self._gap_s * self._workers()
        return True

    async def turn(self, shop_address: str) -> None:
        """Stand in line until this address may send again; who leaves the line leaves no gap."""
        async with self._lines[shop_address]:
            wait_s = max(0.0, self._wait_s(shop_address))
            at = self._clock.monotonic_s() + wait_s
            if wait_s:
                await asyncio.sleep(wait_s)
            self._free_at[shop_address] = at + self._gap_s * self._workers()

    def _wait_s(self, shop_address: str) -> float:
        return self._free_at.get(shop_address, 0.0) - self._clock.monotonic_s()


class Deliverer:
    """Sends saved turns; the only one that calls a channel."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[str, Channel],
        rate: SendRate,
        witness: Witness | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._rate = rate
        self._failing: set[str] = set()
        self._witness = witness or Witness()

    def has_capacity(self, channel: str, shop_address: str) -> bool:
        """Whether a send could go at once, and the channel took the last one it was given."""
        return not self.is_failing(channel) and self._rate.is_free(shop_address)

    def is_failing(self, channel: str) -> bool:
        """Whether the channel did not take the last send it was given."""
        return channel in self._failing

    def busy_addresses(self) -> list[str]:
        """The shop addresses from which no send could go at once."""
        return self._rate.busy()

    async def deliver(self, claim: Claim, saved: SavedTurn) -> Outcome:
        """Send what is open; None when everything is settled and the turn is still to be closed.

        A turn that covers no message ends nothing: it is the caller's to close.

        Raises:
            LeaseLost: somebody else works on this conversation now.
        """
        channel = self._channels[claim.channel]
        parts, just_saved = saved.parts, saved.parts is not None
        if parts is None:
            parts = await self._database.read_async(lambda c: outbox.open_parts(c, saved.id))
        for part in parts:
            is_last = part is parts[-1] and saved.to_seq > claim.done
            closes = saved if is_last else None
            if just_saved and part.state == "sending":
                outcome = await self._send(channel, claim, part, closes)
            elif part.state != "queued":
                outcome = await self._look_up(channel, claim, part)
            elif part.next_at > self._clock.now():
                outcome = Later(part.next_at)
            else:
                outcome = await self._begin(channel, claim, part, closes)
            if outcome is not None:
                return outcome
        return None

    async def _begin(
        self, channel: Channel, claim: Claim, part: Part, closes: SavedTurn | None
    ) -> Outcome:
        await self._rate.turn(claim.shop_address)

        def work(connection: Connection) -> tuple[str | None, datetime]:
            now = self._clock.now()
            return outbox.begin_send(connection, part, claim.epoch, now), now

        refused, now = await self._database.write_async(work)
        if refused == "settled":
            return None
        if refused is not None:
            log_event(log, logging.INFO, "reply_withdrawn", turn_id=part.turn_id, reason=refused)
            self._witness.happened("withdrawn")
            return Anew(refused)
        begun = replace(part, state="sending", tries=part.tries + 1, sending_at=now)
        return await self._send(channel, claim, begun, closes)

    async def _send(
        self, channel: Channel, claim: Claim, part: Part, closes: SavedTurn | None
    ) -> Outcome:
        """Hand a part that says "sending" to the channel.

        Args:
            closes: the turn, when this is its last part.
        """
        reached(Point.SENDING)
        if self._is_late(part, channel.send_timeout_s):
            log_event(log, logging.WARNING, "send_too_late", outbox_id=part.id)
            return Later(self._clock.now() + timedelta(seconds=channel.send_timeout_s + SETTLE_S))
        began_s = self._clock.monotonic_s()
        try:
            sent = await channel.send(_outgoing(claim, part))
        except DeliveryUnknown as error:
            self._failing.add(claim.channel)
            at = self._clock.now() + timedelta(seconds=channel.send_timeout_s + SETTLE_S)
            await self._database.write_async(lambda c: outbox.record_unclear(c, part.id, at))
            reached(Point.UNCLEAR)
            self._witness.not_sent(error, is_final=False)
            _log_send(logging.WARNING, "send_unclear", claim, part, error)
            return Later(at)
        except DeliveryError as error:
            return await self._not_sent(claim, part, error)
        reached(Point.SENT)
        self._failing.discard(claim.channel)
        self._witness.phase("sent", self._clock.monotonic_s() - began_s)
        if closes is None:
            await self._accepted(claim, part, sent)
            return None
        return await self._close(claim, part, sent, closes)

    def _is_late(self, part: Part, most_s: float) -> bool:
        """Whether this process stood still since it began: another may have looked the part up and
        sent it, or what it rests on may have changed. By the wall's clock, which goes on while a
        machine sleeps; set meanwhile, it tells nothing."""
        passed = self._clock.now() - (part.sending_at or self._clock.now())
        return abs(passed.total_seconds()) > most_s

    async def _close(
        self, claim: Claim, part: Part, sent: SentMessage, saved: SavedTurn
    ) -> Finished:
        """The last part's acceptance and the end of its turn, in one unit of work."""

        def work(connection: Connection) -> datetime | LeaseLost | None:
            due_at: datetime | LeaseLost | None
            try:
                due_at = finish_turn(connection, claim, saved, self._clock.now(), last=part)
            except LeaseLost as error:  # nothing was changed, and what was sent stays sent
                receipts.hold(connection, claim.conversation_id)
                due_at = error
            if self._record_accepted(connection, part, sent) == "known" and (
                not isinstance(due_at, LeaseLost)
            ):
                now = self._clock.now()
                return receipts.reopen_if_left(connection, saved.id, now) or due_at
            return due_at

        due_at = await self._database.write_async(work)
        self._log_accepted(claim, part, sent)
        if isinstance(due_at, LeaseLost):
            raise due_at
        return Finished(due_at)

    async def _accepted(self, claim: Claim, part: Part, sent: SentMessage) -> None:
        def work(connection: Connection) -> None:
            receipts.hold(connection, claim.conversation_id)
            self._record_accepted(connection, part, sent)

        await self._database.write_async(work)
        self._log_accepted(claim, part, sent)

    def _record_accepted(self, connection: Connection, part: Part, sent: SentMessage) -> str:
        """The caller holds the conversation: it is locked before its parts, as everywhere."""
        said = outbox.record_accepted(connection, part.id, sent.message_sid, sent.status)
        if said == "undelivered":
            receipts.record_early(connection, part.id, self._clock.now(), self._undelivered)
        return said

    def _undelivered(self, code: int | None) -> None:
        self._witness.not_sent(DeliveryRejected("undelivered", code=code), is_final=True)

    def _log_accepted(self, claim: Claim, part: Part, sent: SentMessage) -> None:
        reached(Point.ACCEPTED)
        self._witness.sent()
        log_event(
            log,
            logging.INFO,
            "message_sent",
            conversation_id=claim.conversation_id,
            turn_id=part.turn_id,
            part=part.part,
            message_sid=sent.message_sid,
        )

    async def _not_sent(self, claim: Claim, part: Part, error: DeliveryError) -> Later | None:
        again_s = None
        if isinstance(error, DeliveryUnavailable):
            self._failing.add(claim.channel)
            again_s = retry.send_again_after_s(part.tries, error.retry_after_s)
        if again_s is None:
            await self._give_up(claim, part, error)
            return None
        at = self._clock.now() + timedelta(seconds=again_s)
        await self._database.write_async(
            lambda c: outbox.record_retry(c, part.id, next_at=at, code=error.code)
        )
        reached(Point.POSTPONED)
        self._witness.not_sent(error, is_final=False)
        _log_send(logging.WARNING, "send_postponed", claim, part, error)
        return Later(at)

    async def _give_up(self, claim: Claim, part: Part, error: DeliveryError) -> None:
        await self._database.write_async(lambda c: outbox.record_failed(c, part.id, error.code))
        self._witness.not_sent(error, is_final=True)
        _log_send(logging.ERROR, "send_failed", claim, part, error)

    async def _look_up(self, channel: Channel, claim: Claim, part: Part) -> Later | None:
        """Was it sent? None when it is settled, else when to go on."""
        now = self._clock.now()
        sending_at = part.sending_at or now
        ready_at = sending_at + timedelta(seconds=channel.send_timeout_s + SETTLE_S)
        if part.state == "unclear":
            ready_at = part.next_at
        if ready_at > now:
            return Later(ready_at)
        known = await self._database.read_async(
            lambda c: outbox.known_sids(c, claim.conversation_id)
        )
        reached(Point.LOOK_UP)
        try:
            sent = await channel.find_sent(
                _outgoing(claim, part), sending_at - timedelta(seconds=LOOK_BACK_S), known
            )
        except DeliveryError as error:
            _log_send(logging.WARNING, "look_up_failed", claim, part, error)
            return Later(now + timedelta(seconds=error.retry_after_s or LOOK_UP_PAUSE_S))
        reached(Point.LOOKED_UP)
        if sent is not None:
            await self._accepted(claim, part, sent)
            return None
        look_again = part.lookups + 1 < LOOK_UPS
        # Each send that stays unclear is one more chance to send twice: the pauses grow.
        pause_s = LOOK_AGAIN_S if look_again else retry.send_again_after_s(part.tries)
        if pause_s is None:
            await self._give_up(claim, part, DeliveryUnknown("no send had a clear answer"))
            return None
        next_at = self._clock.now() + timedelta(seconds=pause_s)
        await self._database.write_async(
            lambda c: outbox.record_not_found(c, part.id, next_at=next_at, again=look_again)
        )
        return Later(next_at)


def _outgoing(claim: Claim, part: Part) -> OutgoingPart:
    return OutgoingPart(
        outbox_id=part.id,
        customer_address=claim.customer_address,
        shop_address=claim.shop_address,
        body=part.body,
    )


def _log_send(level: int, event: str, claim: Claim, part: Part, error: DeliveryError) -> None:
    log_event(
        log,
        level,
        event,
        conversation_id=claim.conversation_id,
        turn_id=part.turn_id,
        part=part.part,
        code=error.code,
        error=str(error),
    )
