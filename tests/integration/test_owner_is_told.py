"""A house as the shop builds it: what goes wrong in one of its rooms reaches the owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from app.alarms import make_teller
from app.catalog import make_refresh
from app.engine import Engine, open_engine
from app.house import House
from app.serving import make_bridge, make_web
from bot.channels.base import Channel
from bot.metrics import Metrics
from bot.tables import WorkerBeat
from catalog.search import CatalogSearch
from core.database import Database
from core.errors import DeliveryRejected, DeliveryUnavailable
from core.settings import Settings
from tests.fake_twilio import inbound_form
from tests.fakes import FixedClock
from tests.integration.test_owner_ways import OwnersServer

UNREACHABLE = "http://127.0.0.1:9/v1"


def house_of(database: Database, clock: FixedClock, owner_url: str, folder: Path) -> House:
    names = {
        "OWNER_WEBHOOK_URL": owner_url,
        "SHOP_NAME": "Tienda Sol",
        "CATALOG_SOURCE": str(folder / "no-such-file.csv"),
        "PUBLIC_BASE_URL": "https://shop.example",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "test-token",
        "LM_STUDIO_URL": UNREACHABLE,
        "OLLAMA_BASE_URL": UNREACHABLE,
    }
    settings = Settings.from_env(names, env_file=None)
    return House(settings, database, clock, CatalogSearch(), Metrics(), {})


async def forged(house: House, _engine: Engine) -> None:
    web = make_web(house, lambda *_told: None, make_bridge(house)).test_client()
    for _ in range(5):
        signed = {"X-Twilio-Signature": "forged"}
        web.post("/webhooks/twilio/inbound", data=inbound_form("hola"), headers=signed)


async def token_refused(house: House, _engine: Engine) -> None:
    error = DeliveryUnavailable("401", mend="TWILIO_AUTH_TOKEN")
    house.witness.not_sent(error, is_final=False)


async def message_lost(house: House, _engine: Engine) -> None:
    house.witness.not_sent(DeliveryRejected("x", code=63024), is_final=True)


async def turn_given_up(house: House, _engine: Engine) -> None:
    house.witness.buried(1)


async def source_gone(house: House, engine: Engine) -> None:
    await make_refresh(house, engine.client, lambda: house.settings).run()


@pytest.mark.parametrize(
    ("happens", "cause", "names"),
    [
        pytest.param(forged, "webhook_refused", "PUBLIC_BASE_URL", id="bad signatures"),
        pytest.param(token_refused, "twilio_account", "TWILIO_AUTH_TOKEN", id="token refused"),
        pytest.param(message_lost, "message_undelivered", "63024", id="message not delivered"),
        pytest.param(turn_given_up, "turn_buried", "disculpa", id="turn given up"),
        pytest.param(source_gone, "catalog_refused", "no-such-file.csv", id="catalog gone"),
    ],
)
async def test_the_owner_hears_of_it(
    sqlite_database: Database,
    clock: FixedClock,
    tmp_path: Path,
    happens: Callable[[House, Engine], Awaitable[None]],
    cause: str,
    names: str,
) -> None:
    server = OwnersServer()
    with server.listening() as url:
        house = house_of(sqlite_database, clock, url, tmp_path)
        async with open_engine(house) as engine:
            await happens(house, engine)
            clock.advance(25)
            alive = insert(WorkerBeat).values(
                worker="w", started_at=clock.now(), seen_at=clock.now()
            )
            sqlite_database.write(lambda c: c.execute(alive))
            teller = make_teller(house, engine, no_channel)
            await teller.tick()
            await teller.delivered()
    assert [body["cause"] for body in server.bodies] == [cause]
    assert server.bodies[0]["text"].startswith("⚠️ Tienda Sol: ")
    assert names in server.bodies[0]["text"]


def no_channel() -> Channel:
    raise AssertionError("the owner has no WhatsApp here")
