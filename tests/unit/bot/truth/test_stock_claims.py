"""Texts enter; what they claim about stock is read, denials and questions are not."""

from __future__ import annotations

import pytest

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
        ("cuesta $10 y hay stock", [("some", None)]),
        ("contamos con existencias", [("some", None)]),
        ("sale $27.900, últimas 2.", [("exactly", 2)]),
        ("en las últimas 24 horas", []),
        ("te aviso cuando haya stock", []),
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
