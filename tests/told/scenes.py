"""A catalog file enters, scenes leave: what eight candidates a prompt held, and which is meant."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.messages import TalkMessage
from bot.turn_context import TurnContext
from catalog.money import minor_from_major
from catalog.search import Hit, ProductView
from shop.facts import ShopFacts

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "catalog" / "sample.csv"
FACTS: dict[str, Any] = json.loads((ROOT / "shop" / "sample.json").read_text(encoding="utf-8"))
SHOP = ShopFacts(FACTS)
ZONE = ZoneInfo(FACTS["timezone"])
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Scene:
    """Candidates of one prompt; `products[0]` is spoken of, `products[1]` beside it.

    Args:
        talk: the turn of a talk these are the candidates of; its customer asks first.
    """

    products: tuple[ProductView, ...]
    talk: TurnContext | None = None

    def context(self, question: str, language: str, now: str | None = None) -> TurnContext:
        """What the prompt held when a customer asked this."""
        at = datetime.fromisoformat(now).replace(tzinfo=ZONE) if now else NOON
        said = TalkMessage(1, "customer", question, "text", at.astimezone(UTC))
        hits = tuple(Hit(product, 1.0, "") for product in self.products)
        if self.talk is not None:
            waiting = (*self.talk.waiting, said)
            return replace(self.talk, waiting=waiting, hits=hits, language=language, now=at)
        return TurnContext(
            waiting=(said,),
            hits=hits,
            facts=SHOP,
            language=language,
            shop_name=FACTS["name"],
            currency="COP",
            now=at,
        )


def load(path: Path = SAMPLE) -> list[ProductView]:
    """The products of a catalog file with English column names."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_product(number, row) for number, row in enumerate(csv.DictReader(file), 1)]


def _product(number: int, row: dict[str, str]) -> ProductView:
    return ProductView(
        number,
        row["id"],
        row.get("sku") or row["id"],
        row["name"],
        row["brand"],
        row["category"],
        row["description"],
        minor_from_major(row["price"], row["currency"]),
        row["currency"],
        int(row["stock"]) if row["stock"] else None,
    )


def scenes(products: Sequence[ProductView], dice: random.Random, count: int) -> list[Scene]:
    """Scenes as a search makes them: most candidates are of one category, some are not."""
    by_category: dict[str, list[ProductView]] = {}
    for product in products:
        by_category.setdefault(product.category, []).append(product)
    return [_scene(products, by_category, dice) for _ in range(count)]


def _scene(
    products: Sequence[ProductView], by_category: dict[str, list[ProductView]], dice: random.Random
) -> Scene:
    main = dice.choice(products)
    near = [p for p in by_category[main.category] if p is not main]
    others = dice.sample(near, min(len(near), 6))
    others += [p for p in dice.sample(list(products), 3) if p is not main and p not in others]
    prices = {main.price_minor}
    apart = [p for p in others if p.price_minor not in prices]
    return Scene((main, *apart[:1], *(p for p in others if p not in apart[:1]))[:8])


def pick(all_scenes: Sequence[Scene], needs: str, dice: random.Random) -> Scene | None:
    """A scene whose product has the stock that is needed."""
    fits = {
        "": lambda stock: True,
        "in_stock": lambda stock: bool(stock and stock > 3),
        "sold_out": lambda stock: stock == 0,
        "unknown": lambda stock: stock is None,
    }[needs]
    fitting = [s for s in all_scenes if len(s.products) > 1 and fits(s.products[0].stock)]
    return dice.choice(fitting) if fitting else None
