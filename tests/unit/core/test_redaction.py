"""What a log must never show, hidden; what it must show, left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import redaction
from core.redaction import mask_address, redact, register_secrets
from core.texts import LANGUAGES, flatten


@pytest.fixture(autouse=True)
def _no_known_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_known_secrets", set())
    yield


HIDDEN = [
    ("groq key", "key gsk_abcDEF123456 refused", "key gsk_*** refused"),
    ("openai key", "sk-proj-abc_DEF-123456", "sk-***"),
    ("google key", "?key=AIzaSyD-abcdef&alt=json", "?key=***&alt=json"),
    ("account", "/Accounts/AC0123456789abcdef0123456789abcdef/", "/Accounts/AC***/"),
    ("bearer", '{"Authorization": "Bearer abc.def-ghi"}', '{"Authorization": "Bearer ***"}'),
    ("basic", "authorization: Basic QUM6dG9r, next", "authorization: Basic ***, next"),
    ("password in an address", "postgresql://u:p@ss@host/db", "postgresql://***@host/db"),
    ("password in our example's place", "x://USER:PASSWORD@SERVER:a@h/", "x://***@h/"),
    ("an example's password elsewhere", "x://USER:PASSWORD@host/db", "x://***@host/db"),
    ("token in an address", "https://ghp_abc@host/x", "https://***@host/x"),
    (
        "token of a query",
        "/list.csv?a=b&access_token=xyz&c=d",
        "/list.csv?a=b&access_token=***&c=d",
    ),
    ("number", "To=whatsapp:+573001234567 failed", "To=whatsapp:+57…67 failed"),
    ("number in a query", "To=whatsapp%3A%2B573001234567&x", "To=whatsapp:+57…67&x"),
    ("bare number", "call +573001234567.", "call +57…67."),
    ("address without a number", "whatsapp:US.13491208655302741918", "whatsapp:US.…18"),
]


@pytest.mark.parametrize(
    ("text", "shown"), [case[1:] for case in HIDDEN], ids=[case[0] for case in HIDDEN]
)
def test_it_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "turn_finished conversation_id=7 provider=groq duration_ms=1234",
        "SM0123456789abcdef0123456789abcdef",
        "http://localhost:1234/v1/models",
        "2+2=4 y +57",
        "[AI Multi-Provider] ❌ Error con groq: rate_limit (intento 1/2, 429, 0.2 s)",
    ],
)
def test_it_is_left(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", ["advice", "commands", "doctor", "owner", "setup"])
def test_our_own_examples_are_left_for_the_owner_to_read(file: str, language: str) -> None:
    sentences = flatten(file, language)
    assert sentences
    assert {key: redact(said) for key, said in sentences.items() if redact(said) != said} == {}


def test_a_known_secret_is_hidden_whatever_its_form() -> None:
    register_secrets(["0a1b2c3d", "0a1b2c3d4e5f"])

    assert redact("token=0a1b2c3d4e5f and 0a1b2c3d") == "token=*** and ***"


def test_a_known_secret_is_hidden_inside_an_address_too() -> None:
    register_secrets(["p/ss+w=rd"])

    assert redact("GET /x?y=p%2Fss%2Bw%3Drd") == "GET /x?y=***"


def test_a_secret_too_short_to_tell_from_a_word_is_not_hidden() -> None:
    register_secrets(["", "de"])

    assert redact("precio de lista") == "precio de lista"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("whatsapp:+573001234567", "whatsapp:+57…67"),
        ("+573001234567", "+57…67"),
        ("whatsapp:US.12345678", "whatsapp:US.…78"),
        ("web:ab", "web:…"),
    ],
)
def test_mask_address(address: str, masked: str) -> None:
    assert mask_address(address) == masked
