"""Providers enter, the last word on each leaves: reached, key accepted, model there?

A ping that succeeds closes what a list of models can disprove; it spends no tokens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.health.breaker import Call
from bot.health.health import ALARMING, CLOSED_BY_PING, Health
from bot.health.member import Member
from bot.providers import base
from bot.providers.advice import advise
from bot.tables import ProviderState
from core.clock import Clock
from core.database import insert_into
from core.errors import ProviderError, provider_error
from core.log import log_event

log = logging.getLogger(__name__)

PING_LIMIT_S = 8.0


@dataclass(frozen=True, slots=True)
class Ping:
    """The last word on one provider; the contract's row of `providers --json`.

    `state` is "ok", one of the ten error classes, or "unconfigured" when it has no key.
    """

    name: str
    configured: bool
    ok: bool
    state: str
    latency_ms: int | None
    model: str | None
    error: str | None
    advice: str | None
    checked_at: datetime


class Pinger:
    """Asks providers how they are and tells `health`.

    Args:
        save: called with every ping that should outlive the process.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        health: Health,
        clock: Clock,
        save: Callable[[Ping], None] = lambda _ping: None,
    ) -> None:
        self._client = client
        self._health = health
        self._clock = clock
        self._save = save
        self._states: dict[str, str] = {}

    async def ping(self, member: Member) -> Ping:
        """Ask for the list of models: is it reached, is the key accepted, is the model there?"""
        return await self._ping(await self._begin(member))

    async def ping_all(self, members: Sequence[Member]) -> list[Ping]:
        """Ping every provider at once; the rows come in the order given."""
        return list(await asyncio.gather(*(self.ping(member) for member in members)))

    async def probe_due(self, members: Sequence[Member]) -> None:
        """Ping those whose breaker a ping could close, whose time is up, and nobody else probes."""
        calls = await asyncio.gather(*(self._begin(member) for member in self.due(members)))
        await asyncio.gather(*(self._ping(call) for call in calls if call.is_probe))

    def due(self, members: Sequence[Member]) -> list[Member]:
        """Members whose breaker a ping could close, and whose time is up."""
        health = self._health
        return [
            member
            for member in members
            if member.is_configured
            and (breaker := health.breaker(member.name, health.current_model(member))).is_open
            and breaker.error_class in CLOSED_BY_PING
            and health.may_ask(member.name, health.current_model(member))
        ]

    async def _begin(self, member: Member) -> Call:
        """A call of this provider: its breaker's probe, unless somebody else probes it."""
        call = self._health.begin(member, self._health.current_model(member))
        if call.is_probe and not await self._health.may_probe(call):
            return replace(call, is_probe=False)
        return call

    async def _ping(self, call: Call) -> Ping:
        health, member, started = self._health, call.member, self._clock.monotonic_s()
        try:
            model = await self._check(member)
        except ProviderError as error:
            ping = self._row(member, started, error=error, model=health.current_model(member))
            if member.is_configured:
                self._note_failure(call, error)
        else:
            ping = self._row(member, started, error=None, model=model)
            if call.breaker.error_class in CLOSED_BY_PING:
                health.succeed(call)
        finally:
            health.abandon(call)
        self._note(ping)
        return ping

    def _note_failure(self, call: Call, error: ProviderError) -> None:
        """What a failed ping means for those who want an answer: less than a failed answer."""
        opened_by = call.breaker.error_class
        if error.error_class == "model_not_found" and opened_by != "model_not_found":
            # The list was reached. And a model may answer under a name no list shows.
            if opened_by in CLOSED_BY_PING:
                self._health.succeed(call)
        elif error.error_class != "timeout" or call.is_probe:  # a slow list is no slow model
            self._health.fail(call, error)

    async def _check(self, member: Member) -> str | None:
        if not member.is_configured:
            raise provider_error(
                f"{member.provider.variable}_API_KEY", provider=member.name, error_class="config"
            )
        limit_s = min(PING_LIMIT_S, member.timeout_s)
        if member.uses_loaded_model:
            return await self._health.find_loaded(self._client, member, limit_s)
        await base.check_key(member.provider, self._client, member.settings, limit_s)
        listed = await base.list_models(member.provider, self._client, member.settings, limit_s)
        wanted = self._health.current_model(member)
        if listed and wanted not in [model.name for model in listed]:
            raise provider_error(
                f"model {wanted} is not listed",
                provider=member.name,
                model=wanted,
                error_class="model_not_found",
            )
        return wanted

    def _row(
        self, member: Member, started: float, *, error: ProviderError | None, model: str | None
    ) -> Ping:
        latency_ms = round((self._clock.monotonic_s() - started) * 1000)
        state = "ok" if error is None else error.error_class
        if not member.is_configured:
            state = "unconfigured"
        return Ping(
            name=member.name,
            configured=member.is_configured,
            ok=error is None,
            state=state,
            latency_ms=latency_ms if member.is_configured else None,
            model=model,
            error=None if error is None else str(error),
            advice=None if error is None else advise(state, member.provider, member.settings),
            checked_at=self._clock.now(),
        )

    def _note(self, ping: Ping) -> None:
        before = self._states.get(ping.name)
        self._states[ping.name] = ping.state
        self._save(ping)
        # Of what alarms, the alarm has just told.
        if ping.configured and before != ping.state and ping.state not in ALARMING:
            word = "FUNCIONANDO" if ping.ok else f"NO DISPONIBLE ({ping.state})"
            log_event(
                log,
                logging.INFO if ping.ok else logging.WARNING,
                "provider_state_changed",
                f"[AI Ping] {'✅' if ping.ok else '❌'} {ping.name}: {word}",
                provider=ping.name,
                state=ping.state,
            )


def store_ping(connection: Connection, ping: Ping) -> None:
    """Keep the last ping of a provider for other processes."""
    values = {
        "state": ping.state,
        "model": ping.model or "",
        "latency_ms": ping.latency_ms,
        "error": ping.error,
        "checked_at": ping.checked_at,
    }
    connection.execute(
        insert_into(connection, ProviderState)
        .values(provider=ping.name, **values)
        .on_conflict_do_update(index_elements=["provider"], set_=values)
    )


def stored_states(connection: Connection) -> dict[str, tuple[str, datetime]]:
    """Provider → (state, checked_at) as some process last saw it."""
    rows = connection.execute(
        select(ProviderState.provider, ProviderState.state, ProviderState.checked_at)
    )
    return {row.provider: (row.state, row.checked_at) for row in rows}
