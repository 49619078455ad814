"""Twilio's form enters, an InboundMessage or a StatusUpdate leaves.

Twilio adds fields without notice and leaves others out: everything but the three fields that make
a message a message is optional, and nothing but their absence is an error.
Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.base import WHATSAPP
from bot.channels.formatting import clean_text
from bot.channels.twilio_codes import retryable_code
from bot.messages import InboundMessage, Media, StatusUpdate
from core.errors import BadForm

Form = Mapping[str, str]

# What the tables hold.
SID_CHARS = 64
ADDRESS_CHARS = 300
NAME_CHARS = 200
STATUS_CHARS = 20
OUTBOX_CHARS = 32
MOST_MEDIA = 10

_MEDIA_TYPES = frozenset({"image", "audio", "video", "document", "sticker", "contacts"})
_VCARD = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_FILE_NAME = re.compile(r"[^\n]*\.\w{1,10}")
_RECEIVED = frozenset({"", "received", "receiving"})

_REFERRAL = {
    "source_id": "ReferralSourceId",
    "source_type": "ReferralSourceType",
    "source_url": "ReferralSourceUrl",
    "headline": "ReferralHeadline",
    "body": "ReferralBody",
    "media_url": "ReferralMediaUrl",
    "media_content_type": "ReferralMediaContentType",
    "ctwa_clid": "ReferralCtwaClid",
}
_BUTTON = {"text": "ButtonText", "payload": "ButtonPayload", "type": "ButtonType"}
_LIST = {"id": "ListId", "title": "ListTitle", "description": "ListDescription"}
_SINGLE = {
    "interactive_data": "InteractiveData",
    "flow_data": "FlowData",
    "reply_to_sender": "OriginalRepliedMessageSender",
    "external_user_id": "ExternalUserId",
    "parent_external_user_id": "ParentExternalUserId",
    "username": "Username",
}


def parse_message(form: Form) -> InboundMessage:
    """What a customer sent.

    A document's Body is its file name, so it goes to `extra["file_name"]`. `extra` further holds,
    each only when sent: "location", "button", "list", "interactive_data", "flow_data", "referral"
    (the advertisement that was tapped), "forwarded", "reply_to_sender", "external_user_id",
    "parent_external_user_id", "username", "message_type" (a kind we do not know).

    Raises:
        BadForm: no message id, no sender, no receiver; or it is a status of a message of ours.
    """
    form = _filled_in(form)
    if _status_word(form) not in _RECEIVED:
        # Status callbacks sent here by mistake name us as sender: the shop would answer itself.
        raise BadForm("a status, not a message")
    media = _media(form)
    kind = _kind(form, media)
    body = _get(form, "Body") or _get(form, "ButtonText") or _get(form, "ListTitle")
    extra = _extra(form)
    if kind == "document" and _FILE_NAME.fullmatch(body):
        extra["file_name"], body = body, ""
    return InboundMessage(
        channel=WHATSAPP,
        message_sid=_message_sid(form),
        customer_address=_required(form, "From", ADDRESS_CHARS),
        shop_address=_required(form, "To", ADDRESS_CHARS),
        body=body,
        type=kind,
        contact_name=_get(form, "ProfileName")[:NAME_CHARS],
        media=media,
        reply_to_sid=_within(_get(form, "OriginalRepliedMessageSid"), SID_CHARS),
        extra=extra,
    )


def parse_status(form: Form, outbox_id: str | None = None) -> StatusUpdate:
    """How far the delivery of a message of ours has come.

    Args:
        outbox_id: what came back in the callback's address.
    Raises:
        BadForm: no message id, or no status.
    """
    form = _filled_in(form)
    status = _status_word(form)
    if not status or len(status) > STATUS_CHARS:
        raise BadForm("no status")
    error_code = _error_code(_get(form, "ErrorCode"))
    return StatusUpdate(
        message_sid=_message_sid(form),
        status=status,
        outbox_id=_within(clean_text(outbox_id or "").strip(), OUTBOX_CHARS),
        error_code=error_code,
        can_retry=retryable_code(error_code),
    )


def _filled_in(form: Form) -> Form:
    """The fields that say something."""
    cleaned = ((name, clean_text(value).strip()) for name, value in form.items())
    return {name: value for name, value in cleaned if value}


def _get(form: Form, name: str) -> str:
    return form.get(name, "")


def _required(form: Form, name: str, most_chars: int) -> str:
    value = _get(form, name)
    if not value or len(value) > most_chars:
        raise BadForm(f"no usable {name}")
    return value


def _within(value: str, most_chars: int) -> str | None:
    """The value, or None when it is blank or cannot be one of ours."""
    return value if 0 < len(value) <= most_chars else None


def _message_sid(form: Form) -> str:
    name = "MessageSid" if _get(form, "MessageSid") else "SmsSid"
    return _required(form, name, SID_CHARS)


def _status_word(form: Form) -> str:
    return (_get(form, "MessageStatus") or _get(form, "SmsStatus")).lower()


def _error_code(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _media(form: Form) -> tuple[Media, ...]:
    """By the addresses that are there; NumMedia is not always a number."""
    found = []
    for index in range(MOST_MEDIA):
        if url := _get(form, f"MediaUrl{index}"):
            content_type = _get(form, f"MediaContentType{index}").split(";")[0].strip().lower()
            found.append(Media(url, content_type))
    return tuple(found)


def _kind(form: Form, media: tuple[Media, ...]) -> str:
    """What kind of message it is: by what it carries first, MessageType is not always sent."""
    named = _get(form, "MessageType").lower()
    if media:
        # The name knows more: a photo sent as a document is still image/jpeg.
        return named if named in _MEDIA_TYPES else _kind_of_file(media[0].content_type)
    if _location(form) or named == "location":
        return "location"
    if any(_get(form, name) for name in (*_LIST.values(), "InteractiveData", "FlowData")):
        return "interactive"
    if _get(form, "ButtonPayload") or _get(form, "ButtonText"):
        return "interactive" if named == "interactive" else "button"
    if named in _MEDIA_TYPES:  # its file did not make it to Twilio
        return named
    return "text" if _get(form, "Body") else "unknown"


def _kind_of_file(content_type: str) -> str:
    if content_type in _VCARD:
        return "contacts"
    if content_type == "image/webp":  # WhatsApp's photos are JPEG, its stickers WebP
        return "sticker"
    if content_type == "application/ogg":
        return "audio"
    family = content_type.partition("/")[0]
    return family if family in ("image", "audio", "video") else "document"


def _extra(form: Form) -> dict[str, Any]:
    extra: dict[str, Any] = {
        key: value for key, name in _SINGLE.items() if (value := _get(form, name))
    }
    # ReferralNumMedia=0 comes with nearly every message; only the source's id means an ad.
    groups = {
        "location": _location(form),
        "button": _group(form, _BUTTON),
        "list": _group(form, _LIST),
        "referral": _group(form, _REFERRAL) if _get(form, "ReferralSourceId") else {},
    }
    extra |= {key: group for key, group in groups.items() if group}
    if "true" in (_get(form, "Forwarded").lower(), _get(form, "FrequentlyForwarded").lower()):
        extra["forwarded"] = True
    if named := _unknown_type(form):
        extra["message_type"] = named
    return extra


def _group(form: Form, names: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, name in names.items() if (value := _get(form, name))}


def _unknown_type(form: Form) -> str:
    named = _get(form, "MessageType").lower()
    known = _MEDIA_TYPES | {"text", "location", "button", "interactive"}
    return "" if named in known else named


def _location(form: Form) -> dict[str, Any]:
    latitude = _degrees(_get(form, "Latitude"), 90)
    longitude = _degrees(_get(form, "Longitude"), 180)
    if latitude is None or longitude is None:
        return {}
    words = _group(form, {"label": "Label", "address": "Address"})
    return {"latitude": latitude, "longitude": longitude, **words}


def _degrees(text: str, most: int) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= most else None  # "nan" is not either, and JSON cannot hold it
