"""Twilio's requests enter: verified, parsed, handed on; an empty TwiML or a refusal leaves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.messages import InboundMessage, StatusUpdate
from core.clock import Clock
from core.errors import BadSignature, DatabaseUnavailable, WebhookRejected
from core.points import Point, reached
from webhooks.forms import parse_message, parse_status
from webhooks.signature import (
    SETTINGS_HEADER,
    SIGNATURE_HEADER,
    check_shape,
    check_signature,
)

log = logging.getLogger(__name__)

INBOUND_PATH = "/webhooks/twilio/inbound"
STATUS_PATH = "/webhooks/twilio/status"
MOST_BYTES = 256 * 1024
LOG_EVERY_S = 60.0
SUSPICIOUS = 5
"""Bad signatures in a row: forged, or Twilio's own while address or token are set wrong."""

# Any other text in the body would be sent to the customer as a message.
_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class RefusalLog:
    """Counts refused requests per reason, and logs each reason at most once a minute.

    Anyone can cause refusals, so they must not fill the log.

    Args:
        suspect: told True when signatures keep being bad, and False at each good one.
    """

    def __init__(
        self, clock: Clock, suspect: Callable[[bool], None] = lambda _is_bad: None
    ) -> None:
        self._suspect = suspect
        self._bad_in_a_row = 0
        self.counts: dict[str, int] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._logged_at: dict[str, float] = {}

    def add(self, reason: str, **fields: object) -> None:
        """Count one refusal; `fields` go into the log line and hold nothing a customer wrote."""
        now = self._clock.monotonic_s()
        with self._lock:
            self.counts[reason] = self.counts.get(reason, 0) + 1
            if now - self._logged_at.get(reason, float("-inf")) < LOG_EVERY_S:
                return
            self._logged_at[reason] = now
        words = "".join(f" {name}={value}" for name, value in fields.items())
        log.warning("webhook_refused reason=%s count=%d%s", reason, self.counts[reason], words)

    def signed(self, is_good: bool) -> None:
        """A request came with a signature."""
        self._bad_in_a_row = 0 if is_good else self._bad_in_a_row + 1
        if is_good or self._bad_in_a_row >= SUSPICIOUS:
            self._suspect(not is_good)


def make_blueprint(
    *,
    accept: Callable[[InboundMessage], bool],
    record_status: Callable[[StatusUpdate], object],
    public_base_url: str | None,
    auth_tokens: Sequence[str],
    refusals: RefusalLog,
    begin: Callable[[], Callable[[str], None]] = lambda: lambda _outcome: None,
) -> Blueprint:
    """The two addresses Twilio calls.

    Args:
        accept: stores a message durably before it returns; False when it was stored before.
        record_status: stores a status; nothing to store is no error.
        public_base_url: the address Twilio calls, as it signs it; None: not configured.
        auth_tokens: those that may have signed; none: not configured.
        refusals: where refused requests are counted.
        begin: called as a request arrives; what it answers is called with how the request ended.
    """
    blueprint = Blueprint("twilio_webhooks", __name__)
    missing = _missing(public_base_url, auth_tokens)
    base_url = (public_base_url or "").rstrip("/")

    def verify(path: str, body: bytes) -> None:
        signature = request.headers.get(SIGNATURE_HEADER, "")
        check_shape(signature, body)
        query = request.query_string.decode("latin-1")
        check_signature(
            base_url + path + (f"?{query}" if query else ""),
            request.form,
            signature,
            auth_tokens,
            request.headers.get(SETTINGS_HEADER),
        )

    def answer(path: str, handle: Callable[[], str]) -> Response:
        """One request from its size to its answer, in the order that costs a stranger's least."""
        done = begin()

        def refuse(reason: str, status: int, **fields: object) -> Response:
            refusals.add(reason, **fields)
            done(reason)
            return Response(status=status)

        try:
            request.max_content_length = MOST_BYTES
            body = request.get_data()
            if missing:
                return refuse("not_configured", 503, missing=missing)
            verify(path, body)
            refusals.signed(True)
            reached(Point.WEBHOOK_VERIFIED)
            done(handle())
        except RequestEntityTooLarge:
            return refuse("too_large", 413)
        except BadSignature as error:
            if SIGNATURE_HEADER in request.headers:
                refusals.signed(False)
            return refuse("bad_signature", error.status, detail=str(error).replace(" ", "_"))
        except WebhookRejected as error:
            return refuse("bad_form", error.status, detail=str(error).replace(" ", "_"))
        except DatabaseUnavailable:
            return refuse("database_unavailable", 503)
        return Response(_TWIML, content_type="text/xml; charset=utf-8")

    @blueprint.post(INBOUND_PATH)
    def inbound() -> Response:
        def handle() -> str:
            message = parse_message(request.form)
            event = "webhook_accepted" if accept(message) else "webhook_repeated"
            log.info("%s message_sid=%s type=%s", event, message.message_sid, message.type)
            return event.removeprefix("webhook_")

        return answer(INBOUND_PATH, handle)

    @blueprint.post(STATUS_PATH)
    def status() -> Response:
        def handle() -> str:
            record_status(parse_status(request.form, request.args.get("outbox")))
            return "status"

        return answer(STATUS_PATH, handle)

    return blueprint


def _missing(public_base_url: str | None, auth_tokens: Sequence[str]) -> str:
    names = {"TWILIO_AUTH_TOKEN": auth_tokens, "PUBLIC_BASE_URL": public_base_url}
    return ",".join(name for name, value in names.items() if not value)
