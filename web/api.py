"""Requests of programs enter: is the shop alive, is it well?"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from bot.readiness import Readiness
from core.errors import DatabaseUnavailable

FORWARDING_HEADERS = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "CF-Connecting-IP",
)


def make_blueprint(
    *,
    readiness: Callable[[], Readiness],
    api_token: str | None,
    public_base_url: str | None,
) -> Blueprint:
    """Routes `/healthz` and `/readyz`.

    Args:
        readiness: asks the database; may raise DatabaseUnavailable.
        api_token: opens the reasons to requests from outside; None keeps them shut.
    """
    blueprint = Blueprint("api", __name__)
    public_host = urlsplit(public_base_url or "").netloc.lower()

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            found = readiness()
        except DatabaseUnavailable:
            found = Readiness(checks={"database": False}, providers={})
        body: dict[str, object] = {"ready": found.is_ready}
        if _may_see_reasons(public_host, api_token):
            body |= {"checks": found.checks, "providers": found.providers}
        return jsonify(body), 200 if found.is_ready else 503

    return blueprint


def _may_see_reasons(public_host: str, api_token: str | None) -> bool:
    """Whoever sits at the machine may; whoever came through a proxy or tunnel needs the token."""
    from_outside = request.host.lower() == public_host or any(
        name in request.headers for name in FORWARDING_HEADERS
    )
    if not from_outside:
        return True
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not api_token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode(), api_token.encode())
