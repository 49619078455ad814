"""The composition root: settings enter, a running shop leaves; builds all concrete things."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from flask import Flask
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

import migrations
import shop.tables  # noqa: F401 - every room's tables join the metadata
import webhooks.blueprint
from bot import inbox, readiness
from bot.answerer import Answerer
from bot.channels.base import WHATSAPP, Channel
from bot.composer import Composer, PromptLimits
from bot.context import ContextReader, ShopDefaults
from bot.delivery import Deliverer, SendRate
from bot.health import Health, Member, store_ping
from bot.intake import Intake
from bot.ledger import store_attempt
from bot.messages import AttemptRow
from bot.providers.base import find_providers
from bot.providers.http import make_client
from bot.responder import Responder, Rules
from bot.saved_settings import follow_settings, saved_settings
from bot.schedule import Schedule
from bot.turn import TurnRunner
from bot.worker import Wake, Worker
from bot.worker_thread import WorkerThread
from catalog.products import count_products
from catalog.sample import is_sample_catalog, load_sample_products, remove_sample_products
from catalog.search import CatalogSearch
from core.clock import Clock, SystemClock
from core.database import Base, Database, brief, parse_url
from core.errors import ConfigError
from core.ids import new_id
from core.log import configure, log_event
from core.process_lock import lock_process
from core.provider_order import listed_order, usable_order
from core.redaction import register_secrets
from core.settings import Settings
from core.texts import text
from shop import facts as shop_facts
from shop.sample import load_sample_facts, remove_sample_facts
from web import api
from web.server import listen, make_server

if TYPE_CHECKING:
    from bot.channels.twilio import TwilioChannel

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent
POSTGRES_POLL_S = 0.25
SEND_TIMEOUT_S = 10.0
DEFAULT_CONCURRENCY = 500


@dataclass(frozen=True, slots=True)
class House:
    """What every command stands on. `settings` are as of its opening, saved ones included."""

    settings: Settings
    database: Database
    clock: Clock
    search: CatalogSearch
    saved: Mapping[str, str]

    def close(self) -> None:
        """Store what is queued and let go of the database."""
        self.database.close()


def read_settings(saved: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        ConfigError: with all faults.
    """
    return Settings.from_env(env_file=ROOT / ".env", saved=saved)


def open_house(*, quiet: bool = False) -> House:
    """Read the settings, open and upgrade the database, load the sample shop where it is due.

    Args:
        quiet: leave the log to errors, for commands whose output is read.
    Raises:
        ConfigError: the settings cannot be used, or the database is newer than the code.
    """
    settings = read_settings()
    configure(level="ERROR" if quiet else settings.log_level, log_format=settings.log_format)
    register_secrets(settings.secret_values)
    url = parse_url(settings.database_url, ROOT)
    _upgrade(url)
    database = Database(url)
    saved = database.read(saved_settings)
    settings = read_settings(saved)
    register_secrets(settings.secret_values)
    house = House(settings, database, SystemClock(), CatalogSearch(), saved)
    database.write(lambda c: _sample(c, settings, house.clock.now()))
    return house


def _sample(connection: Connection, settings: Settings, now: datetime) -> None:
    """The sample shop stands in while nothing is known, and never before real customers."""
    if is_twilio_configured(settings):
        if remove_sample_products(connection):
            log_event(log, logging.WARNING, "sample_removed", text("commands.sample_removed"))
        remove_sample_facts(connection)
    else:
        load_sample_products(connection, now)
        load_sample_facts(connection, now)


def _upgrade(url: URL) -> None:
    try:
        migrations.upgrade(url, Base.metadata)
    except ModuleNotFoundError as error:
        raise ConfigError(text("commands.database_driver", python=sys.executable)) from error
    except (SQLAlchemyError, OSError) as error:
        raise ConfigError(text("commands.database_unreachable", reason=brief(error))) from error


