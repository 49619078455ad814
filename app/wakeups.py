"""A house enters; how its processes tell each other of work leaves: by Procrastinate's jobs.

On SQLite there is one process, whose worker is told directly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.house import House, is_twilio_configured
from bot.wakeups import Hears, Wake
from core.database import POSTGRES_ALIVE


@contextmanager
def telling(house: House) -> Iterator[Wake | None]:
    """What tells the workers of all processes; None on SQLite."""
    if house.database.is_sqlite:
        yield None
        return
    from bot.wakeups.teller import Teller  # not there without requirements-postgres.txt

    teller = Teller(_conninfo(house))
    try:
        yield teller.wake
    finally:
        teller.close()


@asynccontextmanager
async def hearing(house: House, worker: Hears, tell: Wake | None) -> AsyncIterator[None]:
    """Bring this process's worker what others tell, until it is asked to stop.

    A worker without a channel leaves the jobs to those who can answer.
    """
    if tell is None or not is_twilio_configured(house.settings):
        yield
        return
    from bot.wakeups.hearer import Hearer

    hearer = Hearer(_conninfo(house), worker, tell)

    async def close_in_time() -> None:
        await worker.stop_asked()
        await asyncio.to_thread(hearer.close)

    closing = asyncio.create_task(close_in_time())
    try:
        yield
    finally:
        closing.cancel()
        await asyncio.to_thread(hearer.close)


def _conninfo(house: House) -> str:
    alive = {name: str(value) for name, value in POSTGRES_ALIVE.items()}
    url = house.database.url.set(drivername="postgresql").update_query_dict(alive)
    return url.render_as_string(hide_password=False)
