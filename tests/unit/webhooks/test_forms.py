"""Every form Twilio sends becomes a message or a status, or is refused as neither."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.formatting import clean_text
from bot.messages import InboundMessage, Media, StatusUpdate
from core.errors import BadForm
from tests.fake_twilio import CUSTOMER, SHOP, inbound_form, status_form
from webhooks.forms import parse_message, parse_status


def media_form(content_type: str, body: str = "", **fields: str) -> dict[str, str]:
    """As Twilio sends one file; `MessageType` is not always there."""
    form = inbound_form(body, NumMedia="1", MediaUrl0="https://api.twilio.com/m", **fields)
    if "MessageType" not in fields:
        del form["MessageType"]
    return form | {"MediaContentType0": content_type}


def test_text_message() -> None:
    assert parse_message(inbound_form("¿Hay 🙂?", message_sid="SM1")) == InboundMessage(
        channel="whatsapp",
        message_sid="SM1",
        customer_address=CUSTOMER,
        shop_address=SHOP,
        body="¿Hay 🙂?",
        type="text",
        contact_name="Lucía",
    )


def test_message_needs_nothing_but_its_id_and_two_addresses() -> None:
    message = parse_message({"SmsSid": "SM1", "From": CUSTOMER, "To": SHOP})
    assert (message.message_sid, message.type, message.body) == ("SM1", "unknown", "")


def test_sender_without_a_phone_number_is_taken_as_it_is() -> None:
    form = inbound_form("hola", customer="whatsapp:US.abc123XYZ", ExternalUserId="US.abc123XYZ")
    message = parse_message(form)
    assert message.customer_address == "whatsapp:US.abc123XYZ"
    assert message.extra["external_user_id"] == "US.abc123XYZ"


KINDS = [
    ("text", inbound_form("hola"), "text"),
    ("no MessageType", {**inbound_form("hola"), "MessageType": ""}, "text"),
    ("kind not known, with text", inbound_form("👍", MessageType="reaction"), "text"),
    ("kind not known, without", inbound_form(MessageType="poll"), "unknown"),
    ("nothing in it", inbound_form(), "unknown"),
    ("photo", media_form("image/jpeg"), "image"),
    ("photo sent as a document", media_form("image/jpeg", MessageType="document"), "document"),
    ("voice", media_form("audio/ogg; codecs=opus"), "audio"),
    ("video", media_form("video/mp4"), "video"),
    ("sticker", media_form("image/webp"), "sticker"),
    ("document", media_form("application/pdf"), "document"),
    ("file without a type", media_form(""), "document"),
    ("contact", media_form("text/vcard"), "contacts"),
    ("NumMedia not a number", media_form("image/jpeg") | {"NumMedia": "one"}, "image"),
    ("file that got lost", inbound_form(MessageType="image"), "image"),
    (
        "place",
        inbound_form(Latitude="-34.6", Longitude="-58.4", MessageType="location"),
        "location",
    ),
    (
        "place, no MessageType",
        inbound_form(Latitude="1", Longitude="2", MessageType=""),
        "location",
    ),
    ("place that is none", inbound_form(Latitude="nan", Longitude="x", MessageType=""), "unknown"),
    ("template button", inbound_form("Sí", ButtonPayload="yes", MessageType="button"), "button"),
    ("button, no MessageType", inbound_form("Sí", ButtonText="Sí", MessageType=""), "button"),
    ("quick reply", inbound_form("Sí", ButtonText="Sí", MessageType="interactive"), "interactive"),
    ("list", inbound_form("Uno", ListId="1", ListTitle="Uno"), "interactive"),
    ("flow", inbound_form(InteractiveData="{}", MessageType="interactive"), "interactive"),
]


@pytest.mark.parametrize(
    ("form", "kind"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS]
)
def test_kind_of_message(form: dict[str, str], kind: str) -> None:
    assert parse_message(form).type == kind


def test_photo_keeps_its_address_and_the_customers_words() -> None:
    message = parse_message(media_form("image/jpeg", "¿tienen este?"))
    assert message.media == (Media("https://api.twilio.com/m", "image/jpeg"),)
    assert message.body == "¿tienen este?"


def test_several_files_are_kept_in_order() -> None:
    form = media_form(
        "image/png", MediaUrl1="https://api.twilio.com/n", MediaContentType1="image/gif"
    )
    assert [file.content_type for file in parse_message(form).media] == ["image/png", "image/gif"]


def test_file_name_of_a_document_is_not_what_the_customer_said() -> None:
    message = parse_message(media_form("application/pdf", "pedido de marzo.pdf"))
    assert (message.body, message.extra["file_name"]) == ("", "pedido de marzo.pdf")


def test_words_beside_a_document_stay() -> None:
    message = parse_message(media_form("application/pdf", "¿Tienen todo esto?"))
    assert (message.body, "file_name" in message.extra) == ("¿Tienen todo esto?", False)


EXTRAS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("ordinary", {}, {}),
    ("forwarded", {"Forwarded": "true"}, {"forwarded": True}),
    ("often forwarded", {"FrequentlyForwarded": "true"}, {"forwarded": True}),
    ("not forwarded", {"Forwarded": "false", "FrequentlyForwarded": "false"}, {}),
    (
        "place",
        {"Latitude": "1.5", "Longitude": "-2", "Label": "Plaza", "Address": ""},
        {"location": {"latitude": 1.5, "longitude": -2.0, "label": "Plaza"}},
    ),
    ("place off the globe", {"Latitude": "91", "Longitude": "0"}, {}),
    ("place without end", {"Latitude": "inf", "Longitude": "0"}, {}),
    (
        "button",
        {"ButtonText": "Sí", "ButtonPayload": "yes", "ButtonType": "REPLY"},
        {"button": {"text": "Sí", "payload": "yes", "type": "REPLY"}},
    ),
    ("list", {"ListId": "3", "ListTitle": "Uno"}, {"list": {"id": "3", "title": "Uno"}}),
    ("flow", {"FlowData": '{"a":1}'}, {"flow_data": '{"a":1}'}),
    (
        "advertisement",
        {"ReferralSourceId": "9", "ReferralHeadline": "Oferta", "ReferralCtwaClid": "c"},
        {"referral": {"source_id": "9", "headline": "Oferta", "ctwa_clid": "c"}},
    ),
    ("no advertisement", {"ReferralNumMedia": "0", "ReferralBody": "x"}, {}),
    ("kind not known", {"MessageType": "poll"}, {"message_type": "poll"}),
    ("field not known", {"Sparkles": "yes"}, {}),
]


@pytest.mark.parametrize(
    ("fields", "extra"), [case[1:] for case in EXTRAS], ids=[case[0] for case in EXTRAS]
)
def test_what_else_came_with_a_message(fields: dict[str, str], extra: dict[str, Any]) -> None:
    assert parse_message(inbound_form("hola", **fields)).extra == extra


def test_tap_without_text_says_what_its_label_says() -> None:
    assert parse_message(inbound_form(ButtonText="Ver más", ButtonPayload="p")).body == "Ver más"


def test_reply_names_the_message_it_answers() -> None:
    form = inbound_form("sí", OriginalRepliedMessageSid="SM9", OriginalRepliedMessageSender=SHOP)
    message = parse_message(form)
    assert (message.reply_to_sid, message.extra) == ("SM9", {"reply_to_sender": SHOP})


def test_characters_no_database_takes_are_removed() -> None:
    assert parse_message(inbound_form("ho\x00la \ud83d")).body == "hola \ufffd"


def test_long_message_is_kept_whole() -> None:
    assert len(parse_message(inbound_form("a" * 60_000)).body) == 60_000


REFUSED = [
    ("empty", {}),
    ("no id", {"From": CUSTOMER, "To": SHOP, "Body": "hola"}),
    ("blank id", inbound_form("hola") | {"MessageSid": " ", "SmsSid": ""}),
    ("no sender", inbound_form("hola") | {"From": ""}),
    ("no receiver", inbound_form("hola") | {"To": ""}),
    ("endless id", inbound_form("hola", message_sid="S" * 65)),
    ("endless sender", inbound_form("hola", customer="w" * 301)),
    ("status of a message of ours", status_form("SM1", "delivered")),
]


@pytest.mark.parametrize("form", [case[1] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_message_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(BadForm):
        parse_message(form)


NAMES = [*inbound_form(), "Latitude", "Longitude", "ButtonPayload", "ListId", "MediaUrl0"]
NAMES += ["MediaContentType0", "ReferralSourceId", "Forwarded", "MessageStatus", "ErrorCode"]
FORMS = st.dictionaries(st.sampled_from(NAMES) | st.text(), st.text(st.characters()))


@given(FORMS)
def test_any_form_is_a_message_or_refused(form: dict[str, str]) -> None:
    try:
        message = parse_message(form)
    except BadForm:
        return
    assert message.message_sid and message.customer_address and message.shop_address
    for words in (message.message_sid, message.body, message.contact_name):
        assert clean_text(words) == words
    json.dumps(message.extra, allow_nan=False, ensure_ascii=False).encode()


@given(inbound=FORMS)
def test_no_field_beside_the_addresses_makes_a_message_unusable(inbound: dict[str, str]) -> None:
    needed = {"MessageSid": "SM1", "From": CUSTOMER, "To": SHOP, "MessageStatus": "received"}
    assert parse_message(inbound | needed).message_sid == "SM1"


STATUSES = [
    ("sent", status_form("SM1", "sent"), "0a1b", StatusUpdate("SM1", "sent", "0a1b")),
    ("no id of ours", status_form("SM1", "read"), None, StatusUpdate("SM1", "read")),
    ("foreign id", status_form("SM1", "read"), "x" * 33, StatusUpdate("SM1", "read")),
    (
        "failed",
        status_form("SM1", "undelivered", ErrorCode="63016"),
        "0a1b",
        StatusUpdate("SM1", "undelivered", "0a1b", 63016),
    ),
    (
        "code not a number",
        status_form("SM1", "failed", ErrorCode="x"),
        None,
        StatusUpdate("SM1", "failed"),
    ),
    (
        "old names only",
        {"SmsSid": "SM1", "SmsStatus": "DELIVERED"},
        None,
        StatusUpdate("SM1", "delivered"),
    ),
]


@pytest.mark.parametrize(
    ("form", "outbox_id", "update"),
    [case[1:] for case in STATUSES],
    ids=[case[0] for case in STATUSES],
)
def test_status(form: dict[str, str], outbox_id: str | None, update: StatusUpdate) -> None:
    assert parse_status(form, outbox_id) == update


@pytest.mark.parametrize("form", [{}, {"MessageStatus": "sent"}, {"MessageSid": "SM1"}])
def test_what_is_no_status_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(BadForm):
        parse_status(form)


@given(FORMS, st.text(st.characters()))
def test_any_form_is_a_status_or_refused(form: dict[str, str], outbox_id: str) -> None:
    try:
        update = parse_status(form, outbox_id)
    except BadForm:
        return
    assert update.message_sid and 0 < len(update.status) <= 20
