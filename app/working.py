"""A house enters; its worker runs: engine, channels, turns, delivery and schedule joined."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from app.alarms import make_teller
from app.catalog import make_refresh
from app.engine import Engine, follow, open_engine
from app.house import House, is_twilio_configured
from app.roster import warn
from app.wakeups import hearing
from bot import clock_jumps, inbox
from bot.bridge import Bridge
from bot.channels.base import WHATSAPP, Channel
from bot.delivery import Deliverer, SendRate
from bot.patience import MOST_PER_S
from bot.peers import Peers
from bot.providers.http import make_client
from bot.schedule import Schedule
from bot.turn import TurnRunner
from bot.wakeups import Wake
from bot.warm_up import warm_up
from bot.worker import Worker
from bot.worker_thread import Works
from core.clock import Clock
from core.ids import new_id
from core.log import log_event
from core.settings import Settings

if TYPE_CHECKING:
    from bot.channels.twilio import TwilioChannel

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Pause before a duty of the house that broke begins anew."""
LOOK_S = 1.0
"""How often a worker that is alone looks for work nobody told of."""
LOOK_BEHIND_S = 2.0
GRACE_S = 1.0
"""Beside others it takes only what is overdue: a job may be on its way to one of them."""
SEND_TIMEOUT_S = 10.0


def make_channels(
    settings: Settings, client: httpx.AsyncClient, clock: Clock
) -> dict[str, Channel]:
    """The channels that are configured; a worker leaves conversations of others alone."""
    if not is_twilio_configured(settings):
        return {}
    return {WHATSAPP: _twilio_channel(settings, client, clock)}


def _twilio_channel(settings: Settings, client: httpx.AsyncClient, clock: Clock) -> TwilioChannel:
    from bot.channels.twilio import TwilioAccount, TwilioChannel  # slow to import

    account = TwilioAccount(
        account_sid=settings.twilio_account_sid or "",
        auth_tokens=settings.twilio_auth_tokens,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        public_base_url=settings.public_base_url,
        api_base_url=settings.twilio_api_base_url,
    )
    return TwilioChannel(account, client, SEND_TIMEOUT_S, clock)


async def check_twilio(house: House) -> float | None:
    """Ask Twilio whether it is reached and knows us.

    Returns:
        How many seconds our clock is behind Twilio's; None when it did not say.
    Raises:
        DeliveryError: it is not, or does not.
    """
    async with make_client() as client:
        said = await _twilio_channel(house.settings, client, house.clock).check()
    return None if said is None else (said - house.clock.now()).total_seconds()


async def run_worker(
    house: House,
    *,
    bridge: Bridge,
    concurrency: int,
    on_start: Callable[[Works], None],
    tell: Wake | None,
) -> None:
    """Work until the worker handed to `on_start` is stopped; programs ask over the bridge.

    Args:
        tell: tells the workers of all processes; None when there is only this one.
    """
    warn(house.settings)
    await _free_leases(house)
    now = house.clock.now()
    await house.database.write_async(lambda c: clock_jumps.mend(c, now, has_jumped=False))
    await _prepare(house)
    name = f"{socket.gethostname()[:24]}-{os.getpid()}-{new_id()[:8]}"
    async with open_engine(house, is_probing=house.settings.ai_ping_interval_s > 0) as engine:
        worker = _worker(house, engine, name, concurrency, tell)
        schedule = _schedule(house, engine, name)
        async with _beside(_keep_house(house, engine)), hearing(house, worker, tell):
            schedule.start()
            on_start(worker)
            try:
                with bridge.lead_to(engine.asker.ask):
                    await worker.run()
            finally:
                await schedule.stop()


async def _prepare(house: House) -> None:
    await asyncio.gather(
        house.database.read_async(house.search.load, is_long=True),
        asyncio.to_thread(warm_up, house.clock.now()),
    )


async def _free_leases(house: House) -> None:
    """On SQLite this process is alone: whoever held a lease is dead."""
    if not house.database.is_sqlite:
        return
    freed = await house.database.write_async(inbox.free_all_leases)
    if freed:
        log_event(log, logging.INFO, "leases_freed", conversations=freed)


def _worker(house: House, engine: Engine, name: str, concurrency: int, tell: Wake | None) -> Worker:
    settings, database, clock = house.settings, house.database, house.clock
    channels = make_channels(settings, engine.client, house.clock)
    peers = Peers(name)
    rate = SendRate(clock, settings.twilio_max_sends_per_s, lambda: peers.living)
    turns = TurnRunner(
        database,
        clock,
        engine.answerer,
        channels,
        deadline_s=settings.turn_deadline_s,
        coalesce_max_s=settings.coalesce_max_s,
        takes_slot=rate.take,
        witness=house.witness,
    )
    worker = Worker(
        name,
        database,
        clock,
        turns,
        Deliverer(database, clock, channels, rate, house.witness),
        channels=channels,
        concurrency=concurrency,
        poll_s=LOOK_S if tell is None else LOOK_BEHIND_S,
        grace_s=0.0 if tell is None else GRACE_S,
        peers=peers,
        tell=tell,
        sentences_per_s=settings.twilio_max_sends_per_s / 4 or MOST_PER_S,
        witness=house.witness,
    )
    house.metrics.spine.turns_in_flight.set_function(lambda: worker.busy)
    return worker


def _schedule(house: House, engine: Engine, name: str) -> Schedule:
    return Schedule(
        house.database,
        house.clock,
        engine.pinger,
        lambda: engine.roster.listed,
        owner=name,
        ping_interval_s=house.settings.ai_ping_interval_s,
        refresh_catalog=make_refresh(house, engine.client, lambda: engine.roster.settings).run,
    )


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something endless meanwhile."""
    running = asyncio.create_task(work)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _keep_house(house: House, engine: Engine) -> None:
    """What every process with an engine does besides its work, until cancelled."""
    teller = make_teller(
        house, engine, lambda: _twilio_channel(house.settings, engine.client, house.clock)
    )
    await asyncio.gather(
        _always(lambda: follow(house, engine)), _always(teller.run), _always(house.loop.run)
    )


async def _always(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin anew what should never end, whatever ended it."""
    while True:
        try:
            await run()
        except Exception:  # the process goes on with its other duties
            log.exception("house_task_broken")
        await asyncio.sleep(AGAIN_S)


class _NoWorker:
    """Stands where the worker is another process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()

    def wake(self, *_told: object) -> None:
        """Nobody here needs to know."""

    def stop(self) -> None:
        """End; from any thread."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self.stopping.set)


async def run_engine(house: House, *, bridge: Bridge, on_start: Callable[[Works], None]) -> None:
    """Answer programs, and nobody else, until stopped."""
    await _prepare(house)
    async with open_engine(house) as engine, _beside(_keep_house(house, engine)):
        idle = _NoWorker()
        on_start(idle)
        with bridge.lead_to(engine.asker.ask):
            await idle.stopping.wait()
