"""Attempts enter the ledger; rows and figures for the owner leave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import ceil
from typing import Any

from sqlalchemy import Select, case, func, insert, select
from sqlalchemy.engine import Connection

from bot.messages import AttemptRow
from bot.tables import Attempt

P95_SAMPLE = 2000
"""Newest answers of a provider that its p95 is taken from."""


def store_attempt(connection: Connection, row: AttemptRow) -> None:
    """Add one row."""
    values = asdict(row)
    del values["total_tokens"]
    connection.execute(insert(Attempt), values)


def newest_attempts(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The contract's ledger rows, newest first; instants as ISO 8601 UTC."""
    return _rows(connection, _select_rows().order_by(Attempt.id.desc()).limit(limit))


def attempts_of(connection: Connection, turn_id: str) -> list[dict[str, Any]]:
    """The ledger rows of one turn, oldest first."""
    return _rows(connection, _select_rows().where(Attempt.turn_id == turn_id).order_by(Attempt.id))


def _select_rows() -> Select[Any]:
    return select(*(getattr(Attempt, name) for name in LEDGER_COLUMNS))


def _rows(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [
        {**row._mapping, "started_at": row.started_at.isoformat()}
        for row in connection.execute(query)
    ]


LEDGER_COLUMNS = (
    "id",
    "turn_id",
    "provider",
    "model",
    "attempt",
    "outcome",
    "status",
    "retry_after_s",
    "duration_ms",
    "first_token_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "started_at",
)


def provider_figures(connection: Connection, names: Sequence[str]) -> list[dict[str, Any]]:
    """Figures of the named providers first, then of every other one the ledger knows.

    `mean_ms` and `p95_ms` are over answers; None without any. A cancelled call is a request that
    neither succeeded nor failed.
    """
    answered = Attempt.outcome == "answered"
    rows = connection.execute(
        select(
            Attempt.provider,
            func.count().label("requests"),
            func.sum(case((answered, 1), else_=0)).label("succeeded"),
            func.sum(case((answered | (Attempt.outcome == "cancelled"), 0), else_=1)).label(
                "failed"
            ),
            func.avg(case((answered, Attempt.duration_ms))).label("mean_ms"),
            func.sum(Attempt.input_tokens).label("input_tokens"),
            func.sum(Attempt.output_tokens).label("output_tokens"),
            func.sum(Attempt.cost_usd).label("cost_usd"),
        ).group_by(Attempt.provider)
    )
    found = {row.provider: row for row in rows}
    ordered = [*names, *sorted(name for name in found if name not in names)]
    return [_figures(connection, name, found.get(name)) for name in ordered]


def _figures(connection: Connection, name: str, row: Any) -> dict[str, Any]:
    succeeded, failed = (int(row.succeeded), int(row.failed)) if row else (0, 0)
    judged = succeeded + failed
    return {
        "name": name,
        "requests": int(row.requests) if row else 0,
        "succeeded": succeeded,
        "failed": failed,
        "success_rate": round(succeeded / judged, 4) if judged else None,
        "mean_ms": round(float(row.mean_ms)) if row and row.mean_ms is not None else None,
        "p95_ms": _p95_ms(connection, name) if succeeded else None,
        "input_tokens": int(row.input_tokens or 0) if row else 0,
        "output_tokens": int(row.output_tokens or 0) if row else 0,
        "cost_usd": float(row.cost_usd) if row and row.cost_usd is not None else None,
    }


def _p95_ms(connection: Connection, name: str) -> int | None:
    durations = sorted(
        connection.execute(
            select(Attempt.duration_ms)
            .where(Attempt.provider == name, Attempt.outcome == "answered")
            .order_by(Attempt.id.desc())
            .limit(P95_SAMPLE)
        ).scalars()
    )
    return durations[ceil(len(durations) * 0.95) - 1] if durations else None
