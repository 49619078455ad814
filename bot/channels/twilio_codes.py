"""Twilio's error codes: a code enters, what it means for the message leaves.

Source: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from core.errors import (
    ContactStopped,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
    WindowClosed,
)

SOON_S = 15.0
"""Wait after a passing fault of Twilio's or WhatsApp's, in seconds."""
RATE_S = 60.0
"""Wait after a full rate window that names no time."""
ACCOUNT_S = 600.0
"""Wait after a fault a person has to mend; the message stays queued meanwhile."""

PASSING: dict[int, float] = {
    20429: SOON_S,  # too many API requests
    21611: RATE_S,  # the sender's queue is full
    30001: RATE_S,  # the queue overflowed
    30008: SOON_S,  # unknown fault at the carrier
    63009: SOON_S,  # WhatsApp's own fault
    63010: SOON_S,
    63012: SOON_S,
    63017: RATE_S,  # the account's rate limit
    63018: RATE_S,  # the sender's rate limit
}
"""Code → seconds until the same message is worth sending again."""

ACCOUNT: dict[int, str] = {
    20003: "TWILIO_AUTH_TOKEN",
    63001: "TWILIO_AUTH_TOKEN",
    20404: "TWILIO_ACCOUNT_SID",
    30002: "the Twilio account is suspended",
    63038: "the Twilio account's daily limit is reached",
    21603: "TWILIO_WHATSAPP_FROM",
    21606: "TWILIO_WHATSAPP_FROM",
    21910: "TWILIO_WHATSAPP_FROM",
    63007: "TWILIO_WHATSAPP_FROM",
    21609: "PUBLIC_BASE_URL",
}
"""Code → what a person has to look at. Every message fails until then, so none is thrown away."""

WINDOW = frozenset({63016})
STOPPED = frozenset({21610, 63014, 63033})


def error_for_code(code: int, message: str) -> DeliveryError:
    """What a code says about a message that was not delivered; a code not known is permanent.

    Args:
        code: from an answer of status 4xx, or from a status callback.
        message: for the log.
    """
    if code in PASSING:
        return DeliveryUnavailable(message, code=code, retry_after_s=PASSING[code])
    if code in ACCOUNT:
        return DeliveryUnavailable(message, code=code, retry_after_s=ACCOUNT_S)
    if code in WINDOW:
        return WindowClosed(message, code=code)
    if code in STOPPED:
        return ContactStopped(message, code=code)
    return DeliveryRejected(message, code=code)


def retryable_code(code: int | None) -> bool:
    """Whether a message that failed after it was accepted may be sent again as it is.

    A failure without a code, or with one not known, is not: it could repeat for ever.
    """
    return code in PASSING or code in ACCOUNT
