"""A file of scripted talks enters, for each a scene leaves as the shop's own search makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import migrations
from bot.context import ContextReader, ShopDefaults
from bot.messages import TalkMessage
from bot.turn_context import TurnContext
from catalog.sample import load_sample_products
from catalog.search import CatalogSearch
from core.database import Base, Database, parse_url
from shop.facts import import_facts
from tests.told.scenes import FACTS, NOON, Scene, load


def talk_scenes(path: Path) -> Iterator[Scene]:
    """The last turn of each talk; where its search finds too little, other products stand in."""
    others = load()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = parse_url("sqlite:///talks.db", Path(folder))
        migrations.upgrade(url, Base.metadata)
        database = Database(url)
        database.write(lambda c: load_sample_products(c, datetime.now(UTC)))
        database.write(lambda c: import_facts(c, FACTS, datetime.now(UTC)))
        reader = ContextReader(
            CatalogSearch(), ShopDefaults(), history_messages=20, now=lambda: NOON
        )
        for number, talk in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            context = _last_turn(database, reader, [turn["say"] for turn in talk["turns"]])
            found = tuple(hit.product for hit in context.hits)
            missing = () if len(found) > 1 else tuple(others[number * 2 : number * 2 + 4])
            yield Scene((*found, *missing), context)
        database.close()


def _last_turn(database: Database, reader: ContextReader, said: list[object]) -> TurnContext:
    texts = ["\n".join(each) if isinstance(each, list) else str(each) for each in said]
    messages = [
        TalkMessage(seq, "customer", text, "text", NOON.astimezone(UTC))
        for seq, text in enumerate(texts, 1)
    ]
    context = database.read(lambda c: reader.read(c, messages[-1:]))
    return replace(context, history=tuple(messages[:-1]))
