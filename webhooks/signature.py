"""A request's address, form and headers enter; BadSignature leaves unless Twilio signed them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from twilio.request_validator import RequestValidator, get_signature_algorithm
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
    form_items: Iterable[tuple[str, str]],
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
    fields = MultiDict(form_items)
    algorithm = get_signature_algorithm(settings_header)
    for token in auth_tokens:
        if _is_signed(RequestValidator(token), url, fields, signature, algorithm):
            return
    raise BadSignature("wrong signature")


def _is_signed(
    validator: RequestValidator,
    url: str,
    fields: MultiDict[str, str],
    signature: str,
    algorithm: str,
) -> bool:
    try:
        return bool(validator.validate(url, fields, signature, algorithm))
    except ValueError:  # something in the request that cannot be encoded was never signed
        return False
