"""What strangers, programs and spreadsheets may send: strategies of hypothesis, nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote_plus

from hypothesis import strategies as st

NASTY = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeff",
    "\u202eoirартнок",
    "\u2066\u2069",
    "\ud800",
    "\udfff\ud800",
    "💣" * 50,
    "e\u0301" * 200,
    "9" * 400,
    "-1",
    "0",
    "1e309",
    "NaN",
    "Infinity",
    "null",
    "true",
    "0x41",
    "٣٤٥",
    "²",
    "1_000",
    "2026-02-30",
    "9999-12-31T23:59:60+99:99",
    "'; DROP TABLE message; --",
    "=cmd|'/c calc'!A1",
    "../../../../etc/passwd",
    "{{7*7}}${7*7}%s%n{0}",
    "\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>",
    "whatsapp:",
    "whatsapp:+" + "9" * 500,
    "x" * 5000,
)

TWILIO_FIELDS = [
    "MessageSid",
    "SmsSid",
    "SmsMessageSid",
    "AccountSid",
    "MessagingServiceSid",
    "From",
    "To",
    "WaId",
    "ProfileName",
    "Body",
    "NumMedia",
    "NumSegments",
    "MediaUrl0",
    "MediaContentType0",
    "MediaUrl1",
    "MediaContentType9",
    "MessageType",
    "Latitude",
    "Longitude",
    "Address",
    "Label",
    "ButtonText",
    "ButtonPayload",
    "ButtonType",
    "ListId",
    "ListTitle",
    "ListDescription",
    "InteractiveData",
    "FlowData",
    "ChannelMetadata",
    "OriginalRepliedMessageSid",
    "OriginalRepliedMessageSender",
    "Forwarded",
    "FrequentlyForwarded",
    "ReferralSourceId",
    "ReferralBody",
    "ReferralNumMedia",
    "ReferralMediaUrl",
    "ExternalUserId",
    "ParentExternalUserId",
    "Username",
    "MessageStatus",
    "SmsStatus",
    "ErrorCode",
    "ErrorMessage",
    "ChannelPrefix",
    "EventType",
]

COLUMNS = (
    """
id, sku, name, brand, category, description, price, currency, stock, image, url, active
nombre, precio, moneda, existencias, categoría, descripción, marca, imagen
Handle, Title, Vendor, Type, Tags, Published, Variant SKU, Option1 Name, Option1 Value
Variant Price, Variant Inventory Qty, Body (HTML), Identificador de URL, Nombre de propiedad 1
Precio promocional, Tipo, SKU, Nombre, Publicado, Inventario, Categorías, Superior
Precio normal, Precio rebajado
""".strip()
    .replace("\n", ", ")
    .split(", ")
)

FACT_FIELDS = [
    "name",
    "currency",
    "timezone",
    "website",
    "hours",
    "delivery",
    "payment",
    "returns",
    "branches",
    "days",
    "open",
    "close",
    "closed",
    "zone",
    "cost",
    "time",
    "address",
    "phone",
    "garantía",
    "horario",
]


@cache
def words(most: int = 40) -> st.SearchStrategy[str]:
    """Text of every kind, halves of surrogate pairs included."""
    return st.one_of(
        st.sampled_from(NASTY),
        st.text(max_size=most),
        st.text(st.characters(codec=None, categories=None), max_size=most),
        st.from_regex(r"[$€]? ?\d{1,9}([.,]\d{0,3}){0,3} ?(COP|USD|eur|%)?", fullmatch=True),
    )


def encodable(text: str) -> str:
    """The text as a form or a file can carry it."""
    return text.encode("utf-8", "replace").decode()


def quoted(text: str) -> str:
    return quote_plus(encodable(text))


def typical(body: str, sid: str, customer: str) -> dict[str, str]:
    """The fields without which a form is no message."""
    return {"MessageSid": sid, "From": customer, "To": "whatsapp:+14155238886", "Body": body}


@cache
def fields() -> st.SearchStrategy[list[tuple[str, str]]]:
    """A form's fields: Twilio's own names and unknown ones, in any order, repeated."""
    name = st.one_of(st.sampled_from(TWILIO_FIELDS), st.sampled_from(TWILIO_FIELDS), words(12))
    return st.lists(st.tuples(name, words()), max_size=12)


DAMAGE = (b"&%ff%fe=%c3%28", b"&%=%&%zz", b"&&&=&=", b"&a;b")


@st.composite
def urlencoded(draw: st.DrawFn, required: dict[str, str] | None = None) -> bytes:
    """A form's body; now and then damaged, or no form at all."""
    pairs = [*(required or {}).items(), *draw(fields())]
    parts = [
        f"{quote_plus(encodable(name))}={quote_plus(encodable(value))}" for name, value in pairs
    ]
    body = "&".join(draw(st.permutations(parts)) if draw(st.booleans()) else parts).encode()
    match draw(st.integers(0, 9)):
        case 0:
            return body + draw(
                st.sampled_from((b"&%ff%fe=%c3%28", b"&%=%&%zz", b"&&&=&=", b"&a;b"))
            )
        case 1:
            return draw(st.binary(max_size=200))
        case 2:
            return b"&".join([body, *[b"a=b"] * draw(st.sampled_from((3, 999, 1001)))])
    return body


