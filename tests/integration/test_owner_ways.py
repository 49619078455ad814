"""A notice reaches the owner over real HTTP: their own address, and Twilio's stand-in."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import insert

from bot.alarms import Cause
from bot.alarms.store import Notice
from bot.alarms.ways import WINDOW, OwnerWhatsApp, Webhook
from bot.channels.twilio import TwilioAccount, TwilioChannel
from bot.providers.http import make_client
from bot.tables import Contact, Conversation
from core.database import Database
from core.errors import DeliveryUnavailable, DeliveryUnknown
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SHOP, FakeTwilio
from tests.fakes import FixedClock

OWNER = "whatsapp:+573001234567"
TEMPLATE = "HX" + "0" * 32


@dataclass
class OwnersServer:
    """The owner's own address; answers with `status`."""

    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[str]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                outer.bodies.append(json.loads(self.rfile.read(size)))
                self.send_response(outer.status)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/avisos"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def notice(clock: FixedClock, tries: int = 1, **fields: Any) -> Notice:
    values: dict[str, Any] = {
        "id": "n1",
        "event": "alarm",
        "cause": "disk_low",
        "text": "⚠️ Tienda Sol: al disco le quedan 12 MB.",
        "since": clock.now(),
        "recovered_at": None,
        "tries": tries,
        "created_at": clock.now(),
    }
    return Notice(**(values | fields))


async def test_the_owners_address_gets_what_happened(clock: FixedClock) -> None:
    server, ended = OwnersServer(), clock.now() + timedelta(minutes=5)
    with server.listening() as url:
        async with make_client() as client:
            await Webhook(client, url).tell(notice(clock), "Tienda Sol")
            over = notice(clock, event="recovered", recovered_at=ended)
            await Webhook(client, url).tell(over, "Tienda Sol")
    assert server.bodies[0] == {
        "id": "n1",
        "event": "alarm",
        "cause": "disk_low",
        "text": "⚠️ Tienda Sol: al disco le quedan 12 MB.",
        "since": "2026-03-02T15:00:00+00:00",
        "recovered": None,
        "shop": "Tienda Sol",
    }
    assert server.bodies[1]["recovered"] == "2026-03-02T15:05:00+00:00"


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_an_address_that_does_not_take_it_is_no_success(
    clock: FixedClock, status: int
) -> None:
    server = OwnersServer(status)
    with server.listening() as url:
        async with make_client() as client:
            with pytest.raises(DeliveryUnavailable, match=str(status)):
                await Webhook(client, url).tell(notice(clock), "")
    assert len(server.bodies) == 1


async def test_an_address_nobody_listens_at_is_no_success(clock: FixedClock) -> None:
    async with make_client() as client:
        with pytest.raises(DeliveryUnavailable, match="ConnectError"):
            await Webhook(client, "http://127.0.0.1:9/avisos").tell(notice(clock), "")


@asynccontextmanager
async def phone(
    database: Database, clock: FixedClock, twilio: FakeTwilio, template: str | None = TEMPLATE
) -> AsyncIterator[OwnerWhatsApp]:
    """The owner's WhatsApp, as a worker builds it."""
    account = TwilioAccount(ACCOUNT_SID, (AUTH_TOKEN,), api_base_url=twilio.base_url)
    async with make_client() as client:
        way = OwnerWhatsApp(
            lambda: TwilioChannel(account, client),
            OWNER,
            shop_address="whatsapp:+15550000000",
            template=template,
        )
        database.read(lambda c: way.look(c, clock.now()))
        yield way


def wrote(database: Database, clock: FixedClock, ago: timedelta) -> None:
    """The owner wrote to the shop so long ago."""
    at = clock.now() - ago
    database.write(lambda c: c.execute(insert(Contact).values(id=1, created_at=at)))
    database.write(
        lambda c: c.execute(
            insert(Conversation).values(
                contact_id=1,
                channel="whatsapp",
                customer_address=OWNER,
                shop_address=SHOP,
                due_at=at,
                last_inbound_at=at,
                created_at=at,
            )
        )
    )


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        yield running


async def test_inside_the_owners_window_it_is_free_text_from_where_they_wrote(
    sqlite_database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    wrote(sqlite_database, clock, WINDOW - timedelta(minutes=1))
    async with phone(sqlite_database, clock, twilio, template=None) as way:
        assert way.can_tell(Cause.DISK_LOW)
        await way.tell(notice(clock), "")
    fields = twilio.requests[-1]["fields"]
    assert (fields["To"], fields["From"]) == (OWNER, SHOP)
    assert fields["Body"] == notice(clock).text


@pytest.mark.parametrize("ago", [None, WINDOW], ids=["never wrote", "wrote long ago"])
async def test_outside_it_is_the_template_with_the_text_as_its_variable(
    sqlite_database: Database, clock: FixedClock, twilio: FakeTwilio, ago: timedelta | None
) -> None:
    if ago is not None:
        wrote(sqlite_database, clock, ago)
    async with phone(sqlite_database, clock, twilio) as way:
        assert way.can_tell(Cause.DISK_LOW)
        await way.tell(notice(clock), "")
    fields = twilio.requests[-1]["fields"]
    assert "Body" not in fields
    assert fields["ContentSid"] == TEMPLATE
    assert json.loads(fields["ContentVariables"]) == {"1": notice(clock).text}


async def test_without_window_and_template_it_says_so_once(
    sqlite_database: Database,
    clock: FixedClock,
    twilio: FakeTwilio,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with phone(sqlite_database, clock, twilio, template=None) as way:
        assert [way.can_tell(Cause.DISK_LOW) for _ in range(3)] == [False] * 3
    assert caplog.text.count("owner_not_reached mend=OWNER_CONTENT_SID") == 1


async def test_when_twilio_is_the_cause_nothing_goes_through_it(
    sqlite_database: Database, clock: FixedClock, twilio: FakeTwilio
) -> None:
    async with phone(sqlite_database, clock, twilio) as way:
        assert not way.can_tell(Cause.TWILIO_ACCOUNT)


async def test_what_went_out_although_nobody_said_so_is_not_sent_twice(
    sqlite_database: Database, twilio: FakeTwilio
) -> None:
    from core.clock import SystemClock  # Twilio's stand-in stamps messages with its own

    clock = FixedClock(SystemClock().now())
    wrote(sqlite_database, clock, timedelta(minutes=1))
    twilio.behave("accept_then_reset", times=1)
    async with phone(sqlite_database, clock, twilio) as way:
        with pytest.raises(DeliveryUnknown):
            await way.tell(notice(clock), "")
        await way.tell(notice(clock, tries=2), "")
    assert len(twilio.sent) == 1
