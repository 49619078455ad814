"""Shops of four trades answer what customers write, without an AI; cases: `trades.toml`."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot import grounding
from bot.providers.offline import MOST_CHARS
from bot.reading.language import fold
from core.database import Database
from tests.fakes import FixedClock
from tests.talking_shop import ShopTalk, TalkingShop

TRADES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("trades.toml").read_text(encoding="utf-8")
)
CASES = [(trade, case) for trade, shop in TRADES.items() for case in shop["cases"]]


@pytest.fixture
def shops(sqlite_database: Database, clock: FixedClock, tmp_path: Path) -> Any:
    def opened(trade: str) -> ShopTalk:
        shop = TalkingShop(sqlite_database, clock)
        shop.sell(tmp_path, TRADES[trade]["csv"].strip(), TRADES[trade]["currency"])
        shop.know(json.loads(TRADES[trade]["facts"]))
        talk = shop.talk()
        talk.say("buenas")
        return talk

    return opened


def name_of(given: object) -> str:
    return str(given["say"]) if isinstance(given, dict) else str(given)


@pytest.mark.parametrize(("trade", "case"), CASES, ids=name_of)
def test_a_shop_of_any_trade_answers(trade: str, case: dict[str, Any], shops: Any) -> None:
    talk = shops(trade)
    for said in case["say"]:
        reply = talk.say(*([said] if isinstance(said, str) else said)).text
        assert grounding.check(reply, talk.contexts[-1]).rejections == ()
    read = fold(reply)
    assert [p for p in case["has"] if not re.search(p.replace("ñ", "n"), read, re.S)] == [], reply
    assert [p for p in case.get("lacks", []) if re.search(p, read, re.S)] == [], reply
    assert len(reply) <= MOST_CHARS