def is_twilio_configured(settings: Settings) -> bool:
    """Real customers may write: the sample shop is never loaded then."""
    return bool(settings.twilio_account_sid and settings.twilio_auth_tokens)


def has_sample_catalog(house: House) -> bool:
    """Whether the products are the sample shop's."""
    return house.database.read(is_sample_catalog)


def has_products(house: House) -> bool:
    """Whether there is anything to sell."""
    return house.database.read(count_products) > 0


def shop_currency(house: House) -> str:
    """The currency of amounts that name none: the owner's, else the facts file's."""
    facts = house.database.read(shop_facts.load)
    return house.settings.shop_currency or str(facts.values.get("currency") or "USD")


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
    responder: Responder
    answerer: Answerer


@asynccontextmanager
async def open_engine(house: House, *, is_probing: bool = False) -> AsyncIterator[Engine]:
    """Build what answers; closes its connections at the end.

    Args:
        is_probing: a schedule of this process pings the providers.
    """
    settings, database, clock = house.settings, house.database, house.clock

    def record(row: AttemptRow) -> None:
        database.post(lambda c: store_attempt(c, row))

    health = Health(
        clock,
        save=lambda ping: database.post(lambda c: store_ping(c, ping)),
        is_probing=is_probing,
    )
    async with make_client() as client:
        responder = Responder(
            client,
            members_usable(settings),
            health,
            clock,
            record,
            rules(settings),
        )
        composer = Composer(
            responder,
            clock,
            record,
            limits=prompt_limits(settings),
            offline_answers=settings.ai_offline_answers,
        )
        answerer = Answerer(
            database, context_reader(house), composer, language=settings.shop_language
        )
        yield Engine(client, health, responder, answerer)


