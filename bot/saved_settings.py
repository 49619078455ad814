"""Settings saved while the shop runs; they win over the environment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from bot.tables import AuditEntry, SavedSetting
from core.database import insert_into


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
