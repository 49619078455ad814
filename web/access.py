"""The request at hand enters; whether it may see what is not for everybody leaves."""

from __future__ import annotations

import hmac

from flask import request

FORWARDING_HEADERS = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "CF-Connecting-IP",
)


def has_token(api_token: str | None) -> bool:
    """Whether the request carries `Authorization: Bearer` and this token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not api_token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), api_token.encode())


def is_from_outside(public_host: str) -> bool:
    """Whether it came through a proxy or tunnel, not from somebody who sits at the machine."""
    return request.host.lower() == public_host or any(
        name in request.headers for name in FORWARDING_HEADERS
    )
