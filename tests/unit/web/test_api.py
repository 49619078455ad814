"""Programs ask whether the shop is alive and well; strangers do not learn why not."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry, Counter

from bot.readiness import Readiness
from core.errors import DatabaseUnavailable
from web import api
from web.access import FORWARDING_HEADERS

WELL = Readiness({"database": True, "worker": True}, {"groq": "ok"})
SILENT = {"worker": {"reason": "silent", "seconds": 31.0}}
ILL = Readiness({"database": True, "worker": False}, {"groq": "auth"}, SILENT)
REASONS = {"ready": True, "checks": WELL.checks, "reasons": {}, "providers": WELL.providers}
TOKEN = "a-token-of-the-test"


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    Counter("mostrador_test", "Counts one.", registry=made).inc()
    return made


def client(found: Readiness | None = WELL, token: str | None = TOKEN) -> FlaskClient:
    """A client of the routes; `found` None is a database that cannot be read."""

    def readiness() -> Readiness:
        if found is None:
            raise DatabaseUnavailable("disk full")
        return found

    web = Flask("test", static_folder=None)
    web.register_blueprint(
        api.make_blueprint(
            readiness=readiness,
            metrics=registry(),
            api_token=token,
            public_base_url="https://Shop.test:8443",
        )
    )
    return web.test_client()


def test_alive_needs_no_database() -> None:
    answer = client(None).get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_well_is_200() -> None:
    answer = client().get("/readyz")
    assert (answer.status_code, answer.json) == (200, REASONS)


def test_not_well_is_503_with_the_reason() -> None:
    answer = client(ILL).get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"ready": False, "checks": ILL.checks, "reasons": SILENT, "providers": ILL.providers},
    )


def test_a_database_that_cannot_be_read_is_the_reason() -> None:
    answer = client(None).get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {
            "ready": False,
            "checks": {"database": False},
            "reasons": {"database": {"reason": "cannot_be_read"}},
            "providers": {},
        },
    )


@pytest.mark.parametrize(
    "headers",
    [
        *(pytest.param({name: "203.0.113.9"}, id=name) for name in FORWARDING_HEADERS),
        pytest.param({"Host": "shop.test:8443"}, id="public host"),
        pytest.param({"Host": "SHOP.test:8443"}, id="public host in capitals"),
        pytest.param({"Host": "shop.test"}, id="public host without its port"),
        pytest.param({"Host": "shop.test.:443"}, id="public host as DNS writes it"),
    ],
)
@pytest.mark.parametrize(
    ("given", "is_shown"),
    [
        pytest.param({}, False, id="no token"),
        pytest.param({"Authorization": "Bearer wrong"}, False, id="wrong token"),
        pytest.param({"Authorization": TOKEN}, False, id="token without its word"),
        pytest.param({"Authorization": "Bearer ñandú"}, False, id="token that is no ASCII"),
        pytest.param({"Authorization": f"Bearer {TOKEN}"}, True, id="right token"),
    ],
)
def test_from_outside_reasons_need_the_token(
    headers: dict[str, str], given: dict[str, str], is_shown: bool
) -> None:
    answer = client().get("/readyz", headers=headers | given)
    assert (answer.status_code, answer.json) == (200, REASONS if is_shown else {"ready": True})


def test_over_the_internet_reasons_need_the_token() -> None:
    answer = client().get("/readyz", environ_base={"REMOTE_ADDR": "93.184.216.34"})
    assert answer.json == {"ready": True}


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer "])
def test_without_a_token_of_ours_no_token_opens(given: str) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": given}
    assert client(token=None).get("/readyz", headers=headers).json == {"ready": True}


def test_metrics_are_prometheus_text() -> None:
    answer = client().get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "mostrador_test_total 1.0" in answer.text


@pytest.mark.parametrize(("given", "status"), [("", 401), ("wrong", 401), (TOKEN, 200)])
def test_from_outside_metrics_need_the_token(given: str, status: int) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {given}"}
    answer = client().get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("mostrador_test" in answer.text) == (status == 200)
