"""Figures of a run enter, a shop to be asked and the signed messages of its customers leave."""

from __future__ import annotations

import csv
import itertools
import json
import math
import random
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.light_http import post
from benchmarks.light_stand_ins import ACCOUNT_SID, sign

INBOUND = "/webhooks/twilio/inbound"
PUBLIC_URL = "https://shop.example"
SHOP = "whatsapp:+14155238886"
SHARE_RETURNING = 0.3
"""So many messages come from a customer whose earlier one has had time to be answered."""
PAUSE_S = 10.0

KINDS = (
    *("laptop", "mouse inalámbrico", "teclado mecánico", "monitor curvo", "impresora láser"),
    *("audífonos", "parlante portátil", "cargador rápido", "cable de datos", "disco externo"),
    *("licuadora", "cafetera", "olla arrocera", "plancha de vapor", "ventilador de pie"),
    *("taladro", "juego de llaves", "linterna recargable", "mochila escolar", "silla de oficina"),
)
BRANDS = ("Andina", "Colibrí", "Sierra", "Puerto", "Lucero")
TRAITS = ("compacto", "profesional", "para el hogar", "de viaje", "silencioso")
ASKING = (
    *("¿Tienen {kind}?", "Busco {kind} {brand}", "cuánto vale {kind} {brand}?"),
    *("Hola, necesito {kind} para regalar", "que {kind} me recomienda?", "hay {kind} disponible"),
    *("buenas tardes quisiera saber si manejan {kind} {brand}", "precio de {kind} por favor"),
    *("me sirve {kind} {trait}, tienen?", "¿Cuál es el {kind} más barato?"),
)
TALKING = (
    *(
        "¿A qué hora abren?",
        "¿Hacen envíos?",
        "que formas de pago tienen",
        "¿Dónde están ubicados?",
    ),
    *("Hola, buenos días", "¿Tienen garantía los productos?", "¿Puedo cambiarlo si no me gusta?"),
)
FACTS = {
    "name": "Almacén El Puerto",
    "currency": "COP",
    "timezone": "America/Bogota",
    "hours": [{"days": "lunes a sábado", "open": "09:00", "close": "18:00"}],
    "delivery": [{"zone": "toda la ciudad", "cost": 9000, "currency": "COP", "time": "2 días"}],
    "payment": ["efectivo", "tarjeta", "transferencia"],
    "returns": "30 días con la factura",
    "branches": [{"name": "Centro", "address": "Calle 10 # 4-20", "phone": "601 555 0110"}],
}


@dataclass(frozen=True, slots=True)
class Written:
    """One message: who writes what, and the request that brings it."""

    customer: str
    text: str
    request: bytes


def questions() -> list[str]:
    """All that customers ask, in a mixed order that is always the same."""
    asked = list(TALKING)
    for kind, brand in itertools.product(KINDS, BRANDS):
        trait = TRAITS[len(asked) % len(TRAITS)]
        asked += [words.format(kind=kind, brand=brand, trait=trait) for words in ASKING]
    asked = list(dict.fromkeys(asked))
    random.Random(4).shuffle(asked)
    return asked


def write_shop(folder: Path) -> tuple[Path, Path]:
    """A catalog file and a file of facts."""
    catalog, facts = folder / "catalog.csv", folder / "facts.json"
    facts.write_text(json.dumps(FACTS), encoding="utf-8")
    with catalog.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("sku", "nombre", "precio", "moneda", "stock", "categoria", "marca"))
        for number, (kind, brand, trait) in enumerate(itertools.product(KINDS, BRANDS, TRAITS)):
            name = f"{kind.capitalize()} {brand} {trait}"
            price = 20_000 + number * 1_700
            rows.writerow((f"P-{number:03}", name, price, "COP", 5, kind.capitalize(), brand))
    return catalog, facts


def write_messages(count: int, per_s: float, ai_s: float, first: int = 0) -> list[Written]:
    """Messages at a steady rate, most of new customers, some of those who come back.

    Nobody says the same twice, so that a reply tells which message it answers.
    """
    dice, asked = random.Random(first), questions()
    earlier = math.ceil(per_s * (ai_s + PAUSE_S))
    who: list[int] = []
    written: dict[int, int] = {}
    messages = []
    for number in range(count):
        returns = number >= earlier and dice.random() < SHARE_RETURNING
        customer = who[number - earlier] if returns else first + number
        who.append(customer)
        written[customer] = written.get(customer, -1) + 1
        text = asked[(customer * 7 + written[customer]) % len(asked)]
        messages.append(_message(first + number, f"whatsapp:+57{customer:010}", text))
    return messages


def _message(number: int, customer: str, text: str) -> Written:
    sid = f"SM{number:032x}"
    form = {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": "Cliente",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": customer.removeprefix("whatsapp:+"),
        "SmsStatus": "received",
        "Body": text,
        "To": SHOP,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": customer,
        "ApiVersion": "2010-04-01",
    }
    signature = sign(PUBLIC_URL + INBOUND, form)
    request = post(INBOUND, "shop.example", urlencode(form).encode(), signature)
    return Written(customer, text, request)