CONTENT_TYPES = st.one_of(
    *[st.just("application/x-www-form-urlencoded")] * 6,
    st.sampled_from(
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            "application/x-www-form-urlencoded; charset=utf-16",
            "application/x-www-form-urlencoded; charset=nonsense",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=" + "x" * 300,
            "application/json",
            "text/plain",
            "",
            ";;;",
        )
    ),
)
_QUERY_CHARACTERS = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#")
QUERIES = st.one_of(
    st.just(""),
    st.sampled_from(
        ("outbox=" + "f" * 32, "outbox=%00", "outbox=%ff%fe", "outbox=a&outbox=b", "&=%")
    ),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=60
    ),
)
SIGNATURES = st.one_of(
    st.none(),
    st.just(""),
    st.just("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
)
SETTINGS = st.one_of(
    st.none(),
    st.sampled_from(
        ("algorithm=HMAC_SHA256", "key=x,algorithm=HMAC_SHA1", "algorithm=", ",,=,", "é")
    ),
)


@cache
def anything() -> st.SearchStrategy[Any]:
    """Any JSON value: wrong types, numbers out of all ranges, odd keys."""
    leaf = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**400),
        st.floats(),
        words(),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(words(10), inner, max_size=4)
        ),
        max_leaves=8,
    )


JSON_BYTES = st.one_of(
    st.sampled_from(
        (
            b"",
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b'{"message":"hola","message":7}',
            b'\xef\xbb\xbf{"message":"hola"}',
            '{"message":"hola"}'.encode("utf-16"),
            b'{"message":"hola","contact":NaN}',
            b'{"message":"\\ud800","contact":"\\u0000"}',
            b'{"message":' + b"1" * 5000 + b"}",
            b'{"message":"\xff\xfe"}',
        )
    ),
    st.binary(max_size=80),
)


@st.composite
def product_rows(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header that a catalog can have, and rows of anything."""
    extra = draw(st.lists(st.sampled_from(COLUMNS[12:]) | words(10), max_size=4, unique=True))
    header = [
        "sku",
        "name",
        "price",
        *draw(st.permutations(["brand", "stock", "category"])),
        *extra,
    ]
    width = len(header)
    cells = st.lists(words(), min_size=max(width - 2, 0), max_size=width + 2)
    return header, draw(st.lists(cells, max_size=6))


@st.composite
def any_rows(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header of any known and unknown names (those of other shop systems among them)."""
    header = draw(st.lists(st.sampled_from(COLUMNS) | words(10), min_size=1, max_size=14))
    return header, draw(st.lists(st.lists(words(), max_size=15), max_size=6))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


@cache
def facts() -> st.SearchStrategy[Any]:
    """A facts file: the known fields with values right and wrong."""
    day = st.sampled_from(("lunes a viernes", "domingo", "sábados y festivos", "24/7")) | words()
    hour = st.sampled_from(("09:00", "25:99", "9am", "18:00", "24:00")) | words()
    currency = st.sampled_from(("COP", "USD", "xx"))
    opening = some(days=day, open=hour, close=hour, closed=anything())
    hours = st.lists(opening, max_size=4) | words()
    cost = st.integers(0, 10**7) | anything()
    zone = some(zone=words(), cost=cost, currency=currency, time=words())
    branch = some(name=words(), address=words(), phone=words() | anything(), hours=hours)
    known = some(
        name=words(),
        currency=currency,
        timezone=st.sampled_from(("America/Bogota", "../etc", "UTC")) | words(),
        hours=hours | anything(),
        delivery=st.lists(zone, max_size=3) | anything(),
        payment=st.lists(words(), max_size=3) | anything(),
        returns=words() | st.lists(words(), max_size=2) | anything(),
        branches=st.lists(branch, max_size=3) | anything(),
        garantía=anything(),
    )
    names = st.sampled_from(FACT_FIELDS) | words(10)
    return st.one_of(known, known, st.dictionaries(names, anything(), max_size=5), anything())
