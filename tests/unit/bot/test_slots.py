"""A free slot goes to whoever has been due longest; what waits is not held here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.slots import AHEAD, Again, Slots, Work
from tests.fakes import FixedClock


class Desk:
    """Slots over a queue that is a list; a conversation is busy until it is `finish`ed."""

    def __init__(self, most: int, clock: FixedClock) -> None:
        self.queue: list[int] = []
        self.begun: list[int] = []
        self.reads = 0
        self._ends: dict[int, asyncio.Future[Again | None]] = {}
        self.slots = Slots(most, clock, self._do, self._read)

    async def _do(self, conversation_id: int, _work: Work) -> Again | None:
        self.begun.append(conversation_id)
        if conversation_id in self.queue:
            self.queue.remove(conversation_id)
        self._ends[conversation_id] = asyncio.get_running_loop().create_future()
        return await self._ends[conversation_id]

    async def _read(self, most: int) -> tuple[list[int], bool]:
        self.reads += 1
        await asyncio.sleep(0)
        return self.queue[:most], len(self.queue) > most

    async def finish(self, conversation_id: int, again: Again | None = None) -> None:
        self._ends.pop(conversation_id).set_result(again)
        await settle()

    async def close(self) -> None:
        self.slots.close()
        tasks = [work.task for work in self.slots.busy.values() if work.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


MakeDesk = Callable[[int], Desk]


@pytest.fixture
async def make_desk(clock: FixedClock) -> AsyncIterator[MakeDesk]:
    desks: list[Desk] = []

    def make(most: int) -> Desk:
        desks.append(Desk(most, clock))
        return desks[-1]

    yield make
    for desk in desks:
        await desk.close()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slots.PAUSE_S", 0)


async def test_a_wake_up_begins_at_once_while_slots_are_free(
    make_desk: MakeDesk, clock: FixedClock
) -> None:
    desk = make_desk(2)
    desk.slots.note(1, clock.now())
    await settle()
    assert (desk.begun, desk.reads) == ([1], 0)


async def test_a_freed_slot_goes_to_the_front_of_the_queue_and_not_to_who_wrote_last(
    make_desk: MakeDesk,
    clock: FixedClock,
) -> None:
    desk = make_desk(1)
    desk.slots.note(1, clock.now())
    await settle()
    desk.queue = [7, 8]
    desk.slots.note(9, clock.now())
    desk.queue.append(9)
    await desk.finish(1)
    await desk.finish(7)
    await desk.finish(8)
    assert desk.begun == [1, 7, 8, 9]


async def test_whoever_writes_during_a_look_comes_behind_those_it_finds(
    make_desk: MakeDesk,
    clock: FixedClock,
) -> None:
    desk = make_desk(1)
    desk.queue = [2]
    desk.slots.look()
    await asyncio.sleep(0)
    desk.slots.note(1, clock.now())
    await settle()
    await desk.finish(2)
    assert desk.begun == [2, 1]


async def test_one_look_serves_many_freed_slots(make_desk: MakeDesk, clock: FixedClock) -> None:
    desk = make_desk(1)
    desk.queue = list(range(AHEAD))
    desk.slots.look()
    await settle()
    for number in range(AHEAD - 1):
        await desk.finish(number)
    assert desk.begun == list(range(AHEAD))
    assert desk.reads <= 2


async def test_whoever_writes_without_end_gets_one_turn_and_stands_behind(
    make_desk: MakeDesk,
    clock: FixedClock,
) -> None:
    desk = make_desk(1)
    desk.slots.note(1, clock.now())
    await settle()
    desk.queue = [2, 3]
    desk.slots.look()
    for flooded in (1, 2):
        desk.queue.append(1)
        await desk.finish(flooded, Again(clock.now()) if flooded == 1 else None)
    assert desk.begun == [1, 2, 3]


async def test_interrupted_work_goes_first(make_desk: MakeDesk, clock: FixedClock) -> None:
    desk = make_desk(1)
    desk.slots.note(1, clock.now())
    await settle()
    desk.queue = [2, 3]
    desk.slots.look()
    await desk.finish(1, Again(clock.now(), is_first=True))
    assert desk.begun == [1, 1]


async def test_what_waits_for_its_time_is_held_in_bounds(
    make_desk: MakeDesk, clock: FixedClock
) -> None:
    desk = make_desk(3)
    later = clock.now() + timedelta(seconds=60)
    for number in range(1000):
        desk.slots.note(number, later)
    assert len(desk.slots.close()) == 3


async def test_a_look_that_breaks_is_not_the_last(
    make_desk: MakeDesk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(1)
    desk.queue = [1, 2]

    async def broken(_most: int) -> tuple[list[int], bool]:
        raise OSError("disk I/O error")

    monkeypatch.setattr(desk.slots, "_read_queue", broken)
    desk.slots.look()
    await settle()
    monkeypatch.undo()
    monkeypatch.setattr("bot.slots.PAUSE_S", 0)
    desk.slots.look()
    await settle()
    assert desk.begun == [1]


async def test_a_closed_desk_begins_nothing(make_desk: MakeDesk, clock: FixedClock) -> None:
    desk = make_desk(2)
    desk.slots.close()
    desk.slots.note(1, clock.now())
    desk.slots.look()
    await settle()
    assert (desk.begun, desk.slots.has_room) == ([], False)
