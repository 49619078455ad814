"""A conversation that has work enters; whoever can do it hears of it, or finds it a little later.

The port between those who know of work and the workers. Within one process the worker's own `wake`
is the adapter; between processes it is `teller` and `hearer`, by jobs of Procrastinate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Wake(Protocol):
    """Tells that a conversation has work; never waits, never fails, and may be lost."""

    def __call__(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None, /
    ) -> None:
        """Callable from any thread, after the work was committed.

        Args:
            due_at: not to be worked on before.
            seq: number of the message that just arrived; 0 when none did.
            holder: the worker whose turn was under way when it arrived.
        """


class Hears(Protocol):
    """A worker, as those see it who bring it word from other processes."""

    name: str

    @property
    def has_room(self) -> bool:
        """Whether it would begin another conversation now."""

    def wake(
        self, conversation_id: int, due_at: datetime, seq: int = 0, holder: str | None = None
    ) -> None:
        """As `Wake`."""

    async def stop_asked(self) -> None:
        """Return once it takes nothing new."""
