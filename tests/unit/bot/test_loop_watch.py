"""A loop that is held up is measured, and what holds it up is named while it does."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.loop_watch import EVERY_S, LATE_S, STUCK_S, LoopWatch
from tests.fakes import FixedClock


async def started(clock: FixedClock, lags: list[float]) -> tuple[LoopWatch, asyncio.Task[None]]:
    watch = LoopWatch(clock, lags.append)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    return watch, running


async def stopped(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("late_s", "lines"), [(0.0, 0), (LATE_S - 0.01, 0), (LATE_S, 1)], ids=["well", "short", "late"]
)
async def test_lag_is_what_passed_beyond_what_was_meant_to(
    late_s: float, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FixedClock.at_noon()
    lags = list[float]()
    watch, running = await started(clock, lags)
    clock.advance(EVERY_S + late_s)
    assert watch.late_s == pytest.approx(late_s)
    while not lags:
        await asyncio.sleep(EVERY_S / 10)
    await stopped(running)
    assert lags[0] == pytest.approx(late_s)
    assert caplog.text.count("event_loop_late") == lines


async def test_what_holds_it_up_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = FixedClock.at_noon()
    watch, running = await started(clock, [])

    def a_long_calculation() -> None:
        clock.advance(EVERY_S + STUCK_S)
        for _ in range(2):
            looking = threading.Thread(target=watch.look)
            looking.start()
            looking.join()

    a_long_calculation()
    await stopped(running)
    found = [line for line in caplog.messages if line.startswith("event_loop_stuck")]
    assert len(found) == 1
    assert "a_long_calculation" in found[0]


async def test_a_loop_that_ended_is_not_late() -> None:
    clock = FixedClock.at_noon()
    watch, running = await started(clock, [])
    await stopped(running)
    clock.advance(60)
    assert watch.late_s == 0
