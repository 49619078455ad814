"""What headers of good answers say is left."""

from __future__ import annotations

import pytest

from bot.messages import Window
from bot.providers.windows import read_windows

NOON = {"date": "Mon, 02 Mar 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, [], id="none"),
        pytest.param(
            {
                "x-ratelimit-limit-requests": "1000",
                "x-ratelimit-remaining-requests": "999",
                "x-ratelimit-reset-requests": "1m26.4s",
                "x-ratelimit-limit-tokens": "8000",
                "x-ratelimit-remaining-tokens": "7410",
                "x-ratelimit-reset-tokens": "4.425s",
            },
            [Window("requests", 999, 1000, 86.4), Window("tokens", 7410, 8000, 4.425)],
            id="day and minute as durations",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-input-tokens-limit": "40000",
                "anthropic-ratelimit-input-tokens-remaining": "100",
                "anthropic-ratelimit-input-tokens-reset": "2026-03-02T12:00:30Z",
                "anthropic-ratelimit-requests-remaining": "3",
                "anthropic-ratelimit-requests-reset": "2026-03-02T11:59:58Z",
                **NOON,
            },
            [Window("input_tokens", 100, 40000, 30), Window("requests", 3, None, 0)],
            id="instants, one of them past",
        ),
        pytest.param(
            {"x-ratelimit-remaining-req-minute": "5", "x-ratelimit-limit-req-minute": "60"},
            [Window("requests", 5, 60, 60)],
            id="a minute whose end is not told",
        ),
        pytest.param(
            {"x-ratelimit-remaining": "1", "x-ratelimit-limit": "2", "x-ratelimit-reset": "2"},
            [Window("requests", 1, 2, 2)],
            id="plain seconds",
        ),
        pytest.param(
            {"x-tokenlimit-remaining": "90", "x-tokenlimit-reset": "1"},
            [Window("tokens", 90, None, 1)],
            id="tokens by another name",
        ),
        pytest.param(
            {"x-ratelimit-remaining": "7", "x-ratelimit-reset": "1772452830000", **NOON},
            [Window("requests", 7, None, 30)],
            id="epoch milliseconds",
        ),
        pytest.param({"x-ratelimit-remaining-requests": "many"}, [], id="no number"),
    ],
)
def test_windows(headers: dict[str, str], expected: list[Window]) -> None:
    assert list(read_windows(headers)) == expected
