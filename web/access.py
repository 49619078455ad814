"""The request at hand enters; whether it may see what is not for everybody leaves."""

from __future__ import annotations

import hmac
import re
from ipaddress import ip_address

from flask import request

FORWARDING_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "CF-Connecting-IP",
    "True-Client-IP",
)


def has_token(api_token: str | None) -> bool:
    """Whether the request carries `Authorization: Bearer` and this token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not api_token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), api_token.encode())


def is_from_outside(public_host: str) -> bool:
    """Whether it came through a proxy or tunnel or over the internet, not from this network.

    Args:
        public_host: PUBLIC_BASE_URL's host, with its port if it names one; "" for none.
    """
    return (
        _plain(request.host) == _plain(public_host)
        or any(name in request.headers for name in FORWARDING_HEADERS)
        or _is_public(request.remote_addr or "")
    )


def _plain(host: str) -> str:
    """A host's name however it is written: without port, last dot and capitals."""
    return re.sub(r":\d*$", "", host).rstrip(".").lower()


def _is_public(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False
