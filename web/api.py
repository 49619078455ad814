"""Requests of programs enter: is the shop alive, is it well, what does it count?"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.readiness import Readiness, unready
from core.errors import DatabaseUnavailable
from web.access import has_token, is_from_outside


def make_blueprint(
    *,
    readiness: Callable[[], Readiness],
    metrics: CollectorRegistry,
    api_token: str | None,
    public_base_url: str | None,
) -> Blueprint:
    """Routes `/healthz`, `/readyz` and `/metrics`.

    Args:
        readiness: asks the database; may raise DatabaseUnavailable.
        api_token: opens reasons and metrics to requests from outside; None keeps them shut.
    """
    blueprint = Blueprint("api", __name__)
    public_host = urlsplit(public_base_url or "").netloc.lower()

    def may_see() -> bool:
        return not is_from_outside(public_host) or has_token(api_token)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            found = readiness()
        except DatabaseUnavailable:
            found = unready("database", "cannot_be_read")
        body: dict[str, object] = {"ready": found.is_ready}
        if may_see():
            body |= {
                "checks": found.checks,
                "reasons": found.reasons,
                "providers": found.providers,
            }
        return jsonify(body), 200 if found.is_ready else 503

    @blueprint.get("/metrics")
    def metrics_() -> Response:
        if not may_see():
            return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(generate_latest(metrics), content_type=CONTENT_TYPE_LATEST)

    return blueprint