def rules(settings: Settings) -> Rules:
    """How providers are asked."""
    return Rules(
        attempts=settings.ai_attempts_per_provider,
        style=settings.ai_retry_style,
        auto_model=settings.ai_auto_model,
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


def make_channels(settings: Settings, client: httpx.AsyncClient) -> dict[str, Channel]:
    """The channels that are configured; a worker leaves conversations of others alone."""
    if not is_twilio_configured(settings):
        return {}
    return {WHATSAPP: _twilio_channel(settings, client)}


def _twilio_channel(settings: Settings, client: httpx.AsyncClient) -> TwilioChannel:
    from bot.channels.twilio import TwilioAccount, TwilioChannel  # slow to import

    account = TwilioAccount(
        account_sid=settings.twilio_account_sid or "",
        auth_tokens=settings.twilio_auth_tokens,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        public_base_url=settings.public_base_url,
        api_base_url=settings.twilio_api_base_url,
    )
    return TwilioChannel(account, client, SEND_TIMEOUT_S)


async def check_twilio(house: House) -> None:
    """Ask Twilio whether it is reached and knows us.

    Raises:
        DeliveryError: it is not, or does not.
    """
    async with make_client() as client:
        await _twilio_channel(house.settings, client).check()


async def run_worker(
    house: House,
    *,
    concurrency: int,
    on_start: Callable[[Worker], None],
) -> None:
    """Work until the worker handed to `on_start` is stopped."""
    settings, database, clock = house.settings, house.database, house.clock
    warn(settings)
    if database.is_sqlite:
        freed = await database.write_async(inbox.free_all_leases)
        if freed:
            log_event(log, logging.INFO, "leases_freed", conversations=freed)
    async with open_engine(house, is_probing=settings.ai_ping_interval_s > 0) as engine:
        channels = make_channels(settings, engine.client)
        name = f"{socket.gethostname()[:24]}-{os.getpid()}-{new_id()[:8]}"
        turns = TurnRunner(
            database,
            clock,
            engine.answerer,
            channels,
            deadline_s=settings.turn_deadline_s,
            coalesce_max_s=settings.coalesce_max_s,
        )
        deliverer = Deliverer(
            database, clock, channels, SendRate(clock, settings.twilio_max_sends_per_s)
        )
        worker = Worker(
            name,
            database,
            clock,
            turns,
            deliverer,
            channels=channels,
            concurrency=concurrency,
            poll_s=1.0 if database.is_sqlite else POSTGRES_POLL_S,
        )
        current = _Current(members_listed(settings))
        schedule = Schedule(
            database,
            clock,
            engine.client,
            engine.health,
            lambda: current.members,
            owner=name,
            ping_interval_s=settings.ai_ping_interval_s,
        )
        refresh = asyncio.create_task(_refresh_settings(house, engine, current))
        schedule.start()
        on_start(worker)
        try:
            await worker.run()
        finally:
            refresh.cancel()
            await schedule.stop()
            await asyncio.gather(refresh, return_exceptions=True)


@dataclass(slots=True)
class _Current:
    """The providers as configured right now; the refresh replaces them."""

    members: tuple[Member, ...]


async def _refresh_settings(house: House, engine: Engine, current: _Current) -> None:
    def apply(saved: Mapping[str, str]) -> None:
        settings = read_settings(saved)
        engine.responder.members = members_usable(settings)
        engine.responder.rules = rules(settings)
        current.members = members_listed(settings)
        log_event(log, logging.INFO, "settings_refreshed", order=",".join(usable_order(settings)))

    await follow_settings(house.database, house.saved, apply)


def make_web(house: House, wake: Wake) -> Flask:
    """Every route there is."""
    settings = house.settings
    intake = Intake(
        house.database,
        house.clock,
        wake,
        coalesce_wait_s=settings.coalesce_wait_s,
        coalesce_max_s=settings.coalesce_max_s,
    )
    web = Flask("mostrador", static_folder=None, template_folder=None)
    web.register_blueprint(
        webhooks.blueprint.make_blueprint(
            accept=intake.accept,
            record_status=intake.record_status,
            public_base_url=settings.public_base_url,
            auth_tokens=settings.twilio_auth_tokens,
            refusals=webhooks.blueprint.RefusalLog(house.clock),
        )
    )
    web.register_blueprint(
        api.make_blueprint(
            readiness=lambda: house.database.read(lambda c: readiness.check(c, house.clock.now())),
            api_token=settings.api_token,
            public_base_url=settings.public_base_url,
        )
    )
    return web


def _nobody_to_wake(_conversation_id: int, _due_at: datetime, _seq: int) -> None:
    """The worker is another process: it polls."""


def worker_thread(house: House, concurrency: int) -> WorkerThread:
    """The worker, to be started beside the web server."""
    return WorkerThread(
        lambda on_start: run_worker(house, concurrency=concurrency, on_start=on_start)
    )


def serve(
    house: House, *, host: str, port: int, with_worker: bool, announce: Callable[[], None]
) -> None:
    """Serve until the process is told to stop, then stop cleanly.

    Args:
        announce: called once the address is taken and the worker runs.
    Raises:
        ConfigError: the address is taken, or another process works on this database.
    """
    lock = lock_process(house.database.url) if with_worker else None
    listener = listen(host, port)
    worker = worker_thread(house, DEFAULT_CONCURRENCY) if with_worker else None
    web = make_web(house, worker.wake if worker else _nobody_to_wake)
    server = make_server(web, listener)
    stop_on_signals()
    try:
        if worker is not None:
            worker.start()
        announce()
        server.run()
    finally:
        server.close()
        if worker is not None:
            worker.stop()
        if lock is not None:
            lock.release()


def stop_on_signals() -> None:
    """SIGTERM and Ctrl+Break end the process as Ctrl+C does, also where that was ignored."""

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def work(house: House, *, concurrency: int) -> None:
    """Work without a web server until the process is told to stop.

    Raises:
        ConfigError: another process works on this database.
    """
    lock = lock_process(house.database.url)
    worker = worker_thread(house, concurrency)
    stop_on_signals()
    try:
        worker.start()
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        log_event(log, logging.INFO, "stopping")
    finally:
        worker.stop()
        if lock is not None:
            lock.release()
