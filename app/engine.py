"""A house enters, what answers leaves: providers, responder, composer, answerer joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx

from app.house import House
from bot.answerer import Answerer
from bot.composer import Composer, PromptLimits
from bot.context import ContextReader, ShopDefaults
from bot.figures import paid_usd
from bot.health import Health, HealthStore, Member, Pinger, store_ping
from bot.ledger import Ledger
from bot.money import Budget
from bot.planning import Lineup, Rules
from bot.providers.base import find_providers
from bot.providers.http import make_client
from bot.responder import Responder
from core.errors import ConfigError
from core.ids import new_id
from core.log import log_event
from core.provider_order import listed_order, usable_order
from core.settings import Settings
from core.texts import text

log = logging.getLogger(__name__)


def members_listed(settings: Settings) -> tuple[Member, ...]:
    """The providers of the order that this code knows, those without a key too."""
    return _members(settings, listed_order(settings))


def members_usable(settings: Settings) -> tuple[Member, ...]:
    """The providers to ask, in order."""
    return _members(settings, usable_order(settings))


def warn(settings: Settings) -> None:
    """Say once what looks like a slip in the settings."""
    known = find_providers()
    for sentence in settings.warnings:
        log_event(log, logging.WARNING, "setting_warning", sentence)
    if settings.twilio_auth_tokens and not settings.twilio_account_sid:
        log_event(log, logging.WARNING, "twilio_cannot_send", text("commands.no_account_sid"))
    for name in usable_order(settings):
        if name not in known:
            log_event(
                log,
                logging.WARNING,
                "provider_not_built",
                text("commands.provider_not_built", name=name),
                provider=name,
            )


def member(settings: Settings, name: str) -> Member:
    """One provider as it is configured.

    Raises:
        ConfigError: this code does not know it.
    """
    known = find_providers()
    if name not in known:
        raise ConfigError(text("commands.provider_unknown", name=name, names=", ".join(known)))
    return Member(known[name], settings.providers[name])


def _members(settings: Settings, names: tuple[str, ...]) -> tuple[Member, ...]:
    known = find_providers()
    return tuple(Member(known[name], settings.providers[name]) for name in names if name in known)


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers: lives in one event loop."""

    client: httpx.AsyncClient
    health: Health
    pinger: Pinger
    ledger: Ledger
    responder: Responder
    answerer: Answerer


@asynccontextmanager
async def open_engine(house: House, *, is_probing: bool = False) -> AsyncIterator[Engine]:
    """Build what answers; closes its connections at the end.

    Args:
        is_probing: a schedule of this process pings the providers.
    """
    settings, database, clock = house.settings, house.database, house.clock

    ledger = Ledger(database, house.metrics.observe)
    budget = make_budget(house)
    health = Health(clock, is_probing=is_probing)
    store = HealthStore(database, clock, health, owner=new_id(), members=members_listed(settings))
    store.load()
    house.metrics.watch(health)
    async with make_client() as client:
        pinger = Pinger(
            client, health, clock, lambda ping: database.post(lambda c: store_ping(c, ping))
        )
        responder = Responder(
            client,
            lineup(settings),
            health,
            clock,
            ledger.record,
            rules(settings),
            budget=budget,
        )
        composer = Composer(
            responder,
            clock,
            ledger.record,
            limits=prompt_limits(settings),
            offline_answers=settings.ai_offline_answers,
            cache_ttl_s=settings.ai_cache_ttl_s,
            composed=house.metrics.composed,
        )
        answerer = Answerer(
            database, context_reader(house), composer, language=settings.shop_language
        )
        running = [asyncio.create_task(store.run())]
        if budget is not None:
            await asyncio.to_thread(budget.load)
            running.append(asyncio.create_task(budget.run(ledger.flush)))
        try:
            yield Engine(client, health, pinger, ledger, responder, answerer)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            store.close()
            await asyncio.to_thread(ledger.close)


def make_budget(house: House) -> Budget | None:
    """What the shop's day may cost; None without a limit."""
    limit_usd = house.settings.ai_daily_budget_usd
    if limit_usd is None:
        return None
    return Budget(
        limit_usd,
        house.clock,
        spent=lambda since: house.database.read(lambda c: paid_usd(c, since)),
        day_start=lambda now: day_start(house, now),
    )


def day_start(house: House, now: datetime, *, of_month: bool = False) -> datetime:
    """When the shop's day (or the month's first) began in which an instant lies."""
    local = now.astimezone(ZoneInfo(house.settings.shop_timezone))
    if of_month:
        local = local.replace(day=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def rules(settings: Settings) -> Rules:
    """How providers are asked."""
    return Rules(
        attempts=settings.ai_attempts_per_provider,
        style=settings.ai_retry_style,
        auto_model=settings.ai_auto_model,
        hedge_after=settings.ai_hedge_after,
        routing=settings.ai_routing if settings.ai_provider == "multi" else "order",
        weights=settings.ai_weights,
    )


def lineup(settings: Settings) -> Lineup:
    """Who is asked for what."""
    return Lineup(
        chat=members_usable(settings),
        vision=_able(settings, settings.ai_vision_order, "vision"),
        transcribe=_able(settings, settings.ai_transcribe_order, "transcribe"),
    )


def _able(settings: Settings, names: tuple[str, ...], purpose: str) -> tuple[Member, ...]:
    return tuple(
        member
        for member in _members(settings, names)
        if member.is_configured and member.model_for(purpose)
    )


def prompt_limits(settings: Settings) -> PromptLimits:
    """The limits every prompt is built within."""
    return PromptLimits(
        history_messages=settings.history_messages,
        prompt_max_tokens=settings.prompt_max_tokens,
        temperature=settings.ai_temperature,
        max_tokens=settings.ai_max_tokens,
    )


def context_reader(house: House) -> ContextReader:
    """What reads a turn's context from the database."""
    settings = house.settings
    own_timezone = settings.sources.get("SHOP_TIMEZONE") != "default"
    return ContextReader(
        house.search,
        ShopDefaults(
            name=settings.shop_name,
            language=settings.shop_language,
            currency=settings.shop_currency,
            timezone=settings.shop_timezone if own_timezone else None,
        ),
        history_messages=settings.history_messages,
        now=house.clock.now,
    )
