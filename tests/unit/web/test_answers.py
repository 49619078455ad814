"""A program asks by HTTP: its question is handed on, or it is told what is wrong with it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import outcome
from bot.outcome import Outcome
from web import answers

TOKEN = "a-token-of-the-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FAILURE = "success error retryable message details hint retry_after_s"


class Shop:
    """Notes what it is asked; answers with `outcome`."""

    def __init__(self, found: Outcome | None = None) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.found = found or Outcome(200, {"success": True, "reply": "Sí."})

    def ask(self, message: str, contact: str | None) -> Outcome:
        self.asked.append((message, contact))
        return self.found


def client(shop: Any, token: str | None = TOKEN, most_at_once: int = 8) -> FlaskClient:
    web = Flask("test", static_folder=None)
    web.register_blueprint(
        answers.make_blueprint(
            ask=shop.ask, api_token=token, language="es", most_at_once=most_at_once
        )
    )
    return web.test_client()


def post(shop: Shop, **given: Any) -> TestResponse:
    return client(shop).post(answers.PATH, **{"headers": BEARER, **given})


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param({"message": " hola "}, ("hola", None), id="no contact"),
        pytest.param({"message": "hola", "contact": None}, ("hola", None), id="null contact"),
        pytest.param({"message": "hola", "contact": "ana"}, ("hola", "ana"), id="contact"),
        pytest.param({"message": "hola", "more": 1}, ("hola", None), id="something more"),
        pytest.param({"message": "h" * 4000}, ("h" * 4000, None), id="longest message"),
    ],
)
def test_a_question_is_handed_on(body: dict[str, Any], asked: tuple[str, str | None]) -> None:
    shop = Shop()
    answer = post(shop, json=body)

    assert (answer.status_code, answer.json) == (200, {"success": True, "reply": "Sí."})
    assert shop.asked == [asked]


def test_the_content_type_does_not_matter() -> None:
    assert post(Shop(), data='{"message": "hola"}').status_code == 200


@pytest.mark.parametrize(
    ("body", "word"),
    [
        pytest.param(b"", "JSON", id="empty"),
        pytest.param(b"hola", "JSON", id="no JSON"),
        pytest.param(b'{"message": "\xff"}', "JSON", id="no UTF-8"),
        pytest.param(b"[" * 60_000, "JSON", id="deeply nested"),
        pytest.param(b'["hola"]', "JSON", id="no object"),
        pytest.param(b"{}", "message", id="no message"),
        pytest.param(b'{"message": 7}', "message", id="message is no text"),
        pytest.param(b'{"message": "  "}', "message", id="blank message"),
        pytest.param(b'{"message": "%s"}' % (b"h" * 4001), "4000", id="long message"),
        pytest.param(b'{"message": "a", "contact": 7}', "contact", id="contact is no text"),
        pytest.param(b'{"message": "a", "contact": " "}', "contact", id="blank contact"),
        pytest.param(rb'{"message": "\u0000"}', "message", id="message of nothing"),
        pytest.param(rb'{"message": "a", "contact": "\u0000"}', "contact", id="contact of nothing"),
        pytest.param(
            b'{"message": "a", "contact": "%s"}' % (b"c" * 201), "contact", id="long contact"
        ),
    ],
)
def test_what_asks_nothing_is_told_so(body: bytes, word: str) -> None:
    shop = Shop()
    answer = post(shop, data=body)

    assert answer.status_code == 400
    assert answer.json is not None and " ".join(answer.json) == FAILURE
    assert (answer.json["error"], answer.json["retryable"]) == ("bad_request", False)
    assert word in answer.json["message"]
    assert shop.asked == []


def test_a_large_body_is_refused() -> None:
    answer = post(Shop(), data=b"x" * (answers.MOST_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json is not None and answer.json["error"] == "bad_request"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": TOKEN}, id="without its word"),
        pytest.param({"Authorization": "Bearer wrong"}, id="wrong"),
        pytest.param({"Authorization": "Bearer ñandú"}, id="no ASCII"),
    ],
)
def test_without_the_token_nobody_asks(given: dict[str, str]) -> None:
    shop = Shop()
    answer = post(shop, headers=given, json={"message": "hola"})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json is not None and answer.json["error"] == "auth"
    assert shop.asked == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_while_no_token_is_set_there_is_no_route(method: str) -> None:
    asked = getattr(client(Shop(), token=None), method)(answers.PATH, headers=BEARER)
    assert asked.status_code == 404


@pytest.mark.parametrize(
    ("error_class", "wait_s", "status", "retry_after"),
    [
        ("rate_limit", 7.2, 429, "8"),
        ("rate_limit", None, 429, None),
        ("timeout", 5.0, 504, None),
        ("server", 0.0, 503, "1"),
        ("network", None, 503, None),
        ("quota", 60.0, 503, "60"),
        ("auth", None, 503, None),
        ("config", None, 503, None),
        ("model_not_found", None, 503, None),
        ("validation", 5.0, 500, None),
        ("bad_request", None, 500, None),
    ],
)
def test_a_failure_has_the_status_of_its_class(
    error_class: str, wait_s: float | None, status: int, retry_after: str | None
) -> None:
    found = outcome.failed(error_class, "Disculpa.", retry_after_s=wait_s)
    answer = post(Shop(found), json={"message": "hola"})

    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == retry_after
    assert answer.json is not None and answer.json["retry_after_s"] == wait_s


def test_one_too_many_at_once_is_told_to_come_again() -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    class SlowShop(Shop):
        def ask(self, message: str, contact: str | None) -> Outcome:
            is_asked.set()
            may_answer.wait()
            return super().ask(message, contact)

    web = client(SlowShop(), most_at_once=1)
    first = threading.Thread(
        target=lambda: web.post(answers.PATH, headers=BEARER, json={"message": "a"})
    )
    first.start()
    is_asked.wait()
    try:
        second = client_like(web).post(answers.PATH, headers=BEARER, json={"message": "b"})
    finally:
        may_answer.set()
        first.join()
    after = client_like(web).post(answers.PATH, headers=BEARER, json={"message": "c"})

    assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
    assert second.json is not None and second.json["retryable"] is True
    assert after.status_code == 200


def client_like(other: FlaskClient) -> FlaskClient:
    """Another client of the same server: one client asks one thing at a time."""
    web: Flask = other.application
    return web.test_client()
