"""What Twilio did not sign is refused and leaves no trace; what it signed never meets silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form, sign
from tests.processes import Shop

FORM = inbound_form("¿Tienen laptops?")
TOO_LARGE = inbound_form("x" * 256 * 1024)


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def shop(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, twilio: FakeTwilio
) -> Iterator[Shop]:
    """One running shop for every refusal: they leave nothing behind."""
    folder = tmp_path_factory.mktemp("refusing")
    with Shop(tree, folder, {"DATABASE_URL": f"sqlite:///{folder / 'shop.db'}"}) as running:
        running.connect_twilio(twilio.base_url)
        running.start_ready()
        yield running


def signatures(shop: Shop) -> dict[str, dict[str, str]]:
    url = f"{shop.url}/webhooks/twilio/inbound"
    return {
        "no signature": {},
        "empty": {"X-Twilio-Signature": ""},
        "another token": {"X-Twilio-Signature": sign(url, FORM, "another-token")},
        "another address": {"X-Twilio-Signature": sign(f"{shop.url}/other", FORM)},
        "another text": shop.signature(FORM | {"Body": "¿Tienen celulares?"}),
        "a field more": shop.signature({k: v for k, v in FORM.items() if k != "WaId"}),
    }


def test_a_message_twilio_did_not_sign_is_refused_and_leaves_no_trace(
    shop: Shop, twilio: FakeTwilio
) -> None:
    answers = {
        case: shop.post(FORM, **headers).status_code for case, headers in signatures(shop).items()
    }
    assert answers == dict.fromkeys(answers, 403)
    assert shop.rows("SELECT count(*) FROM message") == [(0,)]
    assert twilio.requests == []


def test_a_status_twilio_did_not_sign_is_refused(shop: Shop) -> None:
    assert shop.post({"MessageSid": "SM1", "MessageStatus": "read"}, "status").status_code == 403


def test_a_form_too_large_is_refused_before_its_signature_is_read(shop: Shop) -> None:
    assert shop.post(TOO_LARGE, **shop.signature(TOO_LARGE)).status_code == 413
    assert shop.post(TOO_LARGE).status_code == 413
    assert shop.rows("SELECT count(*) FROM message") == [(0,)]


def test_without_a_token_nothing_is_taken_and_the_log_names_it(new_shop: NewShop) -> None:
    shop = new_shop()
    shop.start_ready()
    assert shop.receive(FORM) == 503
    assert "TWILIO_AUTH_TOKEN" in shop.log


ODD_FORMS = {
    "blank fields": {"ProfileName": "", "WaId": "", "ReferralNumMedia": ""},
    "an emoji": {"Body": "👍🏽"},
    "unknown fields": {"SomethingNew": "ñandú ✓", "Body": "¿Tienen mouse?"},
    "a sender without a phone": {"From": "whatsapp:US.13491208655302741918", "WaId": ""},
    "a photo": {
        "Body": "",
        "MessageType": "image",
        "NumMedia": "1",
        "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME0",
        "MediaContentType0": "image/jpeg",
    },
    "a voice note": {
        "Body": "",
        "MessageType": "audio",
        "NumMedia": "1",
        "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM1/Media/ME1",
        "MediaContentType0": "audio/ogg",
    },
    "a place": {"Body": "", "MessageType": "location", "Latitude": "4.6", "Longitude": "-74.1"},
    "a tapped button": {
        "Body": "Sí, quiero",
        "MessageType": "button",
        "ButtonText": "Sí, quiero",
        "ButtonPayload": "yes",
    },
    "nothing at all": {"Body": "", "MessageType": "", "NumMedia": ""},
}


def test_every_form_twilio_signs_is_taken_and_answered(
    new_shop: NewShop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    shop = new_shop(**groq_settings(groq))
    shop.connect_twilio(twilio.base_url)
    shop.start_ready()
    forms = {
        case: inbound_form("Hola", customer=f"whatsapp:+34600{number:06}") | fields
        for number, (case, fields) in enumerate(ODD_FORMS.items())
    }
    answers = {case: shop.receive(form) for case, form in forms.items()}
    shop.wait_until_answered()
    told = {message["to"]: message["body"] for message in twilio.sent}
    assert answers == dict.fromkeys(forms, 200)
    assert {case for case, form in forms.items() if not told.get(form["From"])} == set()
