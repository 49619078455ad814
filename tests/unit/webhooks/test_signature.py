"""Only what Twilio signed with one of our tokens passes."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from core.errors import BadSignature
from tests.fake_twilio import AUTH_TOKEN, inbound_form, sign
from webhooks.signature import MOST_FIELDS, check_shape, check_signature

URL = "https://shop.example/webhooks/twilio/inbound"


def signed(items: list[tuple[str, str]], url: str = URL, digest: str = "sha1") -> str:
    """Twilio's rule, written down a second time: repeated values count once, all sorted."""
    text = url + "".join(name + value for name, value in sorted(set(items)))
    mac = hmac.new(AUTH_TOKEN.encode(), text.encode(), getattr(hashlib, digest))
    return base64.b64encode(mac.digest()).decode()


def test_example_of_twilios_documentation_passes() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    check_signature(url, form.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", ["12345"])


PASSING = [
    ("plain", [("Body", "hola"), ("From", "a")]),
    ("blank field", [("Body", ""), ("From", "a")]),
    ("unknown field", [("NewField", "x")]),
    ("repeated field", [("Body", "b"), ("Body", "a"), ("Body", "b")]),
    ("emoji and spaces", [("Body", "  ¿Hay 🙂?  \n")]),
    ("no field", []),
]


@pytest.mark.parametrize("items", [case[1] for case in PASSING], ids=[case[0] for case in PASSING])
def test_signed_form_passes(items: list[tuple[str, str]]) -> None:
    check_signature(URL, items, signed(items), [AUTH_TOKEN])


def test_either_token_passes_during_a_rotation() -> None:
    form = inbound_form("hola")
    check_signature(URL, form.items(), sign(URL, form), ["new-token", AUTH_TOKEN])


def test_port_of_the_scheme_may_be_written_or_not() -> None:
    form = inbound_form("hola")
    signature = sign(URL.replace("shop.example", "shop.example:443"), form)
    check_signature(URL, form.items(), signature, [AUTH_TOKEN])


def test_sha256_passes_where_the_header_names_it() -> None:
    items = [("Body", "hola")]
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    check_signature(URL, items, signed(items, digest="sha256"), [AUTH_TOKEN], settings)


FORM = inbound_form("hola", message_sid="SM1")
GOOD = sign(URL, FORM)
FAILING = [
    ("blank", URL, FORM, "", None),
    ("of another token", URL, FORM, sign(URL, FORM, "other"), None),
    ("not ASCII", URL, FORM, "ñ" * 28, None),
    ("cut", URL, FORM, GOOD[:-1], None),
    ("tampered field", URL, FORM | {"Body": "chau"}, GOOD, None),
    ("field added", URL, FORM | {"X": "1"}, GOOD, None),
    ("blank field dropped", URL, {"A": "1"}, sign(URL, {"A": "1", "B": ""}), None),
    ("other address", URL + "/", FORM, GOOD, None),
    ("query added", URL + "?a=1", FORM, GOOD, None),
    ("unknown hash", URL, FORM, GOOD, "algorithm=NONE"),
    ("hash it was not made with", URL, FORM, GOOD, "algorithm=HMAC_SHA256"),
    ("what nobody can encode", URL, FORM | {"Body": "\ud83d"}, GOOD, None),
]


@pytest.mark.parametrize(
    ("url", "form", "signature", "settings"),
    [case[1:] for case in FAILING],
    ids=[case[0] for case in FAILING],
)
def test_anything_else_is_refused(
    url: str, form: dict[str, str], signature: str, settings: str | None
) -> None:
    with pytest.raises(BadSignature):
        check_signature(url, form.items(), signature, [AUTH_TOKEN], settings)


def test_nothing_passes_without_a_token() -> None:
    with pytest.raises(BadSignature):
        check_signature(URL, FORM.items(), GOOD, [])


@pytest.mark.parametrize("signature", [GOOD, signed([], digest="sha256")])
def test_what_may_be_signed_is_looked_at(signature: str) -> None:
    check_shape(signature, b"&" * (MOST_FIELDS - 1))


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        pytest.param("", b"", id="missing"),
        pytest.param("AAAA", b"", id="short"),
        pytest.param("ñ" * 28, b"", id="not ASCII"),
        pytest.param(GOOD + "\n", b"", id="more behind it"),
        pytest.param(GOOD, b"&" * MOST_FIELDS, id="more fields than Twilio sends"),
    ],
)
def test_what_cannot_be_signed_is_refused_unread(signature: str, body: bytes) -> None:
    with pytest.raises(BadSignature):
        check_shape(signature, body)
