"""WhatsApp through Twilio: a part of a reply enters, Twilio's id for it, or why not, leaves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from twilio.base.exceptions import TwilioException

from bot.channels.base import WHATSAPP, OutgoingPart, SentMessage
from bot.channels.formatting import LIMIT_CHARS, split_body, to_whatsapp
from bot.channels.twilio_codes import ACCOUNT, ACCOUNT_S, error_for_code
from core.clock import Clock, SystemClock
from core.errors import DeliveryError, DeliveryUnavailable, DeliveryUnknown

if TYPE_CHECKING:
    import httpx

    from bot.channels.twilio_http import HttpxClient

log = logging.getLogger(__name__)

T = TypeVar("T")

NOT_DELIVERED = frozenset({"failed", "undelivered", "canceled"})
AHEAD_AT_LEAST = timedelta(seconds=2)
"""Below this it is the way the answer took, and that Twilio's date counts whole seconds."""
LOOKUP_LIMIT = 100
"""Newest messages to one customer that a look-up reads; what it looks for is seconds old."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What the owner set about Twilio.

    Args:
        account_sid: "AC…".
        auth_tokens: one, or two during a rotation; never printed.
        messaging_service_sid: sends where the shop's own address is not known.
        public_base_url: where Twilio reaches us, for status callbacks; None: no callbacks.
        api_base_url: instead of Twilio's own, paths unchanged.
    """

    account_sid: str
    auth_tokens: Sequence[str] = field(repr=False)
    messaging_service_sid: str | None = None
    public_base_url: str | None = None
    api_base_url: str | None = None


