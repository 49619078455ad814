"""Made-up requests enter every route in this process; what each may lead to is asserted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request

import app
from bot.bridge import Bridge
from bot.metrics import Metrics
from bot.outcome import Outcome
from bot.tables import Contact, Conversation, Message
from catalog.search import CatalogSearch
from core.clock import SystemClock
from core.database import Base, Database
from core.ids import new_id
from core.settings import Settings
from tests.fake_twilio import AUTH_TOKEN
from tests.fuzz import inputs
from webhooks.blueprint import INBOUND_PATH, STATUS_PATH
from webhooks.signature import MOST_FIELDS

PUBLIC = "https://shop.example"
API_TOKEN = "token-of-the-fuzzer"
TAKEN, REFUSED = {200, 400, 413}, {403, 413}
MAY_BE_NEW = ([False] * 3, [False, False, True], [False, True, True], [True] * 3)
"""What a message adds: contact, conversation, message; nothing when its id was drawn before."""


class _Recorder(Bridge):
    """Stands where questions leave the web server; keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(1, "es")
        self.asked: list[tuple[str, str | None]] = []

    def ask(self, question: str, contact: str | None) -> Outcome:
        self.asked.append((question, contact))
        json.dumps([question, contact])
        return Outcome(200, {"success": True, "reply": question})


class Door:
    """Every route of a shop, on a database of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.bridge = _Recorder()
        settings = Settings.from_env(
            {
                "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
                "PUBLIC_BASE_URL": PUBLIC,
                "API_TOKEN": API_TOKEN,
            },
            env_file=None,
        )
        house = app.House(settings, database, SystemClock(), CatalogSearch(), Metrics(), {})
        self.web = app.make_web(house, lambda *_: None, self.bridge)

    def request(self, path: str, body: bytes, content_type: str, **headers: str) -> int:
        """Send one request; its status."""
        builder = EnvironBuilder(path, method="POST", data=body, content_type=content_type)
        environ = builder.get_environ() | headers
        parts, status, _ = run_wsgi_app(self.web, environ)
        self.said = b"".join(parts)
        return int(status.split()[0])

    def newest(self) -> list[int]:
        """The highest id of each table a request may add to."""
        tables = (Contact, Conversation, Message)
        ids = [select(func.coalesce(func.max(table.id), 0)).scalar_subquery() for table in tables]
        return list(self.database.read(lambda c: c.execute(select(*ids)).one()))


def make_database(url: Any) -> Database:
    """A database with the shop's tables in it."""
    database = Database(url)
    database.write(Base.metadata.create_all)
    return database


def signed(path: str, body: bytes, content_type: str, url: str = PUBLIC) -> dict[str, str]:
    """The signature of whatever the server takes for the form's fields."""
    builder = EnvironBuilder(path, method="POST", data=body, content_type=content_type)
    request = Request(builder.get_environ())
    validator = RequestValidator(AUTH_TOKEN)
    return {"HTTP_X_TWILIO_SIGNATURE": validator.compute_signature(url + path, request.form)}


def forged(signature: str | None, settings: str | None) -> dict[str, str]:
    given = {
        "HTTP_X_TWILIO_SIGNATURE": signature,
        "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS": settings,
    }
    return {name: value for name, value in given.items() if value is not None}


def allowed(body: bytes) -> set[int]:
    """How what Twilio signed may be answered; it never signs thousands of fields."""
    return TAKEN if body.count(b"&") < MOST_FIELDS else TAKEN | REFUSED


def _path(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def inbound(door: Door) -> Callable[[], None]:
    """What Twilio signed is taken or refused by name; a message is stored once."""

    @given(st.data())
    def check(data: st.DataObject) -> None:
        sid = f"SM{new_id()}"
        required = inputs.typical("hola", sid, f"whatsapp:+57300{sid[2:9]}")
        is_message = data.draw(st.booleans(), "message")
        body = data.draw(inputs.urlencoded(required if is_message else None), "body")
        kind = data.draw(inputs.CONTENT_TYPES, "content type")
        path = _path(INBOUND_PATH, data.draw(inputs.QUERIES, "query"))
        headers = signed(path, body, kind)
        before = door.newest()
        first = door.request(path, body, kind, **headers)
        after = door.newest()
        assert first in allowed(body), first
        added = [now > then for now, then in zip(after, before, strict=True)]
        assert added in MAY_BE_NEW if first == 200 else not any(added), added
        assert door.request(path, body, kind, **headers) == first
        assert door.newest() == after, "a repeated message is stored once"

    return check


def unsigned(door: Door) -> Callable[[], None]:
    """What nobody signed is refused and leaves nothing."""

    @given(st.data())
    def check(data: st.DataObject) -> None:
        required = inputs.typical("hola", f"SM{new_id()}", "whatsapp:+573001234567")
        body = data.draw(inputs.urlencoded(required), "body")
        path = _path(
            data.draw(st.sampled_from((INBOUND_PATH, STATUS_PATH))), data.draw(inputs.QUERIES)
        )
        headers = forged(data.draw(inputs.SIGNATURES), data.draw(inputs.SETTINGS))
        before = door.newest()
        assert door.request(path, body, data.draw(inputs.CONTENT_TYPES), **headers) in REFUSED
        assert door.newest() == before

    return check


def status(door: Door) -> Callable[[], None]:
    """A signed status of anything at all is taken or refused by name, and adds no row."""

    @given(st.data())
    def check(data: st.DataObject) -> None:
        word = data.draw(
            st.sampled_from(("sent", "delivered", "failed", "READ")) | inputs.words(25)
        )
        required = {"MessageSid": f"SM{new_id()}", "MessageStatus": word}
        body = data.draw(inputs.urlencoded(required), "body")
        kind = data.draw(inputs.CONTENT_TYPES, "content type")
        path = _path(STATUS_PATH, data.draw(inputs.QUERIES, "query"))
        headers = signed(path, body, kind)
        before = door.newest()
        assert door.request(path, body, kind, **headers) in allowed(body)
        assert door.newest() == before

    return check


def answers(door: Door) -> Callable[[], None]:
    """A program's body is answered or refused in the contract's shape; without a token, never."""
    question = st.fixed_dictionaries(
        {"message": inputs.words() | inputs.anything()},
        optional={"contact": inputs.words() | inputs.anything(), "more": inputs.anything()},
    )
    bodies = (question | inputs.anything()).map(lambda value: json.dumps(value).encode())

    @given(st.data())
    def check(data: st.DataObject) -> None:
        body = data.draw(bodies | inputs.JSON_BYTES, "body")
        has_token = data.draw(st.booleans(), "token")
        token = API_TOKEN if has_token else data.draw(inputs.SIGNATURES) or ""
        before = len(door.bridge.asked)
        found = door.request(
            "/api/answers",
            body,
            data.draw(inputs.CONTENT_TYPES, "content type"),
            HTTP_AUTHORIZATION=f"Bearer {token}",
        )
        assert found in ({200, 400, 413} if has_token else {401}), found
        assert len(door.bridge.asked) - before == (found == 200)
        assert json.loads(door.said)["success"] is (found == 200)
        if found == 200:
            "".join(filter(None, door.bridge.asked[-1])).encode()

    return check
