"""How long an answer asks us to wait, in every notation providers use."""

from __future__ import annotations

from typing import Any

import pytest

from bot.providers.times import duration_s
from bot.providers.waits import read_wait_s

DATE = {"date": "Mon, 02 Mar 2026 15:00:00 GMT"}
IN_ONE_MINUTE_S = 1_772_463_660


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7s"}, 7),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({**DATE, "retry-after": "Mon, 02 Mar 2026 15:00:30 GMT"}, 30),
        ({**DATE, "retry-after": "Mon, 02 Mar 2026 14:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 02 Mar 2026 15:00:30 GMT"}, None),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected_s: float | None) -> None:
    assert read_wait_s(headers, None, "") == expected_s


@pytest.mark.parametrize(
    ("remaining", "reset", "expected_s"),
    [
        ("0", "2m59.56s", 179.56),
        ("0", "6ms", 0.006),
        ("0", "2", 2),
        ("0", str(IN_ONE_MINUTE_S), 60),
        ("0", str(IN_ONE_MINUTE_S * 1000), 60),
        ("0", "2026-03-02T15:01:00Z", 60),
        ("0", "2026-03-02T14:00:00Z", 0),
        ("3", "2m59.56s", None),
        ("0", "?", None),
    ],
)
def test_reset_of_an_exhausted_window(remaining: str, reset: str, expected_s: float | None) -> None:
    headers = {**DATE, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    wait_s = read_wait_s(headers, None, "")
    assert wait_s == (expected_s if expected_s is None else pytest.approx(expected_s))


def test_open_windows_do_not_count() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "930",
        "x-ratelimit-reset-requests": "23h59m",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "4s",
    }
    assert read_wait_s(headers, None, "") == 4


def test_of_two_exhausted_windows_the_later_counts() -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "3s",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "9s",
    }
    assert read_wait_s(headers, None, "") == 9


@pytest.mark.parametrize(
    ("payload", "text", "expected_s"),
    [
        (None, "Please try again in 7m12s. Visit", 432),
        (None, "Please try again in 644ms.", 0.644),
        (None, "Please retry after 1 minute 30 seconds", 90),
        (None, "Wait for 5 s", 5),
        (None, "try again in 6 hours", 21_600),
        (None, "Limit 200, used 200. Please try again later.", None),
        ({"details": [{"retryDelay": "48s"}]}, "", 48),
        ({"error": {"retry_after": 4.5}}, "", 4.5),
        ({"error": {"retry_after_ms": 4500}}, "", 4.5),
        ({"error": "loading", "estimated_time": 20.0}, "", 20),
        (None, "Quota will be replenished in 01:02:03.", 3723),
        (None, "It resets 2:30:00 pm", None),
        (None, "Try again in about 8 seconds", 8),
        ({"error": {"metadata": {"headers": {"Retry-After": "11"}}}}, "", 11),
    ],
)
def test_hint_in_the_body(payload: Any, text: str, expected_s: float | None) -> None:
    assert read_wait_s({}, payload, text) == expected_s


@pytest.mark.parametrize(
    ("headers", "expected_s"), [(DATE, 60), ({}, None)], ids=["dated", "undated"]
)
def test_instant_in_a_sentence_counts_from_the_date_of_the_answer(
    headers: dict[str, str], expected_s: float | None
) -> None:
    assert read_wait_s(headers, None, "Limit reached, resets at 2026-03-02T15:01:00Z") == expected_s


def test_exhausted_window_repeated_inside_the_error() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(IN_ONE_MINUTE_S * 1000)}
    assert read_wait_s(DATE, {"error": {"metadata": {"headers": headers}}}, "") == 60


def test_header_goes_before_a_hint_in_the_body() -> None:
    assert read_wait_s({"retry-after": "3"}, None, "try again in 9s") == 3


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [("1h2m3.5s", 3723.5), ("2 days", 172_800), ("90", None), ("", None), ("5 sheep", None)],
)
def test_duration(text: str, expected_s: float | None) -> None:
    assert duration_s(text) == expected_s
