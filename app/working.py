"""A house enters; its worker runs: engine, channels, turns, delivery and schedule joined."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from app.catalog import make_refresh
from app.engine import follow, open_engine
from app.house import House, is_twilio_configured
from app.roster import warn
from bot import inbox
from bot.bridge import Bridge
from bot.channels.base import WHATSAPP, Channel
from bot.delivery import Deliverer, SendRate
from bot.providers.http import make_client
from bot.schedule import Schedule
from bot.turn import TurnRunner
from bot.worker import Worker
from bot.worker_thread import Works
from core.ids import new_id
from core.log import log_event
from core.settings import Settings

if TYPE_CHECKING:
    from bot.channels.twilio import TwilioChannel

log = logging.getLogger(__name__)

POSTGRES_POLL_S = 0.25
SEND_TIMEOUT_S = 10.0


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
    bridge: Bridge,
    concurrency: int,
    on_start: Callable[[Works], None],
) -> None:
    """Work until the worker handed to `on_start` is stopped; programs ask over the bridge."""
    settings, database, clock = house.settings, house.database, house.clock
    warn(settings)
    if database.is_sqlite:
        freed = await database.write_async(inbox.free_all_leases)
        if freed:
            log_event(log, logging.INFO, "leases_freed", conversations=freed)
    await database.read_async(house.search.load)
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
        schedule = Schedule(
            database,
            clock,
            engine.pinger,
            lambda: engine.roster.listed,
            owner=name,
            ping_interval_s=settings.ai_ping_interval_s,
            refresh_catalog=make_refresh(house, engine.client, lambda: engine.roster.settings).run,
        )
        refresh = asyncio.create_task(follow(house, engine))
        schedule.start()
        on_start(worker)
        try:
            with bridge.lead_to(engine.asker.ask):
                await worker.run()
        finally:
            refresh.cancel()
            await schedule.stop()
            await asyncio.gather(refresh, return_exceptions=True)


class _NoWorker:
    """Stands where the worker is another process: it finds its work by itself."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()

    def wake(self, _conversation_id: int, _due_at: datetime, _seq: int) -> None:
        """Nobody here needs to know."""

    def stop(self) -> None:
        """End; from any thread."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self.stopping.set)


async def run_engine(house: House, *, bridge: Bridge, on_start: Callable[[Works], None]) -> None:
    """Answer programs, and nobody else, until stopped."""
    await house.database.read_async(house.search.load)
    async with open_engine(house) as engine:
        refresh = asyncio.create_task(follow(house, engine))
        idle = _NoWorker()
        on_start(idle)
        try:
            with bridge.lead_to(engine.asker.ask):
                await idle.stopping.wait()
        finally:
            refresh.cancel()
            await asyncio.gather(refresh, return_exceptions=True)
