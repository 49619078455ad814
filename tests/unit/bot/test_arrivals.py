"""A message that arrives while an answer is being made drops the answer, and nothing else does."""

from __future__ import annotations

import asyncio

import pytest

from bot.turn import Arrivals


def _read(seq: int) -> Arrivals:
    arrivals = Arrivals()
    arrivals.read_up_to(seq)
    return arrivals


class _Work:
    """Begins, and ends when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.is_dropped = False

    async def run(self) -> str:
        self.begun.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.is_dropped = True
            raise
        return "done"


async def test_undisturbed_work_leaves_its_result() -> None:
    work = _Work()
    work.may_end.set()
    assert await _read(3).unless_more(work.run) == "done"


async def test_work_is_not_begun_when_more_is_there_already() -> None:
    arrivals, work = _read(3), _Work()
    arrivals.note(4)
    assert await arrivals.unless_more(work.run) is None
    assert not work.begun.is_set()


@pytest.mark.parametrize(("seq", "is_dropped"), [(3, False), (4, True)])
async def test_only_a_message_that_was_not_read_drops_the_work(seq: int, is_dropped: bool) -> None:
    arrivals, work = _read(3), _Work()

    async def turn() -> tuple[str | None, int]:
        result = await arrivals.unless_more(work.run)
        await asyncio.sleep(0)  # whoever was dropped goes on undisturbed
        return result, current.cancelling()

    current = asyncio.create_task(turn())
    await work.begun.wait()
    arrivals.note(seq)
    arrivals.note(seq)
    work.may_end.set()
    assert await current == (None if is_dropped else "done", 0)
    assert work.is_dropped is is_dropped


@pytest.mark.parametrize("has_more", [False, True])
async def test_cancelled_from_outside_is_cancelled(has_more: bool) -> None:
    arrivals, work = _read(3), _Work()
    current = asyncio.create_task(arrivals.unless_more(work.run))
    await work.begun.wait()
    if has_more:
        arrivals.note(4)
    current.cancel()
    with pytest.raises(asyncio.CancelledError):
        await current


async def test_time_limit_around_it_still_holds() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await _read(3).unless_more(_Work().run)
