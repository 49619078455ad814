"""A house enters; what the doctor finds about its database, disk, clock and work leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import app
from bot import checkup, readiness
from core.errors import DatabaseUnavailable
from core.settings import Settings
from core.texts import text

LEAST_FILES = 512
"""A shop of some size has hundreds of connections open."""
SPARE_CONNECTIONS = 20
"""What one more process of a shop takes."""
CLOCK_S = 120.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check; `mend` says what to do and is None when there is nothing to do."""

    check: str
    ok: bool
    detail: str
    mend: str | None = None


def finding(check: str, is_well: bool, key: str, **fields: object) -> Finding:
    """One check whose sentences stand in doctor.toml: `key`, and `key_mend` for what is wrong."""
    mend = None if is_well else text(f"doctor.{key}_mend", None, **fields)
    return Finding(check, is_well, text(f"doctor.{key}", None, **fields), mend)


def examine(house: app.House) -> Iterator[Finding]:
    """Everything of this machine and its database."""
    yield from _database(house)
    free_mb = app.free_mb(house)
    if free_mb is not None:
        yield finding("disk", free_mb >= readiness.DISK_LOW_MB, "disk", free_mb=free_mb)
        folder = Path(house.database.url.database or "").parent
        yield finding("data folder", os.access(folder, os.W_OK), "folder", folder=folder)
    yield _files()
    yield _clock(house)
    yield from _work(house)


def _database(house: app.House) -> Iterator[Finding]:
    database = house.database
    name = "SQLite" if database.is_sqlite else "PostgreSQL"
    version, size_mb = database.read(lambda c: (checkup.version(c), checkup.size_mb(c)))
    yield Finding("database", True, text("doctor.database", name=name, version=version, mb=size_mb))
    try:
        database.write(lambda c: checkup.prove(c, house.clock.now(), "doctor"))
        yield Finding("database writable", True, text("doctor.writable"))
    except DatabaseUnavailable as error:
        mend = text("doctor.unwritable_mend")
        yield Finding("database writable", False, app.plain_reason(error), mend)
    if database.is_sqlite:
        damage = database.read(checkup.damage)
        key = "damaged" if damage else "intact"
        yield finding("database intact", not damage, key, damage=damage)
        return
    used, allowed = database.read(checkup.connections)
    has_room = allowed - used >= SPARE_CONNECTIONS
    yield finding("connections", has_room, "connections", used=used, allowed=allowed)
    has_wake_ups = database.read(checkup.has_wake_ups)
    key = "wake_ups" if has_wake_ups else "no_wake_ups"
    yield finding("wake-ups", has_wake_ups, key)


def _files() -> Finding:
    """How many files and connections this user's processes may have open."""
    if sys.platform == "win32":
        return Finding("open files", True, "Windows")
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_well = limit >= LEAST_FILES or limit == resource.RLIM_INFINITY
    return finding("open files", is_well, "files", limit=limit)


def _clock(house: app.House) -> Finding:
    now = house.clock.now()
    newest = house.database.read(checkup.newest_at)
    is_well = newest is None or newest - now < timedelta(seconds=CLOCK_S)
    key = "clock" if is_well else "clock_back"
    return finding("clock", is_well, key, now=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def clock_beside(skew_s: float) -> Finding:
    """This machine's clock beside one that goes right; positive: ours is late."""
    is_well = abs(skew_s) < CLOCK_S
    return finding("clock at Twilio", is_well, "skew", seconds=round(skew_s))


def _work(house: app.House) -> Iterator[Finding]:
    now = house.clock.now()
    found = house.database.read(lambda c: readiness.check(c, now))
    yield Finding(
        "worker",
        True,
        text("commands.doctor.worker_ok" if found.is_ready else "commands.doctor.worker_none"),
        None if found.is_ready else text("commands.doctor.worker_mend"),
    )
    seen = house.database.read(lambda c: checkup.troubles(c, now))
    is_late = seen.oldest_s > readiness.QUEUE_OLD_S
    yield finding("queue", not is_late, "queue", waiting=seen.waiting, seconds=round(seen.oldest_s))
    yield finding("buried", not seen.buried, "buried", count=seen.buried)
    yield finding("undelivered", not seen.undelivered, "undelivered", count=seen.undelivered)


def owner(settings: Settings) -> Finding:
    """Who is told when something is wrong."""
    names = ("OWNER_WHATSAPP", "OWNER_WEBHOOK_URL")
    ways = [name for name in names if getattr(settings, name.lower())]
    key = "owner"
    if not ways:
        key = "owner_none"
    elif ways == ["OWNER_WHATSAPP"] and not settings.owner_content_sid:
        key = "owner_window"
    mend = None if key == "owner" else text(f"doctor.{key}_mend")
    return Finding("owner", True, text(f"doctor.{key}", ways=", ".join(ways)), mend)
