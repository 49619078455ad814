"""Questions of other programs enter by HTTP: checked, handed on; the outcome leaves as JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from math import ceil

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot import outcome
from bot.channels.formatting import clean_text
from bot.outcome import Outcome
from core.texts import text
from web.access import has_token

PATH = "/api/answers"
MOST_BYTES = 64 * 1024
MOST_MESSAGE = 4000
"""Characters; the longest message WhatsApp takes has about as many."""
MOST_CONTACT = 200
BUSY_RETRY_S = 1.0


class _Unusable(Exception):
    """The body asks nothing; `key` is the sentence of `api` that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def make_blueprint(
    *,
    ask: Callable[[str, str | None], Outcome],
    api_token: str | None,
    language: str,
    most_at_once: int,
) -> Blueprint:
    """Route `POST /api/answers`; without a token there is none.

    Args:
        ask: answers (message, contact); blocks.
        language: of what is said about unusable requests.
        most_at_once: questions under way; each holds one of the server's threads.
    """
    blueprint = Blueprint("answers", __name__)
    slots = threading.BoundedSemaphore(most_at_once)

    def refuse(status: int, error_class: str, key: str, retry_s: float | None = None) -> Outcome:
        fields = {"characters": MOST_MESSAGE, "contact": MOST_CONTACT, "kib": MOST_BYTES // 1024}
        sentence = text(f"api.{key}", language, **fields)
        return outcome.failed(error_class, sentence, status=status, retry_after_s=retry_s)

    def answer() -> Outcome:
        if not has_token(api_token):
            return refuse(401, "auth", "token_wrong")
        try:
            message, contact = _read_question()
        except RequestEntityTooLarge:
            return refuse(413, "bad_request", "body_too_large")
        except _Unusable as error:
            return refuse(400, "bad_request", error.key)
        if not slots.acquire(blocking=False):
            return refuse(503, "server", "busy", BUSY_RETRY_S)
        try:
            return ask(message, contact)
        finally:
            slots.release()

    if api_token:

        @blueprint.post(PATH)
        def answers() -> Response:
            return _response(answer())

    return blueprint


def _read_question() -> tuple[str, str | None]:
    """Message and contact of the request's body.

    Raises:
        RequestEntityTooLarge: it has more than MOST_BYTES.
        _Unusable: it asks nothing.
    """
    request.max_content_length = MOST_BYTES
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise _Unusable("not_json") from error
    if not isinstance(body, dict):
        raise _Unusable("not_json")
    message, contact = _text(body.get("message")), body.get("contact")
    if not message:
        raise _Unusable("message_missing")
    if len(message) > MOST_MESSAGE:
        raise _Unusable("message_too_long")
    if contact is None:
        return message, None
    contact = _text(contact)
    if not 0 < len(contact) <= MOST_CONTACT:
        raise _Unusable("contact_wrong")
    return message, contact


def _text(value: object) -> str:
    """A text that can be stored and said again; "" for what is none."""
    return clean_text(value).strip() if isinstance(value, str) else ""


def _response(found: Outcome) -> Response:
    # Not Flask's: that sorts the keys and escapes every letter with an accent.
    said = json.dumps(found.body, ensure_ascii=False)
    response = Response(said, found.status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if found.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    wait_s = found.body.get("retry_after_s")
    if found.status in (429, 503) and wait_s is not None:
        response.headers["Retry-After"] = str(max(1, ceil(wait_s)))
    return response
