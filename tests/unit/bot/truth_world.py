"""A made-up little shop for the truth check: contexts in one line each."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.messages import TalkMessage
from bot.turn_context import TurnContext
from catalog.search import Hit, ProductView
from shop.facts import ShopFacts

FACTS = {
    "name": "Tienda Norte",
    "currency": "COP",
    "hours": [{"days": "lunes a viernes", "open": "09:00", "close": "18:00"}],
    "delivery": [
        {"zone": "Bogotá", "cost": 12000, "time": "1 a 2 días"},
        {"zone": "Resto del país", "cost": 18000, "time": "3 a 5 días"},
        {"zone": "Retiro en tienda", "cost": 0},
    ],
    "payment": [
        "Efectivo",
        "Tarjeta de crédito hasta 12 cuotas",
        "5% de descuento por transferencia",
    ],
    "returns": "Cambios dentro de 30 días con factura. Pedido mínimo a domicilio: $40.000.",
    "branches": [{"name": "Centro", "address": "Calle 45 #12-30", "phone": "300 123 4567"}],
    "promo": "Envío gratis en compras desde $500.000.",
}
SHOP = ShopFacts(FACTS)

A15 = ProductView(
    1, "1", "SAM-A15", "Celular Samsung Galaxy A15 128GB 4G Negro", "Samsung", "Celulares",
    "Pantalla: 6.5 Pulgadas. Resolución: 1080 x 2340. Batería: 5000 mAh. Garantía: 12 meses.",
    89990000, "COP", 5,
)  # fmt: skip
G04 = ProductView(
    2, "2", "MOT-G04", "Celular Motorola Moto G04 64GB Azul", "Motorola", "Celulares",
    "Pantalla: 6.6 Pulgadas. Batería: 5000 mAh.", 39990000, "COP", 0,
)  # fmt: skip
LENOVO = ProductView(
    3, "3", "LEN-V15", 'Portátil Lenovo IdeaPad Slim 3 15.6" RAM 8GB SSD 512GB', "Lenovo",
    "Computadores", "Intel Core i5. Windows 11.", 189900000, "COP", None,
)  # fmt: skip
SHIRT = ProductView(
    4, "4", "CAM-PATI", "Camiseta Pati Marino", "Valentina", "Moda",
    "100% algodón. 2x1 en camisetas Pati hasta agotar existencias.", 7040000, "COP", 12,
)  # fmt: skip
CAP = ProductView(
    5, "5", "GOR-01", "Gorra Clásica Roja", "Valentina", "Moda", "Ajustable.", 3500000, "COP", 3
)
MOUSE = ProductView(
    6, "6", "MOU-01", "Mouse Logitech M185", "Logitech", "Accesorios", "", 2000, "USD", 8
)
ALL = (A15, G04, LENOVO, SHIRT, CAP, MOUSE)


def talk(author: str, body: str, seq: int = 1) -> TalkMessage:
    """A message of a talk."""
    return TalkMessage(seq, author, body, "text", datetime(2025, 5, 1, 15, 0, tzinfo=UTC))


def context(
    question: str = "hola",
    *,
    products: tuple[ProductView, ...] = ALL,
    facts: dict[str, object] | None = None,
    history: tuple[tuple[str, str], ...] = (),
    currency: str = "COP",
) -> TurnContext:
    """What a prompt held when a customer asked `question`."""
    return TurnContext(
        waiting=(talk("customer", question, 9),),
        history=tuple(talk(author, body, i) for i, (author, body) in enumerate(history)),
        hits=tuple(Hit(product, 1.0, "") for product in products),
        facts=SHOP if facts is None else ShopFacts(facts),
        currency=currency,
    )
