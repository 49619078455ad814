"""Settings enter, the shop's providers leave: those listed, those to ask, those of a purpose."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from bot.health import Member
from bot.planning import Lineup
from bot.providers import base
from bot.providers.base import find_providers
from bot.providers.http import make_client
from core.errors import ConfigError, ProviderError
from core.log import log_event
from core.provider_order import listed_order, may_be_running, usable_order
from core.settings import Settings
from core.texts import text

log = logging.getLogger(__name__)

LOOK_LIMIT_S = 0.5
"""For one look at whether a provider runs on this machine."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The providers as they are configured.

    Args:
        running: those nobody configured that were found on this machine.
    """

    settings: Settings
    running: frozenset[str] = frozenset()

    @property
    def listed(self) -> tuple[Member, ...]:
        """Those of the order, those without a key too."""
        return self._members(listed_order(self.settings, self.running))

    @property
    def usable(self) -> tuple[Member, ...]:
        """Those to ask, in order."""
        return self._members(usable_order(self.settings, self.running))

    @property
    def everyone(self) -> tuple[Member, ...]:
        """All that this code knows."""
        return self._members(find_providers())

    @property
    def lineup(self) -> Lineup:
        """Who is asked for what."""
        return Lineup(
            chat=self.usable,
            vision=self._able(self.settings.ai_vision_order, "vision"),
            transcribe=self._able(self.settings.ai_transcribe_order, "transcribe"),
        )

    def member(self, name: str) -> Member:
        """One provider.

        Raises:
            ConfigError: there is none of this name.
        """
        known = find_providers()
        if name not in known:
            raise ConfigError(text("commands.provider_unknown", name=name, names=", ".join(known)))
        return Member(known[name], self.settings.providers[name])

    def _members(self, names: Iterable[str]) -> tuple[Member, ...]:
        return tuple(self.member(name) for name in names)

    def _able(self, names: Iterable[str], purpose: str) -> tuple[Member, ...]:
        return tuple(
            member
            for member in self._members(names)
            if member.is_configured and member.model_for(purpose)
        )


async def find_roster(settings: Settings) -> Roster:
    """As `look_around`, where there is no engine."""
    async with make_client() as client:
        return await look_around(client, settings)


async def look_around(client: httpx.AsyncClient, settings: Settings) -> Roster:
    """The roster, with what runs on this machine and has a model."""
    names = may_be_running(settings)
    known = find_providers()
    runs = await asyncio.gather(*(_is_running(client, known[name], settings) for name in names))
    found = frozenset(name for name, is_running in zip(names, runs, strict=True) if is_running)
    return Roster(settings, found)


async def _is_running(
    client: httpx.AsyncClient, provider: base.Provider, settings: Settings
) -> bool:
    try:
        own = settings.providers[provider.name]
        return bool(await base.list_models(provider, client, own, LOOK_LIMIT_S))
    except ProviderError:
        return False


def warn(settings: Settings) -> None:
    """Say once what looks like a slip in the settings."""
    for sentence in settings.warnings:
        log_event(log, logging.WARNING, "setting_warning", sentence)
    if settings.twilio_auth_tokens and not settings.twilio_account_sid:
        log_event(log, logging.WARNING, "twilio_cannot_send", text("commands.no_account_sid"))
