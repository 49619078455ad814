"""The ledger enters, rows and figures for the owner leave it: attempts, latencies, costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.engine import Connection

from bot.money import GUESSED_USD, TWILIO_MESSAGE_USD, is_paid
from bot.providers.base import find_providers
from bot.tables import Attempt, Conversation, Message, OutboxItem, Turn

P95_SAMPLE = 2000
"""Newest answers of a provider that its p95 is taken from."""


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


def costs_since(connection: Connection, since: datetime) -> dict[str, Any]:
    """What a shop has spent since then: AI at list prices, its WhatsApp messages at Twilio's."""
    ai_usd = connection.execute(
        select(func.sum(Attempt.cost_usd)).where(Attempt.started_at >= since)
    ).scalar()
    received = connection.execute(
        select(func.count())
        .select_from(Message)
        .join(Conversation, Message.conversation_id == Conversation.id)
        .where(
            Conversation.channel == "whatsapp",
            Message.direction == "inbound",
            Message.created_at >= since,
        )
    ).scalar_one()
    sent = connection.execute(
        select(func.count()).where(OutboxItem.state == "accepted", OutboxItem.created_at >= since)
    ).scalar_one()
    return {
        "ai_usd": round(float(ai_usd or 0.0), 6),
        "messages": received + sent,
        "twilio_usd": round((received + sent) * TWILIO_MESSAGE_USD, 6),
    }


def paid_usd(connection: Connection, since: datetime, conversation_id: int | None = None) -> float:
    """What paid providers have cost since then, for all or one conversation's saved turns; unknown
    prices as the budget guesses them."""
    unknown = Attempt.cost_usd.is_(None)
    costs = (
        select(
            Attempt.provider,
            Attempt.model,
            func.sum(Attempt.cost_usd).label("known"),
            func.sum(case((unknown, Attempt.input_tokens))).label("given"),
            func.sum(case((unknown, Attempt.output_tokens))).label("produced"),
        )
        .where(Attempt.started_at >= since)
        .group_by(Attempt.provider, Attempt.model)
    )
    if conversation_id is not None:
        turns = select(Turn.id).where(Turn.conversation_id == conversation_id)
        costs = costs.where(Attempt.turn_id.in_(turns.where(Turn.saved_at >= since)))
    return sum(_paid_usd(row) for row in connection.execute(costs))


def _paid_usd(row: Any) -> float:
    provider = find_providers().get(row.provider)
    if provider is None or not is_paid(provider, row.model):
        return 0.0
    guessed = (row.given or 0) * GUESSED_USD[0] + (row.produced or 0) * GUESSED_USD[1]
    return float(row.known or 0.0) + guessed
