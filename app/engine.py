"""A house enters, what answers leaves: providers, responder, composer, answerer joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.engine import Connection

from app.house import House, read_settings
from app.roster import Roster, look_around
from bot.alarms import Cause
from bot.answerer import Answerer
from bot.asking import Asker
from bot.composer import Composer, PromptLimits
from bot.context import ContextReader, ShopDefaults
from bot.figures import paid_usd
from bot.health import Health
from bot.health.pings import Pinger, store_ping
from bot.health.store import HealthStore
from bot.ledger import Ledger
from bot.money import SHARE, Budget, is_paid
from bot.planning import Rules
from bot.providers.http import make_client
from bot.responder import Responder
from bot.saved_settings import follow_settings
from core.ids import new_id
from core.log import log_event
from core.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0


@dataclass(slots=True)
class Engine:
    """What answers: lives in one event loop. The `roster` follows the settings."""

    roster: Roster
    client: httpx.AsyncClient
    health: Health
    pinger: Pinger
    responder: Responder
    answerer: Answerer
    asker: Asker
    store: HealthStore
    budget: Budget | None

    def use(self, roster: Roster) -> None:
        """From now on ask these, as these settings say."""
        self.roster = roster
        self.store.know(roster.everyone)
        order = ",".join(member.name for member in roster.usable)
        log_event(log, logging.INFO, "settings_refreshed", order=order)
        self.responder.lineup = roster.lineup
        self.responder.rules = rules(roster.settings)


@asynccontextmanager
async def open_engine(house: House, *, is_probing: bool = False) -> AsyncIterator[Engine]:
    """Build what answers; closes its connections at the end.

    Args:
        is_probing: a schedule of this process pings the providers.
    """
    ledger = Ledger(house.database, house.metrics.observe)
    health = Health(house.clock, is_probing=is_probing)
    everyone = Roster(house.settings).everyone
    store = HealthStore(house.database, house.clock, health, owner=new_id(), members=everyone)
    store.load()
    house.metrics.watch(health)
    async with make_client() as client:
        roster = await look_around(client, house.settings)
        budget = make_budget(house)
        engine: Engine | None = None
        running = [asyncio.create_task(store.run())]
        if budget is not None:
            await asyncio.to_thread(budget.load)
            running.append(asyncio.create_task(budget.run(ledger.flush)))
        try:
            engine = _engine(house, roster, client, store, ledger, budget)
            yield engine
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if engine is not None:
                await engine.responder.close()
            store.close()
            await asyncio.to_thread(ledger.close)


def _engine(
    house: House,
    roster: Roster,
    client: httpx.AsyncClient,
    store: HealthStore,
    ledger: Ledger,
    budget: Budget | None,
) -> Engine:
    settings, database, clock = house.settings, house.database, house.clock
    health = store.health
    pinger = Pinger(
        client, health, clock, lambda ping: database.post(lambda c: store_ping(c, ping))
    )
    responder = Responder(
        client, roster.lineup, health, clock, ledger.record, rules(settings), budget=budget
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
    told: dict[int, datetime] = {}
    answerer = Answerer(
        database,
        context_reader(house),
        composer,
        language=settings.shop_language,
        person_wanted=lambda talk: house.alarms.raise_(Cause.PERSON_WANTED, conversation_id=talk),
        left_out=lambda c, talk: _left_out(house, engine, told, c, talk),
    )
    asker = Asker(
        database,
        clock,
        answerer,
        ledger.flush,
        lambda: engine.roster.listed,
        deadline_s=settings.turn_deadline_s,
    )
    engine = Engine(roster, client, health, pinger, responder, answerer, asker, store, budget)
    return engine


def _left_out(
    house: House,
    engine: Engine,
    told: dict[int, datetime],
    connection: Connection,
    conversation_id: int | None,
) -> frozenset[str]:
    """Those who are paid, once a conversation has had its share of the day's budget."""
    if engine.budget is None or conversation_id is None:
        return frozenset()
    today = day_start(house, house.clock.now())
    if paid_usd(connection, today, conversation_id) < engine.budget.limit_usd * SHARE:
        return frozenset()
    if told.get(conversation_id) != today:
        told[conversation_id] = today
        log_event(log, logging.INFO, "share_reached", conversation_id=conversation_id)
    asked = ((each, engine.health.current_model(each)) for each in engine.roster.usable)
    return frozenset(member.name for member, model in asked if is_paid(member.provider, model))


async def follow(house: House, engine: Engine) -> None:
    """Keep the engine at the saved settings and at what runs on this machine, until cancelled."""

    async def apply(saved: Mapping[str, str]) -> None:
        engine.use(await look_around(engine.client, read_settings(saved)))

    await asyncio.gather(follow_settings(house.database, house.saved, apply), _keep_looking(engine))


async def _keep_looking(engine: Engine) -> None:
    """Somebody may start or stop a provider of this machine while the shop is open."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        before = engine.roster
        roster = await look_around(engine.client, before.settings)
        if roster.running == before.running or engine.roster is not before:
            continue
        engine.use(roster)
        for name in before.running - roster.running:
            await engine.pinger.ping(roster.member(name))  # the last word on it: not reached


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
    local = shop_time(house, now)
    if of_month:
        local = local.replace(day=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def shop_time(house: House, instant: datetime) -> datetime:
    """An instant as the shop's clock shows it."""
    return instant.astimezone(ZoneInfo(house.settings.shop_timezone))


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
