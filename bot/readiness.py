"""The database enters; whether messages are taken and answered right now, and why not, leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from bot.health.pings import stored_states
from bot.tables import ScheduleTick, WorkerBeat

WORKER_SILENT_S = 20.0
SCHEDULE_SILENT_S = 2 * 300.0 + 60


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each check's name → whether it is well; providers → state as last seen, for display only."""

    checks: dict[str, bool]
    providers: dict[str, str]

    @property
    def is_ready(self) -> bool:
        return all(self.checks.values())


def check(connection: Connection, now: datetime) -> Readiness:
    """Ask the tables whether a worker lives and the schedule ticks."""
    seen = connection.execute(select(func.max(WorkerBeat.seen_at))).scalar()
    ticked = connection.execute(select(func.max(ScheduleTick.slot))).scalar()
    return Readiness(
        checks={
            "database": True,
            "worker": _is_recent(seen, now, WORKER_SILENT_S),
            "schedule": _is_recent(ticked, now, SCHEDULE_SILENT_S),
        },
        providers={name: state for name, (state, _) in stored_states(connection).items()},
    )


def _is_recent(instant: datetime | None, now: datetime, limit_s: float) -> bool:
    return instant is not None and now - instant <= timedelta(seconds=limit_s)
