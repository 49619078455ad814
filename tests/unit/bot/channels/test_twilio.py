"""The Twilio channel against a stand-in of Twilio, over real local HTTP."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.channels.base import OutgoingPart
from bot.channels.twilio import TwilioAccount, TwilioChannel
from bot.providers.http import make_client
from core.errors import (
    ContactStopped,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
    DeliveryUnknown,
    WindowClosed,
)
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, SHOP, FakeTwilio
from tests.fakes import FixedClock

PART = OutgoingPart("0a1b2c", CUSTOMER, SHOP, "Sí, hay *3* 🙂\nen stock & más")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        yield running


@pytest.fixture
def twilio(server: FakeTwilio) -> FakeTwilio:
    server.behave("ok")
    server.sent.clear()
    server.requests.clear()
    return server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with make_client() as opened:
        yield opened


@pytest.fixture
def account(twilio: FakeTwilio) -> TwilioAccount:
    return TwilioAccount(
        ACCOUNT_SID,
        (AUTH_TOKEN,),
        public_base_url="https://shop.example/",
        api_base_url=twilio.base_url,
    )


@pytest.fixture
def channel(account: TwilioAccount, client: httpx.AsyncClient) -> TwilioChannel:
    return TwilioChannel(account, client, send_timeout_s=5.0)


async def test_part_arrives_as_it_is(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    sent = await channel.send(PART)
    assert (sent.message_sid, sent.status) == (twilio.sent[0]["sid"], "queued")
    assert twilio.requests[0]["fields"] == {
        "To": CUSTOMER,
        "From": SHOP,
        "Body": PART.body,
        "StatusCallback": "https://shop.example/webhooks/twilio/status?outbox=0a1b2c",
    }


async def test_no_public_address_means_no_status_callback(
    account: TwilioAccount, client: httpx.AsyncClient, twilio: FakeTwilio
) -> None:
    await TwilioChannel(replace(account, public_base_url=None), client).send(PART)
    assert "StatusCallback" not in twilio.requests[0]["fields"]


async def test_messaging_service_sends_where_no_shop_address_is_known(
    account: TwilioAccount, client: httpx.AsyncClient, twilio: FakeTwilio
) -> None:
    channel = TwilioChannel(replace(account, messaging_service_sid="MG1"), client)
    await channel.send(replace(PART, shop_address=""))
    await channel.send(PART)
    senders = [
        (noted["fields"].get("From"), noted["fields"].get("MessagingServiceSid"))
        for noted in twilio.requests
    ]
    assert senders == [(None, "MG1"), (SHOP, None)]


async def test_nothing_is_sent_while_no_sender_is_known(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    with pytest.raises(DeliveryUnavailable):
        await channel.send(replace(PART, shop_address=""))
    assert twilio.requests == []


BEHAVIOURS = [
    ("refuse", DeliveryUnavailable),
    ("429", DeliveryUnavailable),
    ("reset_before", DeliveryUnknown),
    ("accept_then_reset", DeliveryUnknown),
    ("500", DeliveryUnknown),
    ("502", DeliveryUnknown),
    ("503_stored", DeliveryUnknown),
    ("garbage", DeliveryUnknown),
    ("code:63016", WindowClosed),
    ("code:21610", ContactStopped),
    ("code:63024", DeliveryRejected),
    ("code:21617", DeliveryRejected),
    ("code:63007", DeliveryUnavailable),
    ("code:63018", DeliveryUnavailable),
    ("code:99999", DeliveryRejected),
]


@pytest.mark.parametrize(("behaviour", "kind"), BEHAVIOURS, ids=[name for name, _ in BEHAVIOURS])
async def test_failure_says_whether_the_part_may_have_gone_out(
    channel: TwilioChannel, twilio: FakeTwilio, behaviour: str, kind: type[DeliveryError]
) -> None:
    twilio.behave(behaviour)
    with pytest.raises(kind) as caught:
        await channel.send(PART)
    assert type(caught.value) is kind
    assert PART.body not in str(caught.value)
    assert CUSTOMER not in str(caught.value)


async def test_failure_carries_twilios_code(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    twilio.behave("code:63016")
    with pytest.raises(WindowClosed) as caught:
        await channel.send(PART)
    assert caught.value.code == 63016


async def test_full_rate_window_carries_the_wait_twilio_asks_for(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    twilio.behave("429")
    with pytest.raises(DeliveryUnavailable) as caught:
        await channel.send(PART)
    assert caught.value.retry_after_s == 3.0


async def test_silence_ends_at_the_limit_and_is_unclear(
    account: TwilioAccount, client: httpx.AsyncClient, twilio: FakeTwilio
) -> None:
    twilio.behave("hang_stored")
    with pytest.raises(DeliveryUnknown):
        await TwilioChannel(account, client, send_timeout_s=0.2).send(PART)
    assert len(twilio.sent) == 1


async def test_wrong_token_keeps_the_part_and_names_the_setting(
    account: TwilioAccount, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    channel = TwilioChannel(replace(account, auth_tokens=("old",)), client)
    with pytest.raises(DeliveryUnavailable) as caught:
        await channel.send(PART)
    assert (caught.value.retry_after_s or 0) >= 60
    assert "TWILIO_AUTH_TOKEN" in caplog.text


async def test_during_a_rotation_the_token_that_works_is_kept(
    account: TwilioAccount, client: httpx.AsyncClient, twilio: FakeTwilio
) -> None:
    channel = TwilioChannel(replace(account, auth_tokens=("old", AUTH_TOKEN)), client)
    await channel.send(PART)
    await channel.send(PART)
    assert [noted["token"] for noted in twilio.requests] == ["old", AUTH_TOKEN, AUTH_TOKEN]
    assert len(twilio.sent) == 2


async def test_answer_of_something_else_at_the_address_keeps_the_part(
    account: TwilioAccount, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = replace(account, api_base_url=f"{account.api_base_url}/elsewhere")
    with pytest.raises(DeliveryUnavailable):
        await TwilioChannel(elsewhere, client).send(PART)
    assert "TWILIO_API_BASE_URL" in caplog.text


async def test_rfc_9457_errors_are_understood(account: TwilioAccount) -> None:
    body = {"type": "about:blank", "title": "Blocked", "status": 400, "code": 21610}
    transport = httpx.MockTransport(lambda _: httpx.Response(400, json=body))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(ContactStopped):
            await TwilioChannel(account, client).send(PART)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"sid": ""}', '{"sid": "SM1", "date_sent": 5}']
)
async def test_accepting_answer_that_cannot_be_read_is_unclear(
    account: TwilioAccount, body: str
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(201, text=body))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(DeliveryUnknown):
            await TwilioChannel(account, client).send(PART)


async def test_lost_answer_is_found_by_the_look_up(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    started_at = datetime.now(UTC)
    twilio.behave("accept_then_reset", times=1)
    with pytest.raises(DeliveryUnknown):
        await channel.send(PART)
    found = await channel.find_sent(PART, started_at, ())
    assert found is not None
    assert found.message_sid == twilio.sent[0]["sid"]


async def test_look_up_finds_nothing_where_nothing_arrived(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    twilio.behave("reset_before", times=1)
    with pytest.raises(DeliveryUnknown):
        await channel.send(PART)
    assert await channel.find_sent(PART, LONG_AGO, ()) is None


async def test_look_up_takes_the_oldest_message_nobody_else_holds(channel: TwilioChannel) -> None:
    first, second, _ = [(await channel.send(PART)).message_sid for _ in range(3)]
    found = [await channel.find_sent(PART, LONG_AGO, known) for known in ((), {first})]
    assert [message.message_sid for message in found if message] == [first, second]


async def test_look_up_passes_over_messages_that_are_not_this_part(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    await channel.send(replace(PART, body="otra cosa"))
    await channel.send(replace(PART, customer_address="whatsapp:+34600000002"))
    await channel.send(replace(PART, shop_address="whatsapp:+34600000009"))
    await channel.send(PART)
    twilio.sent[-1]["direction"] = "inbound"
    assert await channel.find_sent(PART, LONG_AGO, ()) is None


async def test_look_up_passes_over_older_messages(channel: TwilioChannel) -> None:
    await channel.send(PART)
    assert await channel.find_sent(PART, datetime.now(UTC) + timedelta(seconds=2), ()) is None


@pytest.mark.parametrize(("sent_s", "is_found"), [(3600, True), (3630, False)])
async def test_look_up_counts_by_twilios_clock_when_ours_is_ahead(
    sent_s: float, is_found: bool, account: TwilioAccount, client: httpx.AsyncClient
) -> None:
    ours = FixedClock(datetime.now(UTC) + timedelta(hours=1))
    channel = TwilioChannel(account, client, clock=ours)
    await channel.send(PART)
    sent_at = datetime.now(UTC) + timedelta(seconds=sent_s - 5)
    assert (await channel.find_sent(PART, sent_at, ()) is not None) == is_found


async def test_look_up_never_filters_by_date_sent(
    channel: TwilioChannel, twilio: FakeTwilio
) -> None:
    await channel.find_sent(PART, LONG_AGO, ())
    assert twilio.requests[0]["fields"] == {"To": CUSTOMER, "From": SHOP, "PageSize": "100"}


@pytest.mark.parametrize("behaviour", ["refuse", "429", "500", "reset_before", "code:20003"])
async def test_look_up_that_fails_leaves_the_part_unclear(
    channel: TwilioChannel, twilio: FakeTwilio, behaviour: str
) -> None:
    twilio.behave(behaviour)
    with pytest.raises(DeliveryUnknown):
        await channel.find_sent(PART, LONG_AGO, ())


async def test_many_sends_run_at_once(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    parts = [replace(PART, outbox_id=f"{number:04}") for number in range(200)]
    sent = await asyncio.gather(*(channel.send(part) for part in parts))
    assert len({message.message_sid for message in sent}) == len(twilio.sent) == 200


def test_reply_is_prepared_for_whatsapp(account: TwilioAccount) -> None:
    channel = TwilioChannel(account, httpx.AsyncClient())
    parts = channel.prepare("**Hola.** " + "Tenemos de todo. " * 200)
    assert parts[0].startswith("*Hola.* Tenemos")
    assert all(len(part) <= 1600 for part in parts)
    assert len(parts) == 3


def test_tokens_are_never_shown(account: TwilioAccount) -> None:
    assert AUTH_TOKEN not in repr(account)


def test_sdk_is_imported_only_for_a_channel_that_is_built() -> None:
    code = "import sys, bot.channels.twilio; sys.exit('twilio.rest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
