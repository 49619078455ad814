"""What Twilio gets as an answer, and what is handed on."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.messages import InboundMessage, StatusUpdate
from core.errors import DatabaseUnavailable
from tests.fake_twilio import AUTH_TOKEN, CUSTOMER, inbound_form, sign, status_form
from tests.fakes import FixedClock
from webhooks.blueprint import (
    INBOUND_PATH,
    MOST_BYTES,
    STATUS_PATH,
    SUSPICIOUS,
    RefusalLog,
    make_blueprint,
)

BASE_URL = "https://shop.example"


@dataclass
class Shop:
    """The blueprint's two receivers, and a browserless client in front of it."""

    clock: FixedClock
    public_base_url: str | None = BASE_URL + "/"
    auth_tokens: tuple[str, ...] = (AUTH_TOKEN,)
    is_down: bool = False
    messages: list[InboundMessage] = field(default_factory=list)
    statuses: list[StatusUpdate] = field(default_factory=list)
    suspicions: list[bool] = field(default_factory=list)

    def accept(self, message: InboundMessage) -> bool:
        if self.is_down:
            raise DatabaseUnavailable("disk full")
        is_new = message.message_sid not in {known.message_sid for known in self.messages}
        self.messages += [message] if is_new else []
        return is_new

    def client(self) -> FlaskClient:
        self.refusals = RefusalLog(self.clock, self.suspicions.append)
        app = Flask(__name__)
        app.register_blueprint(
            make_blueprint(
                accept=self.accept,
                record_status=self.statuses.append,
                public_base_url=self.public_base_url,
                auth_tokens=self.auth_tokens,
                refusals=self.refusals,
            )
        )
        return app.test_client()

    def post(self, path: str, form: dict[str, str], **options: Any) -> TestResponse:
        """A form as Twilio posts it: behind a proxy, so under another host and scheme."""
        headers = {"X-Twilio-Signature": sign(BASE_URL + path, form), "Host": "localhost:8000"}
        return self.client().post(path, data=form, headers=headers, **options)


@pytest.fixture
def shop(clock: FixedClock) -> Shop:
    return Shop(clock)


