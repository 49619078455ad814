"""The database enters; whether messages are taken and answered right now, and why not, leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from bot import queue
from bot.health.pings import stored_states
from bot.tables import ScheduleTick, WorkerBeat

WORKER_SILENT_S = 20.0
SCHEDULE_SILENT_S = 2 * 300.0 + 60
QUEUE_OLD_S = 60.0
DISK_LOW_MB = 256
PROOF_JOB = "proof"
"""Ticks that only show that the database stores; no schedule runs by them."""
STUCK_S = 10.0
"""For a COMMIT, and for the worker's event loop."""
NEEDED = ("database", "worker", "schedule")
"""Without these messages are not taken or not answered; the other checks warn."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process sees of itself.

    Args:
        free_mb: room on the database's disk; None: it is on another machine.
        commit_s: how long the COMMIT under way has taken.
        loop_s: how long the worker's event loop has been overdue.
    """

    free_mb: int | None = None
    commit_s: float = 0.0
    loop_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is well, what is not and why.

    Args:
        checks: name → whether it is well.
        providers: name → state as last seen, for display only.
        reasons: name of a check that is not well → {"reason": word, figures…}.
    """

    checks: Mapping[str, bool]
    providers: Mapping[str, str]
    reasons: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return all(self.checks.get(name, True) for name in NEEDED)


def check(connection: Connection, now: datetime, machine: Machine | None = None) -> Readiness:
    """Ask the tables whether a worker lives, the schedule ticks and nobody waits for long."""
    reasons = _faults(machine or Machine())
    worker_s = silent_s(connection, now)
    ticked = connection.execute(
        select(func.max(ScheduleTick.slot)).where(ScheduleTick.job != PROOF_JOB)
    ).scalar()
    schedule_s = None if ticked is None else (now - ticked).total_seconds()
    for name, seconds, limit_s in (
        ("worker", worker_s, WORKER_SILENT_S),
        ("schedule", schedule_s, SCHEDULE_SILENT_S),
    ):
        if seconds is None:
            reasons[name] = {"reason": "never_seen"}
        elif seconds > limit_s:
            reasons.setdefault(name, {"reason": "silent", "seconds": round(seconds, 1)})
    backlog = queue.age(connection, now)
    if backlog.oldest_s > QUEUE_OLD_S:
        reasons["queue"] = {
            "reason": "old",
            "seconds": round(backlog.oldest_s, 1),
            "waiting": backlog.waiting,
        }
    names = (*NEEDED, "queue", "disk")
    return Readiness(
        checks={name: name not in reasons for name in names},
        reasons=reasons,
        providers={name: state for name, (state, _) in stored_states(connection).items()},
    )


def _faults(machine: Machine) -> dict[str, Mapping[str, object]]:
    faults: dict[str, Mapping[str, object]] = {}
    if machine.commit_s > STUCK_S:
        faults["database"] = {"reason": "writer_stuck", "seconds": round(machine.commit_s, 1)}
    if machine.loop_s > STUCK_S:
        faults["worker"] = {"reason": "event_loop_stuck", "seconds": round(machine.loop_s, 1)}
    if machine.free_mb is not None and machine.free_mb < DISK_LOW_MB:
        faults["disk"] = {"reason": "low", "free_mb": machine.free_mb}
    return faults


def unready(name: str, reason: str, **figures: object) -> Readiness:
    """What is known when the tables cannot be asked."""
    return Readiness({name: False}, {}, {name: {"reason": reason, **figures}})


def silent_s(connection: Connection, now: datetime) -> float | None:
    """Seconds since any worker said that it lives; None when none ever did."""
    seen = connection.execute(select(func.max(WorkerBeat.seen_at))).scalar()
    return None if seen is None else (now - seen).total_seconds()


def workers_alive(connection: Connection, now: datetime) -> int:
    """How many workers have said lately that they live."""
    since = now - timedelta(seconds=WORKER_SILENT_S)
    return connection.execute(select(func.count()).where(WorkerBeat.seen_at >= since)).scalar_one()
