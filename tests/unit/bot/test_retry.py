"""When to ask whom again, and when never."""

from __future__ import annotations

import pytest

from bot import retry
from bot.retry import Ask, Option, Wait, next_step
from core.errors import ProviderError, provider_error


def step(*options: Option, style: str = "rounds", now: float = 0, deadline: float = 45) -> str:
    found = next_step(options, now=now, deadline=deadline, attempts=2, style=style)
    if isinstance(found, Ask):
        return found.option.name
    return f"wait {found.seconds:g}" if isinstance(found, Wait) else "give up"


@pytest.mark.parametrize(
    ("options", "style", "expected"),
    [
        pytest.param([Option("a"), Option("b")], "rounds", "a", id="first in order"),
        pytest.param([Option("a", 1), Option("b")], "rounds", "b", id="everyone once first"),
        pytest.param([Option("a", 1), Option("b", 1)], "rounds", "a", id="then again"),
        pytest.param([Option("a", 1), Option("b")], "in_place", "a", id="same again in place"),
        pytest.param([Option("a", 2), Option("b")], "in_place", "b", id="used up in place"),
        pytest.param([Option("a", 1, ready_at=1), Option("b")], "in_place", "wait 1", id="pause"),
        pytest.param(
            [Option("a", 1, ready_at=20, is_limited=True), Option("b")],
            "in_place",
            "b",
            id="nobody waits for a window while another can answer",
        ),
        pytest.param([Option("a", 2), Option("b", 2)], "rounds", "give up", id="all used up"),
        pytest.param([Option("a", closed=True), Option("b")], "rounds", "b", id="closed"),
        pytest.param([Option("a", ready_at=5), Option("b")], "rounds", "b", id="not ready yet"),
        pytest.param([Option("a", ready_at=5)], "rounds", "wait 5", id="nobody else can"),
        pytest.param([Option("a", ready_at=60)], "rounds", "give up", id="past the deadline"),
        pytest.param(
            [Option("a", 2, free_calls=1), Option("b", 1)], "rounds", "a", id="healing is free"
        ),
        pytest.param([], "rounds", "give up", id="nobody configured"),
    ],
)
def test_next_step(options: list[Option], style: str, expected: str) -> None:
    assert step(*options, style=style) == expected


def test_nothing_starts_with_no_time_left() -> None:
    assert step(Option("a"), now=44.8) == "give up"


def test_every_provider_to_come_keeps_a_share_of_the_deadline() -> None:
    found = next_step(
        [Option("a"), Option("b"), Option("c")], now=0, deadline=45, attempts=2, style="rounds"
    )
    assert isinstance(found, Ask)
    assert found.limit_s == 45 - 2 * retry.SHARE_S


def test_a_short_deadline_is_divided_evenly() -> None:
    assert retry.attempt_limit_s(6, 2) == 2


def failure(error_class: str, **fields: object) -> ProviderError:
    return provider_error("x", provider="a", error_class=error_class, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "closed", "ready_at"),
    [
        pytest.param(failure("auth"), True, 0, id="a bad key stays bad"),
        pytest.param(failure("server", retry_same=True), False, 10.5, id="soon again"),
        pytest.param(
            failure("rate_limit", retry_same=True, retry_after_s=3.2), False, 13.2, id="as told"
        ),
        pytest.param(failure("rate_limit", retry_same=True), True, 0, id="nobody knows how long"),
    ],
)
def test_what_an_error_means_for_the_same_provider(
    error: ProviderError, closed: bool, ready_at: float
) -> None:
    option = Option("a", calls=1)
    retry.note_failure(option, error, now=10, style="rounds")
    assert (option.closed, option.ready_at) == (closed, pytest.approx(ready_at))


def test_in_place_waits_half_a_second_then_a_whole_one() -> None:
    option, waits = Option("a"), []
    for _ in range(2):
        option.calls += 1
        retry.note_failure(option, failure("server", retry_same=True), now=0, style="in_place")
        waits.append(option.ready_at)
    assert waits == [0.5, 1.0]


def test_a_refused_send_is_tried_again_later_and_later() -> None:
    pauses = [retry.send_again_after_s(tries) for tries in (1, 2, 3)]
    assert pauses == [2, 5, 15]
    assert retry.send_again_after_s(len(retry.SEND_PAUSES_S) + 1) is None


def test_the_channels_own_wait_counts_when_it_is_longer() -> None:
    assert retry.send_again_after_s(1, retry_after_s=40) == 40


def test_a_turn_is_buried_at_its_third_failure() -> None:
    assert [retry.turn_again_after_s(n) for n in (1, 2, 3)] == [2, 10, None]