def test_signed_message_is_handed_on_and_answered_with_silence(shop: Shop) -> None:
    answer = shop.post(INBOUND_PATH, inbound_form("hola"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
    assert [message.body for message in shop.messages] == ["hola"]


def test_repeated_message_gets_the_same_answer(shop: Shop) -> None:
    form = inbound_form("hola")
    answers = [shop.post(INBOUND_PATH, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(shop.messages) == 1


def test_query_is_signed_as_it_was_sent(shop: Shop) -> None:
    assert shop.post(INBOUND_PATH + "?a=1%202&b=", inbound_form("hola")).status_code == 200


def test_repeated_and_blank_fields_are_signed_too(shop: Shop) -> None:
    body = "MessageSid=SM1&From=a&To=b&X=2&X=1&Y="
    form = {"MessageSid": "SM1", "From": "a", "To": "b", "X": "1X2", "Y": ""}
    signature = sign(BASE_URL + INBOUND_PATH, form)
    answer = shop.client().post(
        INBOUND_PATH,
        data=body,
        content_type="application/x-www-form-urlencoded; charset=utf-8",
        headers={"X-Twilio-Signature": signature},
    )
    assert answer.status_code == 200


def test_status_is_handed_on_with_our_own_id(shop: Shop) -> None:
    answer = shop.post(STATUS_PATH + "?outbox=0a1b", status_form("SM1", "sent"))
    assert answer.status_code == 200
    assert shop.statuses == [StatusUpdate("SM1", "sent", "0a1b")]


FORGED = [
    ("no signature", {}),
    ("empty signature", {"X-Twilio-Signature": ""}),
    ("wrong signature", {"X-Twilio-Signature": "AAAA"}),
    ("signature not ASCII", {"X-Twilio-Signature": "ñandú"}),
    (
        "signature of another address",
        {"X-Twilio-Signature": sign("http://localhost" + INBOUND_PATH, inbound_form("hola"))},
    ),
]


@pytest.mark.parametrize("path", [INBOUND_PATH, STATUS_PATH])
@pytest.mark.parametrize("headers", [case[1] for case in FORGED], ids=[case[0] for case in FORGED])
def test_forged_request_is_refused_and_counted(
    shop: Shop, path: str, headers: dict[str, str]
) -> None:
    answer = shop.client().post(path, data=inbound_form("hola"), headers=headers)
    assert (answer.status_code, answer.data) == (403, b"")
    assert shop.messages == shop.statuses == []
    assert shop.refusals.counts == {"bad_signature": 1}


@pytest.mark.parametrize("path", [INBOUND_PATH, STATUS_PATH])
def test_signed_form_that_is_no_message_is_refused(shop: Shop, path: str) -> None:
    assert shop.post(path, {"Hello": "world"}).status_code == 400


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "multipart/form-data; boundary=x", "multipart/x", ""],
)
def test_body_that_is_no_form_is_refused(shop: Shop, content_type: str) -> None:
    for headers in ({}, {"X-Twilio-Signature": sign(BASE_URL + INBOUND_PATH, {})}):
        answer = shop.client().post(
            INBOUND_PATH, data=b'{"a": "\xff', content_type=content_type, headers=headers
        )
        assert answer.status_code in (400, 403)


def test_too_large_a_request_is_refused_before_anything_else(clock: FixedClock) -> None:
    shop = Shop(clock, auth_tokens=())
    assert shop.client().post(INBOUND_PATH, data=b"a" * (MOST_BYTES + 1)).status_code == 413


def test_too_large_a_request_is_refused_when_it_does_not_say_its_size(shop: Shop) -> None:
    answer = shop.client().post(
        INBOUND_PATH,
        input_stream=io.BytesIO(b"a" * (MOST_BYTES + 1)),
        content_type="text/plain",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_largest_request_is_taken(shop: Shop) -> None:
    assert shop.post(INBOUND_PATH, inbound_form("a" * (MOST_BYTES - 1000))).status_code == 200


@pytest.mark.parametrize(
    ("public_base_url", "auth_tokens", "named"),
    [
        (None, (AUTH_TOKEN,), "PUBLIC_BASE_URL"),
        (BASE_URL, (), "TWILIO_AUTH_TOKEN"),
        (None, (), "TWILIO_AUTH_TOKEN,PUBLIC_BASE_URL"),
    ],
)
def test_without_configuration_twilio_is_asked_to_come_again(
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    public_base_url: str | None,
    auth_tokens: tuple[str, ...],
    named: str,
) -> None:
    shop = Shop(clock, public_base_url, auth_tokens)
    assert shop.post(INBOUND_PATH, inbound_form("hola")).status_code == 503
    assert f"missing={named}" in caplog.text


def test_database_that_cannot_store_makes_twilio_come_again(shop: Shop) -> None:
    shop.is_down = True
    assert shop.post(INBOUND_PATH, inbound_form("hola")).status_code == 503


@pytest.mark.parametrize("path", [INBOUND_PATH, STATUS_PATH])
def test_only_post_is_known(shop: Shop, path: str) -> None:
    assert shop.client().get(path).status_code == 405


def test_refusals_are_logged_once_a_minute_with_their_number(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = RefusalLog(clock)
    for seconds in (0, 1, 58, 1, 1):
        clock.advance(seconds)
        refusals.add("bad_signature")
    assert [record.args for record in caplog.records] == [
        ("bad_signature", 1, ""),
        ("bad_signature", 4, ""),
    ]


def test_log_holds_neither_words_nor_addresses(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    shop.post(INBOUND_PATH, inbound_form("mi secreto"))
    shop.post(INBOUND_PATH, inbound_form("mi secreto") | {"To": ""})
    assert "webhook_accepted" in caplog.text
    assert "secreto" not in caplog.text
    assert CUSTOMER.removeprefix("whatsapp:") not in caplog.text


def test_signatures_that_keep_being_bad_raise_suspicion_until_one_is_good(shop: Shop) -> None:
    client, form = shop.client(), inbound_form("hola")
    good = {"X-Twilio-Signature": sign(BASE_URL + INBOUND_PATH, form)}
    for _ in range(SUSPICIOUS):
        assert shop.suspicions == []
        client.post(INBOUND_PATH, data=form, headers={"X-Twilio-Signature": "forged"})
    client.post(INBOUND_PATH, data=form, headers=good)
    client.post(INBOUND_PATH, data=form, headers={"X-Twilio-Signature": "forged"})
    assert shop.suspicions == [True, False]


def test_requests_without_any_signature_are_not_twilios_and_raise_no_suspicion(shop: Shop) -> None:
    client = shop.client()
    for _ in range(SUSPICIOUS):
        assert client.post(INBOUND_PATH, data=inbound_form("hola")).status_code == 403
    assert shop.suspicions == []
