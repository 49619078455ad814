"""A made-up little shop for the prompt: contexts in one line each."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.messages import TalkMessage
from bot.prompt import build
from bot.turn_context import TurnContext
from catalog.search import Hit, ProductView
from shop.facts import ShopFacts

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FACTS = {
    "name": "La Esquina",
    "website": "https://laesquina.example",
    "hours": [{"days": "lunes a viernes", "open": "09:00", "close": "18:00"}],
    "delivery": [{"zone": "Bogotá", "cost": 12000, "currency": "COP", "time": "1 día"}],
    "payment": ["efectivo", "tarjeta"],
    "returns": "30 días con factura",
    "branches": [{"name": "Centro", "address": "Calle 10 # 4-20", "phone": "601 555 0101"}],
    "gift_wrap": {"available": True},
}


def said(
    body: str,
    author: str = "customer",
    type_: str = "text",
    *,
    seq: int = 1,
    products: tuple[int, ...] = (),
) -> TalkMessage:
    """A message of a talk."""
    return TalkMessage(seq, author, body, type_, NOW, products=products)


def hit(number: int = 1, stock: int | None = 5, reason: str = "laptops", **changed: str) -> Hit:
    """A candidate; `changed` replaces its words."""
    words = {
        "name": f"Portátil Andes {number} 16GB SSD 512GB",
        "sku": f"LAP-{number:03}",
        "brand": "Andes",
        "description": "Pantalla de 14 pulgadas, teclado en español, garantía de 12 meses",
    } | changed
    product = ProductView(
        id=number,
        external_id=str(number),
        category="Computadores > Portátiles",
        price_minor=229990000 + number * 100,
        currency="COP",
        stock=stock,
        **words,
    )
    return Hit(product=product, score=1.0, reason=reason)


def context(*waiting: TalkMessage, **given: object) -> TurnContext:
    """What is known before an answer to `waiting`; `given` are further fields of it."""
    values: dict[str, object] = {
        "facts": ShopFacts(FACTS),
        "shop_name": "La Esquina",
        "now": NOW,
    } | given
    return TurnContext(waiting=waiting or (said("¿tienen laptops?"),), **values)  # type: ignore[arg-type]


def contents(prompt_context: TurnContext, **limits: int) -> list[tuple[str, str]]:
    """Role and content of every message."""
    return [(m.role, m.content) for m in build(prompt_context, **limits).messages]


def system(prompt_context: TurnContext, **limits: int) -> str:
    """The first message's content."""
    return contents(prompt_context, **limits)[0][1]
