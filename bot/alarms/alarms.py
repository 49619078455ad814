"""Any part of the shop says here what the owner has to know; it is stored for whoever tells."""

from __future__ import annotations

from collections.abc import Iterable

from bot.alarms import store
from bot.alarms.causes import STANDING, Cause
from core.clock import Clock
from core.database import Database

Key = tuple[str, str]
"""(cause, subject)."""


class Alarms:
    """What stands, as this process knows it; cheap to call, from any thread and again and again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._standing: frozenset[Key] = frozenset()

    def raise_(self, cause: Cause, subject: str = "", **facts: object) -> None:
        """It stands from now on; of what is counted: it happened once more.

        Args:
            subject: which one of several, such as a provider.
            facts: what its text names; nothing a customer wrote.
        """
        key = (cause.value, subject)
        if cause in STANDING:
            if key in self._standing:
                return
            self._standing |= {key}
        now = self._clock.now()
        self._database.post(lambda c: store.raised(c, cause, subject, facts, now))

    def clear(self, cause: Cause, subject: str = "") -> None:
        """It is well again; nothing happens when nothing was wrong."""
        key = (cause.value, subject)
        if key not in self._standing:
            return
        self._standing -= {key}
        now = self._clock.now()
        self._database.post(lambda c: store.cleared(c, cause, subject, now))

    def set_(self, is_wrong: bool, cause: Cause, subject: str = "", **facts: object) -> None:
        """Raise or clear, for what is looked at again and again."""
        if is_wrong:
            self.raise_(cause, subject, **facts)
        else:
            self.clear(cause, subject)

    def subjects(self, cause: Cause) -> list[str]:
        """Of which ones this cause stands."""
        return [subject for standing, subject in self._standing if standing == cause]

    def know(self, standing: Iterable[Key]) -> None:
        """What stands as the database has it: other processes raise and clear too."""
        self._standing = frozenset(standing)


class NoAlarms(Alarms):
    """Where nobody is to be told."""

    def __init__(self) -> None:
        """Needs nothing."""

    def raise_(self, cause: Cause, subject: str = "", **facts: object) -> None:
        """Nobody hears."""

    def clear(self, cause: Cause, subject: str = "") -> None:
        """Nobody hears."""
