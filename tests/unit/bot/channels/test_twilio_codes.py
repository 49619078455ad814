"""What Twilio's error codes mean for a message."""

from __future__ import annotations

import pytest

from bot.channels.twilio_codes import error_for_code, retryable_code
from core.errors import (
    ContactStopped,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
    WindowClosed,
)

CASES: list[tuple[int, type[DeliveryError]]] = [
    (20429, DeliveryUnavailable),
    (63018, DeliveryUnavailable),
    (63012, DeliveryUnavailable),
    (30001, DeliveryUnavailable),
    (20003, DeliveryUnavailable),
    (63007, DeliveryUnavailable),
    (63038, DeliveryUnavailable),
    (63016, WindowClosed),
    (21610, ContactStopped),
    (63014, ContactStopped),
    (63033, ContactStopped),
    (63024, DeliveryRejected),
    (21211, DeliveryRejected),
    (63015, DeliveryRejected),
    (63032, DeliveryRejected),
    (63049, DeliveryRejected),
    (63013, DeliveryRejected),
    (12345, DeliveryRejected),
]


@pytest.mark.parametrize(("code", "kind"), CASES)
def test_code_decides_the_kind_of_error(code: int, kind: type[DeliveryError]) -> None:
    error = error_for_code(code, "failed")
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(("code", "kind"), CASES)
def test_only_what_is_certainly_not_sent_is_sent_again(
    code: int, kind: type[DeliveryError]
) -> None:
    assert retryable_code(code) == (kind is DeliveryUnavailable)


def test_failure_without_a_code_is_not_sent_again() -> None:
    assert not retryable_code(None)


def test_fault_a_person_must_mend_waits_longer_than_a_passing_one() -> None:
    passing, account = error_for_code(63012, ""), error_for_code(20003, "")
    assert (account.retry_after_s or 0) > (passing.retry_after_s or 0) > 0
