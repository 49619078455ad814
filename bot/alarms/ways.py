"""A notice enters; it leaves by the owner's WhatsApp or to the owner's own address."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.alarms.causes import Cause
from bot.alarms.store import Notice
from bot.channels.base import WHATSAPP, Channel, OutgoingPart
from bot.channels.owner_webhook import post_notice
from bot.tables import Conversation
from core.log import log_event

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=23, minutes=55)
"""WhatsApp's 24 hours by our clock, which is not theirs."""
LOOK_BACK = timedelta(seconds=5)
MOST_CHARS = 1000


class Way(Protocol):
    """One way to the owner."""

    @property
    def name(self) -> str: ...

    def look(self, connection: Connection, now: datetime) -> None:
        """Read what `can_tell` and `tell` need to know."""
        ...

    def can_tell(self, cause: Cause) -> bool:
        """Whether a notice of this cause can go this way just now."""
        ...

    async def tell(self, notice: Notice, shop: str) -> None:
        """Hand it over.

        Raises:
            DeliveryError: it was not taken, as far as we know.
        """
        ...


class Webhook:
    """OWNER_WEBHOOK_URL; the owner's program tells repeated posts by their `id`."""

    name = "webhook"

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    def look(self, connection: Connection, now: datetime) -> None:
        """Nothing needs to be known."""

    def can_tell(self, _cause: Cause) -> bool:
        return True

    async def tell(self, notice: Notice, shop: str) -> None:
        recovered = notice.recovered_at.isoformat() if notice.recovered_at else None
        body = {
            "id": notice.id,
            "event": notice.event,
            "cause": notice.cause,
            "text": notice.text,
            "since": notice.since.isoformat(),
            "recovered": recovered,
            "shop": shop,
        }
        await post_notice(self._client, self._url, body)


class OwnerWhatsApp:
    """OWNER_WHATSAPP, by the shop's own channel: as free text inside the owner's window.

    Args:
        channel: builds what sends, when it is first needed.
        shop_address: what it is sent from; "" where a messaging service chooses.
        template: OWNER_CONTENT_SID, for the time outside the window.
    """

    name = WHATSAPP

    def __init__(
        self,
        channel: Callable[[], Channel],
        owner: str,
        *,
        shop_address: str,
        template: str | None,
    ) -> None:
        self._channel = channel
        self._owner = owner
        self._shop_address = shop_address
        self._template = template
        self._is_open = False
        self._has_said = False

    def look(self, connection: Connection, now: datetime) -> None:
        """Did the owner write to the shop in the last 24 hours, and to which of its addresses?"""
        wrote_to = connection.execute(
            select(Conversation.shop_address)
            .where(
                Conversation.channel == WHATSAPP,
                Conversation.customer_address == self._owner,
                Conversation.last_inbound_at > now - WINDOW,
            )
            .order_by(Conversation.last_inbound_at.desc())
        ).scalar()
        self._is_open = wrote_to is not None
        self._shop_address = wrote_to or self._shop_address

    def can_tell(self, cause: Cause) -> bool:
        if cause is Cause.TWILIO_ACCOUNT:
            return False  # it would not get there
        if not self._is_open and self._template is None and not self._has_said:
            self._has_said = True
            log_event(log, logging.WARNING, "owner_not_reached", mend="OWNER_CONTENT_SID")
        return self._is_open or self._template is not None

    async def tell(self, notice: Notice, _shop: str) -> None:
        channel = self._channel()
        item = OutgoingPart(
            outbox_id=notice.id,
            customer_address=self._owner,
            shop_address=self._shop_address,
            body=notice.text[:MOST_CHARS],
            template=None if self._is_open else self._template,
        )
        if notice.tries > 1:  # perhaps it went out, and only the answer was lost
            since = notice.created_at - LOOK_BACK
            if await channel.find_sent(item, since, ()) is not None:
                return
        await channel.send(item)
