"""A reply, or why there is none, enters; the contract's JSON body and HTTP status leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.health import Member
from bot.messages import Reply
from bot.providers.advice import UNCONFIGURED, advise
from core.errors import AllProvidersFailed

RETRYABLE = frozenset({"rate_limit", "timeout", "server", "network", "validation"})
STATUSES = {"rate_limit": 429, "timeout": 504, "validation": 500, "bad_request": 500}
DEFAULT_STATUS = 503


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program gets for its question; `body` has one of the contract's two shapes."""

    status: int
    body: dict[str, Any]


def answered(reply: Reply) -> Outcome:
    """There is a reply."""
    return Outcome(
        200,
        {
            "success": True,
            "reply": reply.text,
            "provider": reply.provider,
            "model": reply.model,
            "attempts": reply.attempts,
            "duration_ms": reply.duration_ms,
            "products": list(reply.products),
            "grounded": reply.grounded,
        },
    )


def nobody_answered(
    error: AllProvidersFailed,
    message: str,
    attempts: Sequence[dict[str, Any]],
    members: Sequence[Member],
) -> Outcome:
    """Every provider failed and offline answers are switched off.

    Args:
        message: for the customer.
        attempts: the turn's ledger rows.
        members: the providers of the order, those without a key too.
    """
    classes = error.paused | {each.provider: each.error_class for each in error.errors}
    actions = [
        f"{member.name}: {advise(state, member.provider, member.settings)}"
        for member in members
        if (state := classes.get(member.name) or _unconfigured(member))
    ]
    return failed(
        error.error_class,
        message,
        attempts=attempts,
        actions=actions,
        retry_after_s=error.retry_after_s,
    )


def failed(
    error_class: str,
    message: str,
    *,
    status: int | None = None,
    attempts: Sequence[dict[str, Any]] = (),
    actions: Sequence[str] = (),
    retry_after_s: float | None = None,
) -> Outcome:
    """There is none.

    Args:
        status: when it is not the one of the class.
        actions: what somebody can do about it; the first is the hint.
    """
    body = {
        "success": False,
        "error": error_class,
        "retryable": error_class in RETRYABLE,
        "message": message,
        "details": {"attempts": list(attempts), "actions": list(actions)},
        "hint": actions[0] if actions else None,
        "retry_after_s": retry_after_s,
    }
    return Outcome(status or STATUSES.get(error_class, DEFAULT_STATUS), body)


def _unconfigured(member: Member) -> str | None:
    return None if member.is_configured else UNCONFIGURED
