"""A thread asks what answers in another thread's loop, and always gets an outcome in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.outcome import Outcome
from core.errors import DatabaseUnavailable

YES = Outcome(200, {"success": True})
Answer = Callable[[str, str | None], Coroutine[Any, Any, Outcome]]


class EngineThread:
    """An event loop in a thread; the bridge leads to `answer` until `stop`."""

    def __init__(self, bridge: Bridge, answer: Answer) -> None:
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(bridge, answer)))
        self._thread.start()
        self._is_up.wait()

    async def _run(self, bridge: Bridge, answer: Answer) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        with bridge.lead_to(answer):
            self._is_up.set()
            await self._end.wait()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


@contextmanager
def engine(answer: Answer, limit_s: float = 60.0) -> Iterator[tuple[Bridge, EngineThread]]:
    bridge = Bridge(limit_s, "es", margin_s=0.0)
    running = EngineThread(bridge, answer)
    try:
        yield bridge, running
    finally:
        running.stop()


async def answer_yes(_question: str, _contact: str | None) -> Outcome:
    return YES


def test_the_outcome_comes_back() -> None:
    with engine(answer_yes) as (bridge, _):
        assert bridge.ask("hola", None) is YES


def test_before_the_engine_is_there_the_program_is_told_to_come_again() -> None:
    found = Bridge(60.0, "es").ask("hola", None)
    assert (found.status, found.body["error"], found.body["retryable"]) == (503, "server", True)
    assert found.body["retry_after_s"] == 2.0


def test_after_the_engine_ended_the_program_is_told_to_come_again() -> None:
    with engine(answer_yes) as (bridge, running):
        running.stop()
        assert bridge.ask("hola", None).status == 503


def test_an_engine_that_ends_meanwhile_leaves_nobody_waiting() -> None:
    is_asked = threading.Event()

    async def never(_question: str, _contact: str | None) -> Outcome:
        is_asked.set()
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    with engine(never) as (bridge, running):
        found: list[Outcome] = []
        asking = threading.Thread(target=lambda: found.append(bridge.ask("hola", None)))
        asking.start()
        is_asked.wait()
        running.stop()
        asking.join()
    assert [each.status for each in found] == [503]


def test_beyond_the_deadline_the_question_is_given_up() -> None:
    is_cancelled = threading.Event()

    async def slow(_question: str, _contact: str | None) -> Outcome:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_cancelled.set()
            raise
        raise AssertionError("never reached")

    with engine(slow, limit_s=0.05) as (bridge, _):
        found = bridge.ask("hola", None)
        assert is_cancelled.wait(60)
    assert (found.status, found.body["error"]) == (504, "timeout")


@pytest.mark.parametrize(
    ("error", "wait_s"), [(DatabaseUnavailable("disk full"), 2.0), (KeyError("a bug"), None)]
)
def test_whatever_breaks_the_shape_is_the_contracts(error: Exception, wait_s: float | None) -> None:
    async def broken(_question: str, _contact: str | None) -> Outcome:
        raise error

    with engine(broken) as (bridge, _):
        found = bridge.ask("hola", None)
    assert (found.status, found.body["error"]) == (503, "server")
    assert found.body["retry_after_s"] == wait_s