class TwilioChannel:
    """The Channel (see base.py) that sends WhatsApp messages through Twilio's official SDK.

    Args:
        account: whose messages these are.
        client: shared; closed by whoever built it.
        send_timeout_s: limit of one call as a whole.
        clock: ours, by which others tell when they sent; it may be ahead of Twilio's.
    """

    name = WHATSAPP
    limit_chars = LIMIT_CHARS

    def __init__(
        self,
        account: TwilioAccount,
        client: httpx.AsyncClient,
        send_timeout_s: float = 15.0,
        clock: Clock | None = None,
    ) -> None:
        self.send_timeout_s = send_timeout_s
        self._clock = clock or SystemClock()
        self._account = account
        self._messages, self._http = _open_messages(account, client)

    def prepare(self, reply_text: str) -> list[str]:
        """The parts to send for a reply, in order, as WhatsApp shows them best."""
        return split_body(to_whatsapp(reply_text), self.limit_chars)

    async def send(self, item: OutgoingPart) -> SentMessage:
        """Hand one part to Twilio; the answer means accepted, not delivered.

        Raises:
            DeliveryError: of the kind `Channel.send` describes.
        """
        fields = {"to": item.customer_address} | _content(item) | self._sender(item)
        if callback := self._callback(item.outbox_id):
            fields["status_callback"] = callback
        created = await self._call(lambda: self._messages.create_async(**fields))
        return _sent_message(created)

    async def find_sent(
        self, item: OutgoingPart, not_before: datetime, known_sids: Collection[str]
    ) -> SentMessage | None:
        """Look for a part among what Twilio holds; see `Channel.find_sent`.

        Raises:
            DeliveryUnknown: Twilio could not be asked.
        """
        filters: dict[str, str] = {"to": item.customer_address}
        if item.shop_address:
            filters["from_"] = item.shop_address
        # Never DateSent: it has day precision and leaves out messages that still are queued.
        try:
            listed = await self._call(
                lambda: self._messages.list_async(
                    **filters, limit=LOOKUP_LIMIT, page_size=LOOKUP_LIMIT
                )
            )
        except DeliveryError as error:
            raise DeliveryUnknown(
                f"look-up failed: {error}", code=error.code, retry_after_s=error.retry_after_s
            ) from error
        # date_created is Twilio's time, in whole seconds.
        since = (not_before - self._ahead()).replace(microsecond=0)
        found = [
            message
            for message in reversed(listed)  # Twilio lists the newest first
            if message.sid not in known_sids and _is_same(message, item, since)
        ]
        return (
            _sent_message(min(found, key=lambda message: message.date_created)) if found else None
        )

    async def check(self) -> datetime | None:
        """Ask for one message of the account: is Twilio reached, and the token accepted?

        Returns:
            What Twilio's clock showed; None when it did not say.
        Raises:
            DeliveryError: not reached, or refused.
        """
        await self._call(lambda: self._messages.list_async(limit=1, page_size=1))
        return self._http.answered_at

    def _ahead(self) -> timedelta:
        """How far our clock is ahead of what Twilio's showed at its last answer; mostly nothing."""
        answered_at = self._http.answered_at
        ahead = self._clock.now() - answered_at if answered_at else timedelta()
        return ahead if ahead > AHEAD_AT_LEAST else timedelta()

    def _sender(self, item: OutgoingPart) -> dict[str, str]:
        """A reply leaves from the address the customer wrote to."""
        if item.shop_address:
            return {"from_": item.shop_address}
        if self._account.messaging_service_sid:
            return {"messaging_service_sid": self._account.messaging_service_sid}
        log.error("twilio_account_fault mend=TWILIO_WHATSAPP_FROM")
        raise DeliveryUnavailable(
            "no sender is known", retry_after_s=ACCOUNT_S, mend="TWILIO_WHATSAPP_FROM"
        )

    def _callback(self, outbox_id: str) -> str | None:
        base_url = (self._account.public_base_url or "").rstrip("/")
        return f"{base_url}/webhooks/twilio/status?outbox={quote(outbox_id)}" if base_url else None

    async def _call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Run one call of the SDK within the limit, its errors translated."""
        try:
            async with asyncio.timeout(self.send_timeout_s):
                return await ask()
        except TimeoutError as error:
            raise DeliveryUnknown(f"twilio took over {self.send_timeout_s:g} s") from error
        except TwilioException as error:
            raise _translate(error) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # The SDK reads answers without checking them: not JSON, not an object, a bad date.
            raise DeliveryUnknown(
                f"twilio's answer is unreadable: {type(error).__name__}"
            ) from error


def _open_messages(account: TwilioAccount, client: httpx.AsyncClient) -> tuple[Any, HttpxClient]:
    from twilio.rest import Client  # here because importing it is slow; see twilio_http

    from bot.channels.twilio_http import HttpxClient

    http = HttpxClient(client, account.auth_tokens, account.api_base_url)
    rest = Client(
        account.account_sid,
        account.auth_tokens[0],
        http_client=http,
        environment={"TWILIO_ACCOUNT_SID": account.account_sid},  # else it reads the process's own
    )
    return rest.messages, http


def _sent_message(message: Any) -> SentMessage:
    if not message.sid:
        raise DeliveryUnknown("twilio's answer names no message")
    return SentMessage(message.sid, message.status or "accepted", _number(message.error_code))


def _content(item: OutgoingPart) -> dict[str, str]:
    if item.template is None:
        return {"body": item.body}
    return {"content_sid": item.template, "content_variables": json.dumps({"1": item.body})}


def _is_same(message: Any, item: OutgoingPart, since: datetime) -> bool:
    said, ours = _plain(message.body), _plain(item.body)
    return (
        (message.direction or "").startswith("outbound")
        and message.date_created is not None
        and message.date_created >= since
        and message.status not in NOT_DELIVERED  # sent again, whichever send it was
        and (said == ours or (item.template is not None and ours in said))
    )


def _plain(body: str | None) -> str:
    return (body or "").replace("\r\n", "\n").strip()


def _translate(error: TwilioException) -> DeliveryError:
    """The SDK's error as ours: by HTTP status first, since a code may be only a copy of it."""
    status, code = _numbers(error)
    message = f"twilio {status or 'error'} code {code}"
    if status is None or status == 408 or not 300 <= status < 500:
        return DeliveryUnknown(message, code=code)
    mend = _mend(status, code)
    if mend is None and code is not None:
        return error_for_code(code, message)
    log.error("twilio_account_fault status=%d code=%s mend=%s", status, code, mend)
    return DeliveryUnavailable(message, code=code, retry_after_s=ACCOUNT_S, mend=mend)


def _mend(status: int, code: int | None) -> str | None:
    """What a person has to look at before anything can be sent; None: it is about this message."""
    if code in ACCOUNT:
        return ACCOUNT[code]
    if status == 401:
        return "TWILIO_AUTH_TOKEN"
    if code is None or code == status:
        return "TWILIO_API_BASE_URL"  # no code of Twilio's: something else answered
    return None


def _numbers(error: TwilioException) -> tuple[int | None, int | None]:
    """HTTP status and Twilio's code, of whichever kind of SDK error."""
    page = error.args[1] if len(error.args) > 1 else None  # a list that failed says only this
    status = getattr(error, "status", getattr(page, "status_code", None))
    return _number(status), _number(getattr(error, "code", None))


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else None
