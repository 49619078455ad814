"""AllProvidersFailed enters, the contract's failure shape leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.health import Member
from bot.providers.advice import UNCONFIGURED, advise
from core.errors import AllProvidersFailed

RETRYABLE = frozenset({"rate_limit", "timeout", "server", "network", "validation"})


def failure_body(
    error: AllProvidersFailed,
    message: str,
    attempts: Sequence[dict[str, Any]],
    members: Sequence[Member],
) -> dict[str, Any]:
    """What programs get when nobody answered.

    Args:
        message: for the customer.
        attempts: the turn's ledger rows.
        members: the providers of the order, those without a key too.
    """
    failed = {each.provider: each.error_class for each in error.errors}
    actions = [
        f"{member.name}: {advise(state, member.provider, member.settings)}"
        for member in members
        if (state := failed.get(member.name) or _unconfigured(member))
    ]
    return {
        "success": False,
        "error": error.error_class,
        "retryable": error.error_class in RETRYABLE,
        "message": message,
        "details": {"attempts": list(attempts), "actions": actions},
        "hint": actions[0] if actions else None,
        "retry_after_s": error.retry_after_s,
    }


def _unconfigured(member: Member) -> str | None:
    return None if member.is_configured else UNCONFIGURED
