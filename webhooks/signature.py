"""A request's address, form and headers enter; BadSignature leaves unless Twilio signed them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hmac import compare_digest
from urllib.parse import urlparse

from twilio.request_validator import (
    RequestValidator,
    add_port,
    get_signature_algorithm,
    remove_port,
)
from werkzeug.datastructures import MultiDict

from core.errors import BadSignature

SIGNATURE_HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"

MOST_FIELDS = 1000
"""Twilio sends about forty."""
_SHAPE = re.compile(r"[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=")
"""Of the two hashes there are, in base64."""


def check_shape(signature: str, body: bytes) -> None:
    """Refuse what cannot have been signed, before anything of the body is looked at.

    Taking a form of a quarter of a megabyte apart, and hashing it, costs a hundred times as much.

    Raises:
        BadSignature: no signature, none that Twilio's could be, or too many fields to sign.
    """
    if not signature:
        raise BadSignature("no signature")
    if not _SHAPE.fullmatch(signature):
        raise BadSignature("wrong signature")
    if body.count(b"&") >= MOST_FIELDS:
        raise BadSignature("too many fields")


def check_signature(
    url: str,
    form_items: Iterable[tuple[str, str]] | MultiDict[str, str],
    signature: str,
    auth_tokens: Sequence[str],
    settings_header: str | None = None,
) -> None:
    """Check that Twilio signed this request with one of our tokens.

    Args:
        url: the address Twilio called, from our own configuration, with the query as received.
        form_items: every field in full: blank, repeated and unknown ones are signed too.
        signature: X-Twilio-Signature.
        auth_tokens: any of them may have signed (two during a rotation).
        settings_header: X-Twilio-Webhooks-Signature-Settings; names the hash. Whatever it says,
            only the holder of a token can have made the signature.
    Raises:
        BadSignature: wrong, or made over something else.
    Source: https://www.twilio.com/docs/usage/security#validating-requests
    """
    whole = form_items if isinstance(form_items, MultiDict) else MultiDict(form_items)
    fields = _Fields(whole.lists())
    given = signature.encode("utf-8", "replace")
    algorithm = get_signature_algorithm(settings_header)
    for written in _ways_to_write(url):
        for token in auth_tokens:
            if compare_digest(_signed(token, written, fields, algorithm), given):
                return
    raise BadSignature("wrong signature")


class _Fields(dict[str, list[str]]):
    """A form as the SDK reads it soonest."""

    def getall(self, name: str) -> list[str]:
        return self[name]


@lru_cache(maxsize=64)
def _ways_to_write(url: str) -> tuple[str, ...]:
    """Twilio signs the address with its port or without; most are written without."""
    parsed = urlparse(url)
    return (remove_port(parsed), add_port(parsed))


@lru_cache(maxsize=8)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def _signed(token: str, url: str, fields: _Fields, algorithm: str) -> bytes:
    """Twilio's signature of this; nothing of what it cannot have signed."""
    try:
        return str(_validator(token).compute_signature(url, fields, algorithm)).encode()
    except ValueError:  # something that cannot be encoded, or a hash nobody knows
        return b""
