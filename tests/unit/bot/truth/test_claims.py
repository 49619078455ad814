"""Texts enter; what they claim about stock and discounts is read, denials and questions are not."""

from __future__ import annotations

import pytest

from bot.truth.discount_claims import find_discount_claims
from bot.truth.stock_claims import find_stock_claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("hay 5 unidades", [("exactly", 5)]),
        ("quedan 3", [("exactly", 3)]),
        ("nos quedan dos unidades", [("exactly", 2)]),
        ("Stock: 5", [("exactly", 5)]),
        ("(5 disponibles)", [("exactly", 5)]),
        ("we have 5 in stock", [("exactly", 5)]),
        ("temos 5 unidades", [("exactly", 5)]),
        ("es la última unidad", [("exactly", 1)]),
        ("hay más de 10 unidades", [("more_than", 10)]),
        ("al menos 4 unidades disponibles", [("at_least", 4)]),
        ("está disponible", [("some", None)]),
        ("sí hay disponibilidad", [("some", None)]),
        ("entrega inmediata", [("some", None)]),
        ("Sí, lo tenemos", [("offered", None)]),
        ("está agotado", [("none", None)]),
        ("no está disponible", [("none", None)]),
        ("no tenemos stock", [("none", None)]),
        ("out of stock", [("none", None)]),
        ("esgotado", [("none", None)]),
        ("no está agotado", []),
        ("no hay 5 unidades", []),
        ("¿quieres que verifique si hay disponible?", []),
        ("sujeto a disponibilidad", []),
        ("métodos de pago disponibles: efectivo", []),
        ("estamos disponibles de lunes a viernes", []),
        ("tenemos 2 tiendas", []),
        ("quedan 20 días", []),
    ],
)
def test_stock_claims(text: str, claims: list[tuple[str, int | None]]) -> None:
    assert [(claim.says, claim.units) for claim in find_stock_claims(text)] == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("20% de descuento", [("discount", "20%")]),
        ("descuento del 20%", [("discount", "20%")]),
        ("20 por ciento de descuento", [("discount", "20%")]),
        ("con un 20% menos", [("discount", "20%")]),
        ("50% off", [("discount", "50%")]),
        ("desconto de 10%", [("discount", "10%")]),
        ("está en oferta", [("sale", "")]),
        ("a mitad de precio", [("sale", "")]),
        ("2x1 en camisetas", [("bundle", "2x1")]),
        ("dos por uno", [("bundle", "2x1")]),
        ("envío gratis", [("free", "")]),
        ("el envío no tiene costo", [("free", "")]),
        ("frete grátis", [("free", "")]),
        ("12 meses sin intereses", [("interest_free", "12")]),
        ("usa el código VERANO10", [("coupon", "verano10")]),
        ("te regalamos una funda", [("gift", "")]),
        ("no te preocupes, tenemos 20% de descuento", [("discount", "20%")]),
        ("no tenemos descuentos", []),
        ("no manejamos 2x1", []),
        ("no puedo darte el 90%", []),
        ("el descuento no aplica", []),
        ("sin descuentos por ahora", []),
        ("¿pregunto si hay descuento?", []),
        ("100% algodón", []),
        ("IVA 19% incluido", []),
        ("sugar free", []),
        ("bono de regalo", []),
        ("ideal para regalo", []),
        ("tracción 4x4", []),
    ],
)
def test_discount_claims(text: str, claims: list[tuple[str, str]]) -> None:
    assert [(claim.kind, claim.figure) for claim in find_discount_claims(text)] == claims
