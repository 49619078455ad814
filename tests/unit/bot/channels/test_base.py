"""Delivery statuses move forward only."""

from __future__ import annotations

import pytest

from bot.channels.base import rank


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (None, "accepted"),
        ("accepted", "queued"),
        ("queued", "sending"),
        ("sending", "sent"),
        ("sent", "undelivered"),
        ("sent", "failed"),
        ("sent", "delivered"),
        ("failed", "delivered"),
        ("delivered", "read"),
    ],
)
def test_later_status_ranks_higher(earlier: str | None, later: str) -> None:
    assert rank(later) > rank(earlier)


def test_second_word_for_the_same_failure_does_not_rank_higher() -> None:
    assert rank("failed") == rank("undelivered")


def test_unknown_word_never_replaces_a_status() -> None:
    assert rank("teleported") < rank("accepted")
