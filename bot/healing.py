"""A model that is gone enters; the one to ask instead leaves."""

from __future__ import annotations

import logging

import httpx

from bot.health import Member
from bot.providers import base
from bot.providers.models import pick_model
from core.errors import ProviderError
from core.log import log_event

log = logging.getLogger(__name__)


async def find_successor(
    client: httpx.AsyncClient,
    member: Member,
    gone: str | None,
    *,
    purpose: str,
    limit_s: float,
    may_pick: bool,
) -> str | None:
    """The owner's next model of the list, else the listed one most like the one that is gone.

    Args:
        purpose: "chat", "vision" or "transcribe"; the owner's list is for chat.
        limit_s: most seconds the provider's list may take.
        may_pick: AI_AUTO_MODEL; without it only the owner's own models are used.
    """
    models = member.settings.models
    if purpose == "chat" and gone in models[:-1]:
        return models[models.index(gone) + 1]
    # Lists name models that write; of those that hear, only the provider's own is known.
    if not may_pick or purpose == "transcribe":
        return None
    try:
        listed = await base.list_models(member.provider, client, member.settings, limit_s)
    except ProviderError as error:
        log_event(
            log,
            logging.WARNING,
            "model_list_failed",
            provider=member.name,
            error_class=error.error_class,
        )
        return None
    others = [model for model in listed if model.name != gone]
    return pick_model(others, gone, member.provider.default_model)
