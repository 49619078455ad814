"""Texts enter; the favours they grant are read, denials and questions are not."""

from __future__ import annotations

import pytest

from bot.truth.discount_claims import find_discount_claims


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
