"""Settings saved while the shop runs; they win over the environment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from bot.tables import AuditEntry, SavedSetting
from core.database import Database, insert_into
from core.errors import BotError, DatabaseUnavailable
from core.log import log_event

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""Settings saved by another process count within two seconds."""


def saved_settings(connection: Connection) -> dict[str, str]:
    """Setting name → value."""
    rows = connection.execute(select(SavedSetting.key, SavedSetting.value))
    return {row.key: row.value for row in rows}


def save_setting(
    connection: Connection, key: str, value: str | None, *, by: str, now: datetime
) -> None:
    """Save one setting, or with None go back to what the environment says."""
    if value is None:
        connection.execute(delete(SavedSetting).where(SavedSetting.key == key))
    else:
        values = {"value": value, "updated_at": now, "updated_by": by}
        connection.execute(
            insert_into(connection, SavedSetting)
            .values(key=key, **values)
            .on_conflict_do_update(index_elements=["key"], set_=values)
        )
    connection.execute(
        insert(AuditEntry).values(
            at=now, actor=by, action="setting_saved", detail={"key": key, "value": value}
        )
    )


async def follow_settings(
    database: Database,
    seen: Mapping[str, str],
    apply: Callable[[Mapping[str, str]], Awaitable[None]],
    pause_s: float = LOOK_EVERY_S,
) -> None:
    """Hand on every change until cancelled; one that cannot be used is logged and left out.

    Args:
        seen: the saved settings the process began with.
        apply: takes all saved settings; may raise BotError.
    """
    while True:
        await asyncio.sleep(pause_s)
        try:
            saved = await database.read_async(saved_settings)
            if saved != seen:
                seen = saved
                await apply(saved)
        except DatabaseUnavailable:  # bot/alarms/teller.py says so, once
            continue
        except BotError as error:
            log_event(log, logging.ERROR, "settings_not_refreshed", error=str(error))
