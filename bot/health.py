"""What is known of each provider: results of calls and pings enter, who may be asked leaves.

A breaker per (provider, model) opens at once on a timeout, a connection failure, a bad key, an
empty account or a wrong address, and after three other failures in a row. While it is open nobody
asks; when its time is up exactly one caller does. A ping that succeeds closes what a list of models
can disprove; a hanging or exhausted model has to prove itself by an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.providers import base
from bot.providers.advice import advise
from bot.providers.models import pick_model
from bot.tables import ProviderState
from core.clock import Clock
from core.database import insert_into
from core.errors import ProviderError, provider_error
from core.log import log_event
from core.settings import ProviderSettings

log = logging.getLogger(__name__)

PING_LIMIT_S = 8.0
OPENS_AT_ONCE = frozenset(
    {"timeout", "network", "auth", "quota", "config", "model_not_found", "rate_limit"}
)
FAILURES_TO_OPEN = 3
CLOSED_BY_PING = frozenset({"network", "auth", "config", "model_not_found"})
FIRST_OPEN_S = {"network": 5.0, "timeout": 30.0, "rate_limit": 10.0}
DEFAULT_OPEN_S = 60.0
LONGEST_OPEN_S = {"network": 60.0}
DEFAULT_LONGEST_OPEN_S = 600.0
"""An open breaker waits twice as long after each failed probe, up to this."""


@dataclass(slots=True)
class Breaker:
    """One (provider, model); times are monotonic seconds."""

    failures: int = 0
    opened: int = 0
    """How often in a row it opened; each failed probe doubles the next wait."""
    open_until: float | None = None
    error_class: str = ""
    probing: bool = False

    @property
    def is_open(self) -> bool:
        return self.open_until is not None

    def close(self) -> None:
        """An answer came: forget everything."""
        self.failures = self.opened = 0
        self.open_until, self.error_class, self.probing = None, "", False


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way; whoever began it says how it ended."""

    breaker: Breaker
    is_probe: bool


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


@dataclass(frozen=True, slots=True)
class Member:
    """A provider as the owner configured it."""

    provider: base.Provider
    settings: ProviderSettings

    @property
    def name(self) -> str:
        return self.provider.name

    @property
    def is_configured(self) -> bool:
        return self.provider.is_configured(self.settings)

    @property
    def uses_loaded_model(self) -> bool:
        """The owner named no model and the provider has no default: ask which one is loaded."""
        return not self.settings.models and self.provider.default_model is None

    @property
    def timeout_s(self) -> float:
        return self.settings.timeout_s or self.provider.default_timeout_s


