"""Shops of four trades answer what customers write, without an AI; cases: `trades.toml`."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot import grounding
from bot.providers.offline import MOST_CHARS
from bot.reading.language import fold
from core.database import Base, Database, parse_url
from tests.fakes import FixedClock
from tests.talking_shop import TalkingShop

TRADES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("trades.toml").read_text(encoding="utf-8")
)
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CASES = [(trade, case) for trade, shop in TRADES.items() for case in shop["cases"]]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], TalkingShop]]:
    """One shop of each trade for all its customers, who know nothing of each other."""
    with ExitStack() as stack:

        @cache
        def opened(trade: str) -> TalkingShop:
            folder = tmp_path_factory.mktemp(trade)
            database = Database(parse_url(f"sqlite:///{folder / 'shop.db'}", folder))
            stack.enter_context(closing(database)).write(Base.metadata.create_all)
            shop = TalkingShop(database, FixedClock(NOW))
            shop.sell(folder, TRADES[trade]["csv"].strip(), TRADES[trade]["currency"])
            shop.know(json.loads(TRADES[trade]["facts"]))
            return shop

        yield opened


def name_of(given: object) -> str:
    return str(given["say"]) if isinstance(given, dict) else str(given)


@pytest.mark.parametrize(("trade", "case"), CASES, ids=name_of)
def test_a_shop_of_any_trade_answers(
    trade: str, case: dict[str, Any], shops: Callable[[str], TalkingShop]
) -> None:
    talk = shops(trade).talk()
    talk.say("buenas")
    for said in case["say"]:
        reply = talk.say(*([said] if isinstance(said, str) else said)).text
        assert grounding.check(reply, talk.contexts[-1]).rejections == ()
    read = fold(reply)
    assert [p for p in case["has"] if not re.search(p.replace("ñ", "n"), read, re.S)] == [], reply
    assert [p for p in case.get("lacks", []) if re.search(p, read, re.S)] == [], reply
    assert len(reply) <= MOST_CHARS
