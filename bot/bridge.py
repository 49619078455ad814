"""Questions of other threads enter, outcomes of the engine's event loop leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from bot import outcome
from bot.outcome import Outcome
from core.errors import DatabaseUnavailable
from core.texts import text

log = logging.getLogger(__name__)

MARGIN_S = 10.0
"""Beyond the turn's own deadline: reading the catalog before it, storing the talk after it."""
RETRY_S = 2.0
"""When to come back while the engine is away: it is built anew within about this time."""

Ask = Callable[[str, str | None], Coroutine[Any, Any, Outcome]]


class Bridge:
    """How the threads of a web server ask what answers in a thread of its own.

    Args:
        deadline_s: TURN_DEADLINE_S.
        language: the shop's own.
        margin_s: waited beyond the deadline.
    """

    def __init__(self, deadline_s: float, language: str, *, margin_s: float = MARGIN_S) -> None:
        self._limit_s = deadline_s + margin_s
        self._language = language
        self._way: tuple[asyncio.AbstractEventLoop, Ask] | None = None

    @contextmanager
    def lead_to(self, ask: Ask) -> Iterator[None]:
        """Questions reach `ask` in the running loop; those under way at the end are given up."""
        asking: set[asyncio.Task[Any]] = set()

        async def answer(question: str, contact: str | None) -> Outcome:
            task = asyncio.current_task()
            assert task is not None
            asking.add(task)
            try:
                return await ask(question, contact)
            finally:
                asking.discard(task)

        self._way = asyncio.get_running_loop(), answer
        try:
            yield
        finally:
            self._way = None
            for task in asking:
                task.cancel()

    def ask(self, question: str, contact: str | None) -> Outcome:
        """The outcome of one question; blocks, and never longer than the turn's deadline and a
        margin."""
        if self._way is None:
            return self._failed("server", RETRY_S)
        loop, answer = self._way
        asked = answer(question, contact)
        try:
            running = asyncio.run_coroutine_threadsafe(asked, loop)
        except RuntimeError:  # the loop has just ended
            asked.close()
            return self._failed("server", RETRY_S)
        try:
            return running.result(self._limit_s)
        except TimeoutError:
            running.cancel()
            return self._failed("timeout")
        except (CancelledError, DatabaseUnavailable):
            return self._failed("server", RETRY_S)
        except Exception:  # a program must get the contract's shape whatever happens
            log.exception("question_broken")
            return self._failed("server")

    def _failed(self, error_class: str, retry_after_s: float | None = None) -> Outcome:
        sentence = text("customer.unavailable", self._language)
        return outcome.failed(error_class, sentence, retry_after_s=retry_after_s)