class Health:
    """Breakers and pings of one process.

    Args:
        save: called with every ping that should outlive the process.
        is_probing: pings run in this process, so a customer need not find out by waiting.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        save: Callable[[Ping], None] | None = None,
        is_probing: bool = False,
    ) -> None:
        self._clock = clock
        self._save = save
        self._is_probing = is_probing
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._models: dict[str, str] = {}
        self.pings: dict[str, Ping] = {}

    def current_model(self, member: Member) -> str | None:
        """The model to ask now: a healed or loaded one, else the first that is configured."""
        known = self._models.get(member.name)
        if known is not None:
            return known
        configured = member.settings.models or (
            (member.provider.default_model,) if member.provider.default_model else ()
        )
        return configured[0] if configured else None

    def use_model(self, provider: str, model: str | None) -> None:
        """From now on ask this model; None forgets what was found out."""
        if model is None:
            self._models.pop(provider, None)
        else:
            self._models[provider] = model

    def breaker(self, provider: str, model: str | None) -> Breaker:
        return self._breakers.setdefault((provider, model or ""), Breaker())

    def may_ask(self, provider: str, model: str | None) -> bool:
        """Closed, or open and due for its one probe."""
        breaker = self.breaker(provider, model)
        if breaker.open_until is None:
            return True
        if breaker.open_until > self._clock.monotonic_s():
            return False
        if breaker.error_class == "rate_limit":  # its end was known: no probe is needed
            breaker.open_until = None
            return True
        return not breaker.probing

    def soonest(self, keys: Sequence[tuple[str, str | None]]) -> tuple[str, str | None] | None:
        """With every breaker open: the one due soonest that a caller may probe, if any.

        What pings disprove is left to them: a closed local port takes seconds to say so on Windows.
        """
        due = [
            (breaker.open_until or 0.0, key)
            for key in keys
            if not (breaker := self.breaker(*key)).probing
            and not (self._is_probing and breaker.error_class in CLOSED_BY_PING)
            and breaker.error_class != "rate_limit"
        ]
        return min(due, key=lambda pair: pair[0])[1] if due else None

    def open_for_s(self, provider: str, model: str | None) -> float | None:
        """Seconds until its breaker is due again; None when it is closed."""
        until = self.breaker(provider, model).open_until
        return None if until is None else max(0.0, until - self._clock.monotonic_s())

    def begin(self, provider: str, model: str | None) -> Call:
        """A call starts; of an open breaker it is the one probe."""
        breaker = self.breaker(provider, model)
        breaker.probing = breaker.probing or breaker.is_open
        return Call(breaker, breaker.is_open)

    def succeed(self, call: Call) -> None:
        """A call was answered."""
        breaker = call.breaker
        if breaker.is_open and breaker.error_class == "rate_limit" and not call.is_probe:
            return  # it began before the window was full
        breaker.close()

    def abandon(self, call: Call) -> None:
        """A call ended and says nothing; a second word on the same call changes nothing."""
        if call.is_probe:
            call.breaker.probing = False

    def fail(self, call: Call, error: ProviderError) -> None:
        """A call failed."""
        self.abandon(call)
        breaker, kind, now = call.breaker, error.error_class, self._clock.monotonic_s()
        if kind == "bad_request":
            return
        if breaker.open_until is not None and not call.is_probe:
            # Many were under way when it opened: they saw the same fault, not a new one.
            if kind == "rate_limit" and error.retry_after_s:
                breaker.open_until = max(breaker.open_until, now + error.retry_after_s)
            return
        breaker.failures += 1
        wait_s = _open_s(breaker, error, is_probe=call.is_probe)
        if wait_s is not None:
            breaker.error_class = kind
            breaker.opened += 1
            breaker.open_until = now + wait_s

    async def ping(self, client: httpx.AsyncClient, member: Member) -> Ping:
        """Ask for the list of models: is it reached, is the key accepted, is the model there?"""
        started = self._clock.monotonic_s()
        call = self.begin(member.name, self.current_model(member))
        try:
            model = await self._check(client, member)
        except ProviderError as error:
            ping = self._row(member, started, error=error, model=self.current_model(member))
            # A model may answer under a name the list does not show: only an answer disproves it.
            is_news = error.error_class != "model_not_found" or call.is_probe
            if member.is_configured and is_news:
                self.fail(call, error)
        else:
            ping = self._row(member, started, error=None, model=model)
            if call.breaker.error_class in CLOSED_BY_PING:
                self.succeed(call)
        finally:
            self.abandon(call)
        self._note(ping)
        return ping

    async def _check(self, client: httpx.AsyncClient, member: Member) -> str | None:
        if not member.is_configured:
            raise provider_error(
                f"{member.provider.variable}_API_KEY", provider=member.name, error_class="config"
            )
        limit_s = min(PING_LIMIT_S, member.timeout_s)
        if member.uses_loaded_model:
            return await self.find_loaded(client, member, limit_s)
        listed = await base.list_models(member.provider, client, member.settings, limit_s)
        wanted = self.current_model(member)
        if listed and wanted not in [model.name for model in listed]:
            raise provider_error(
                f"model {wanted} is not listed",
                provider=member.name,
                model=wanted,
                error_class="model_not_found",
            )
        return wanted

    async def find_loaded(self, client: httpx.AsyncClient, member: Member, limit_s: float) -> str:
        """Ask a local provider which model is loaded, and remember it.

        Raises:
            ProviderError: not reached, or none is loaded.
        """
        listed = await base.list_models(member.provider, client, member.settings, limit_s)
        found = pick_model(listed, None)
        self.use_model(member.name, found)
        if found is None:
            raise provider_error(
                "no model loaded", provider=member.name, error_class="model_not_found"
            )
        return found

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
        before = self.pings.get(ping.name)
        self.pings[ping.name] = ping
        if self._save is not None:
            self._save(ping)
        if ping.configured and (before is None or before.state != ping.state):
            word = "FUNCIONANDO" if ping.ok else f"NO DISPONIBLE ({ping.state})"
            log_event(
                log,
                logging.INFO if ping.ok else logging.WARNING,
                "provider_state_changed",
                f"[AI Ping] {'✅' if ping.ok else '❌'} {ping.name}: {word}",
                provider=ping.name,
                state=ping.state,
            )

    async def ping_all(self, client: httpx.AsyncClient, members: Sequence[Member]) -> list[Ping]:
        """Ping every provider at once; the rows come in the order given."""
        return list(await asyncio.gather(*(self.ping(client, member) for member in members)))

    def due_probes(self, members: Sequence[Member]) -> list[Member]:
        """Members whose breaker a ping could close, and whose time is up."""
        return [
            member
            for member in members
            if member.is_configured
            and (breaker := self.breaker(member.name, self.current_model(member))).open_until
            is not None
            and breaker.error_class in CLOSED_BY_PING
            and self.may_ask(member.name, self.current_model(member))
        ]


def _open_s(breaker: Breaker, error: ProviderError, *, is_probe: bool) -> float | None:
    """Seconds a failure keeps the breaker open; None when it stays closed."""
    kind = error.error_class
    if kind == "rate_limit" and error.retry_after_s:
        return error.retry_after_s
    if not (kind in OPENS_AT_ONCE or is_probe or breaker.failures >= FAILURES_TO_OPEN):
        return None
    first = FIRST_OPEN_S.get(kind, DEFAULT_OPEN_S)
    longest = LONGEST_OPEN_S.get(kind, DEFAULT_LONGEST_OPEN_S)
    doubled: float = min(first * 2 ** min(breaker.opened, 10), longest)
    return max(doubled, error.retry_after_s or 0.0)


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
