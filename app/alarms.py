"""A house and its engine enter; what tells the owner leaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import Connection

from app.engine import Engine, shop_time
from app.house import House, is_twilio_configured
from bot.alarms.teller import Teller
from bot.alarms.watching import Watch
from bot.alarms.ways import OwnerWhatsApp, Way, Webhook
from bot.alarms.wording import Wording
from bot.channels.base import Channel
from bot.readiness import PROOF_JOB
from bot.schedule import slot_of, win
from core.ids import new_id
from shop import facts

PROVE_S = 30.0


def make_teller(house: House, engine: Engine, channel: Callable[[], Channel]) -> Teller:
    """What looks, and tells the owner on the ways that are configured.

    Args:
        channel: builds what sends WhatsApp messages.
    """
    settings, owner = house.settings, new_id()
    ways = _ways(house, engine, channel)
    watch = Watch(
        house.alarms,
        house.clock,
        engine.health,
        lambda: engine.roster.usable,
        engine.budget,
        free_mb=lambda: free_mb(house),
        matters=is_twilio_configured(settings) or bool(ways),
        language=settings.shop_language,
    )
    return Teller(
        house.database,
        house.clock,
        house.alarms,
        Wording(
            settings.shop_language,
            lambda c: settings.shop_name or _own_name(c),
            lambda instant: shop_time(house, instant),
        ),
        ways,
        look=watch.look,
        prove=lambda c: win(c, PROOF_JOB, slot_of(house.clock.now(), PROVE_S), owner),
    )


def free_mb(house: House) -> int | None:
    """Room on the database's disk; None: it is on another machine."""
    if not house.database.is_sqlite:
        return None
    return shutil.disk_usage(Path(house.database.url.database or "").parent).free // 1024**2


def _ways(house: House, engine: Engine, channel: Callable[[], Channel]) -> list[Way]:
    settings = house.settings
    ways = list[Way]()
    if settings.owner_webhook_url:
        ways.append(Webhook(engine.client, settings.owner_webhook_url))
    if settings.owner_whatsapp and is_twilio_configured(settings):
        ways.append(
            OwnerWhatsApp(
                channel,
                settings.owner_whatsapp,
                shop_address=settings.twilio_whatsapp_from or "",
                template=settings.owner_content_sid,
            )
        )
    return ways


def _own_name(connection: Connection) -> str | None:
    name = facts.load(connection).values.get("name")
    return str(name) if name else None
