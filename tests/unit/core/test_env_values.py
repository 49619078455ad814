"""What an owner may type, and what it means."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import env_values as values
from core.env_values import BadValue

READ: list[tuple[str, Callable[[object], object], str, object]] = [
    ("plain seconds", values.seconds, "1.5", 1.5),
    ("decimal comma", values.seconds, "1,5", 1.5),
    ("unit seconds", values.seconds, "15s", 15.0),
    ("unit milliseconds", values.seconds, "15000ms", 15.0),
    ("unit in capitals after a space", values.seconds, "15 S", 15.0),
    ("a thousand seconds where no timeout is meant", values.seconds, "1000", 1000.0),
    ("timeout below a thousand is seconds", values.timeout, "999", 999.0),
    ("timeout of a thousand is milliseconds", values.timeout, "1000", 1.0),
    ("timeout as other products write it", values.timeout, "15000", 15.0),
    ("a unit says what is meant, whatever the size", values.timeout, "1000s", 1000.0),
    ("small milliseconds", values.timeout, "500ms", 0.5),
    ("hedge off", values.hedge, "OFF", "off"),
    ("hedge after seconds", values.hedge, "2s", 2.0),
    ("list with blanks and repetitions", values.words, " a, b ,,a", ("a", "b")),
    ("provider in any spelling", values.provider_name, "LM Studio", "lmstudio"),
    ("order", values.provider_names, "openai, Groq,openai", ("openai", "groq")),
    ("shares", values.weights, "openrouter:70, groq:2.5", {"openrouter": 70.0, "groq": 2.5}),
    ("two tokens", values.secrets, "one, two", ("one", "two")),
    ("number with prefix", values.whatsapp_address, "whatsapp:+14155238886", "+14155238886"),
    ("number with spaces", values.whatsapp_address, "+57 300 123-4567", "+573001234567"),
    ("number without plus", values.whatsapp_address, "WhatsApp:573001234567", "+573001234567"),
    ("trailing slash", values.public_url, "https://shop.example/", "https://shop.example"),
    ("fragment", values.public_url, "https://shop.example/a#rc=2", "https://shop.example/a"),
    ("pasted endpoint", values.api_url, "http://h:1/v1/chat/completions/", "http://h:1/v1"),
    ("base address", values.api_url, "http://h:1/v1/", "http://h:1/v1"),
    ("spanish yes", values.flag, "Sí", "yes"),
]


@pytest.mark.parametrize(
    ("read", "written", "meant"), [case[1:] for case in READ], ids=[case[0] for case in READ]
)
def test_it_is_read_as_meant(read: Callable[[object], object], written: str, meant: object) -> None:
    if read is values.whatsapp_address:
        meant = f"whatsapp:{meant}"
    assert read(written) == meant


REFUSED: list[tuple[str, Callable[[str], object], str, str]] = [
    ("words as time", values.seconds, "15 minutos", "duration"),
    ("negative time", values.seconds, "-1", "duration"),
    ("not a number", values.seconds, "nan", "duration"),
    ("provider nobody knows", values.provider_names, "groq,grok", "provider"),
    ("order of commas only", values.provider_names, " , ", "empty_list"),
    ("share without weight", values.weights, "groq", "weights"),
    ("share of nothing", values.weights, "groq:0", "weights"),
    ("key with a space", values.secret, "gsk_a b", "secret"),
    ("key with an invisible sign", values.secret, "gsk_a\u200bb", "secret"),
    ("number with letters", values.whatsapp_address, "+57 300 CASA", "phone"),
    ("number without country", values.whatsapp_address, "0300", "phone"),
    ("address without scheme", values.http_url, "shop.example", "url"),
    ("address of a file", values.http_url, "ftp://shop.example", "url"),
    ("address with a bad port", values.http_url, "http://shop.example:70000", "url"),
    ("address with a space", values.http_url, "https://shop.example/a b", "url"),
    ("whole webhook", values.public_url, "https://s.co/webhooks/twilio/inbound", "public_url"),
    ("public address with a query", values.public_url, "https://s.co/?a=1", "public_url"),
    ("time zone nobody knows", values.timezone, "Colombia/Bogota", "timezone"),
    ("time zone leading elsewhere", values.timezone, "../etc/passwd", "timezone"),
    ("half a time zone", values.timezone, "America", "timezone"),
]


@pytest.mark.parametrize(
    ("read", "written", "fault"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_it_is_refused(read: Callable[[str], object], written: str, fault: str) -> None:
    with pytest.raises(BadValue) as caught:
        read(written)
    assert caught.value.key == fault


@pytest.mark.parametrize(
    "value",
    [
        "tu_clave_aqui",
        "TU_GROQ_API_KEY_AQUÍ",
        "your_key_here",
        "sk-your_openai_key_here",
        "gsk_...",
        "gsk_…",
        "ACxxxxxxxxxxxx",
    ],
)
def test_an_example_is_a_placeholder(value: str) -> None:
    assert values.is_placeholder(value)


@pytest.mark.parametrize("value", ["gsk_R3alK3y", "tu_tienda", "https://tu_tienda.co", "aqui", ""])
def test_a_real_value_is_no_placeholder(value: str) -> None:
    assert not values.is_placeholder(value)


@pytest.mark.parametrize(
    ("url", "completed"),
    [
        ("http://localhost:1234", "http://localhost:1234/v1"),
        ("http://localhost:1234/v1", "http://localhost:1234/v1"),
        ("http://localhost:1234/api/v0", "http://localhost:1234/api/v0"),
        (None, None),
    ],
)
def test_lm_studio_answers_under_v1(url: str | None, completed: str | None) -> None:
    assert values.with_v1(url) == completed
