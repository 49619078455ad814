"""Providers, tables and disk enter; what is wrong with them is raised, what is well is cleared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from bot import queue, readiness
from bot.alarms.alarms import Alarms
from bot.alarms.causes import Cause
from bot.health import Health, Member
from bot.money import Budget
from bot.providers.advice import advise
from core.clock import Clock
from core.settings import ProviderSettings

NEEDS_OWNER = frozenset({"auth", "config", "quota", "model_not_found"})
"""What stays until a person mends it."""


class Watch:
    """Looks at what can be seen at any time.

    Args:
        members: those to ask, in order, as configured now.
        free_mb: room on the database's disk; None: it is on another machine.
        matters: real customers may write, so it matters that no AI answers.
        language: of advice to the owner.
    """

    def __init__(
        self,
        alarms: Alarms,
        clock: Clock,
        health: Health,
        members: Callable[[], Sequence[Member]],
        budget: Budget | None,
        *,
        free_mb: Callable[[], int | None],
        matters: bool,
        language: str,
    ) -> None:
        self._alarms = alarms
        self._clock = clock
        self._health = health
        self._members = members
        self._budget = budget
        self._free_mb = free_mb
        self._matters = matters
        self._language = language
        self._day: datetime | None = None

    def look(self, connection: Connection) -> None:
        """Everything once; cheap."""
        self._look_at_providers()
        self._look_at_budget()
        backlog = queue.age(connection, self._clock.now())
        is_old = backlog.oldest_s > readiness.QUEUE_OLD_S
        self._alarms.set_(is_old, Cause.QUEUE_OLD, waiting=backlog.waiting)
        silent_s = readiness.silent_s(connection, self._clock.now())
        is_silent = silent_s is None or silent_s > readiness.WORKER_SILENT_S
        self._alarms.set_(is_silent, Cause.WORKER_SILENT)
        free_mb = self._free_mb()
        is_low = free_mb is not None and free_mb < readiness.DISK_LOW_MB
        self._alarms.set_(is_low, Cause.DISK_LOW, free_mb=free_mb)

    def _look_at_budget(self) -> None:
        """Only a new day ends it: other processes may not have had to leave a call out yet."""
        budget = self._budget
        if budget is None or budget.day != self._day:
            self._alarms.clear(Cause.BUDGET_REACHED)
        if budget is not None:
            self._day = budget.day
            if budget.is_reached:
                self._alarms.raise_(Cause.BUDGET_REACHED, limit_usd=budget.limit_usd)

    def _look_at_providers(self) -> None:
        members, is_any_well = self._members(), False
        for member in members:
            breaker = self._health.breaker(member.name, self._health.current_model(member))
            is_any_well |= not breaker.is_open
            self._look_at(member, breaker.error_class if breaker.is_open else "")
        is_wanted = self._matters and any(map(_is_chosen, members))
        self._alarms.set_(is_wanted and not is_any_well, Cause.AI_DOWN)
        names = {member.name for member in members}
        for cause in (Cause.AI_NEEDS_OWNER, Cause.MODEL_REPLACED):
            for gone in set(self._alarms.subjects(cause)) - names:
                self._alarms.clear(cause, gone)

    def _look_at(self, member: Member, fault: str) -> None:
        needs_owner = fault in NEEDS_OWNER and self._matters
        advice = (
            advise(fault, member.provider, member.settings, language=self._language)
            if needs_owner
            else ""
        )
        self._alarms.set_(
            needs_owner, Cause.AI_NEEDS_OWNER, member.name, provider=member.name, advice=advice
        )
        wanted, asked = member.model_for("chat"), self._health.current_model(member)
        self._alarms.set_(
            wanted is not None and asked != wanted,
            Cause.MODEL_REPLACED,
            member.name,
            provider=member.name,
            gone=wanted,
            found=asked,
        )


def _is_chosen(member: Member) -> bool:
    """Somebody set it up; LM Studio stands in the order of every shop, wanted or not."""
    return not member.provider.is_local or member.settings != ProviderSettings()
