"""The Channel contract: a reply enters, parts the channel accepts leave, each sent at most once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

WHATSAPP = "whatsapp"
"""Name of the channel Twilio serves, as stored with conversations and addresses."""

STATUS_RANK = {
    "accepted": 0,
    "scheduled": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "partially_delivered": 5,
    "delivered": 5,
    "read": 6,
}
"""Delivery status words in the order they move. Callbacks come in any order and twice, and one
failed message reports both "undelivered" and "failed": only a higher rank replaces a status."""


def rank(status: str | None) -> int:
    """How far a delivery status has come; -1 for None and for words not known."""
    return STATUS_RANK.get(status or "", -1)


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """One part of a reply, ready for the channel; addresses are opaque.

    `shop_address` is the one the customer wrote to; "" when it is not known. With a `template`
    (the channel's id of it) `body` is what its first variable says.
    """

    outbox_id: str
    customer_address: str = field(repr=False)
    shop_address: str
    body: str = field(repr=False)
    template: str | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What the channel made of a part: its own id, and how far delivery has come.

    `error_code` is set when the channel already gave up on it (status "failed", "undelivered").
    """

    message_sid: str
    status: str
    error_code: int | None = None


class Channel(Protocol):
    """One way to reach customers. Safe to use for many conversations at once.

    Attributes:
        name: as stored with conversations, such as "whatsapp".
        limit_chars: most characters in one part.
        send_timeout_s: limit of one `send` or `find_sent` as a whole.
    """

    @property
    def name(self) -> str: ...

    @property
    def limit_chars(self) -> int: ...

    @property
    def send_timeout_s(self) -> float: ...

    def prepare(self, reply_text: str) -> list[str]:
        """The parts to send for a reply, in order, in the channel's own formatting."""
        ...

    async def send(self, item: OutgoingPart) -> SentMessage:
        """Hand one part to the channel.

        Raises:
            DeliveryUnavailable: certainly not sent; the same part may be sent later.
            DeliveryUnknown: perhaps sent; `find_sent` first, never send again at once.
            WindowClosed, ContactStopped, DeliveryRejected: not sent, and sending the same again
                changes nothing.
        """
        ...

    async def find_sent(
        self, item: OutgoingPart, not_before: datetime, known_sids: Collection[str]
    ) -> SentMessage | None:
        """Whether a part whose sending had no clear answer did arrive at the channel.

        Args:
            item: the part as it was sent.
            not_before: aware; older messages are other ones. Leave room for clocks that differ.
            known_sids: messages that belong to other parts.
        Returns:
            The oldest message that can be this part; None when there is none (so far).
        Raises:
            DeliveryUnknown: the look-up itself failed; nothing was learned.
        """
        ...
