"""Sums of money are found however they are written, and nothing else is taken for money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evals.amounts import sums

KNOWN = frozenset({"5000", "20.000", "601", "84512", "4k"})


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        pytest.param("Cuesta $1.299.000.", 1_299_000, id="points"),
        pytest.param("It is $1,299,000 COP", 1_299_000, id="commas"),
        pytest.param("vale 1'299.000", 1_299_000, id="apostrophe"),
        pytest.param("$ 1 299 000 pesos", 1_299_000, id="spaces"),
        pytest.param("$ 121 299 000", 121_299_000, id="spaces, as long as a telephone"),
        pytest.param("*$1.299.000*", 1_299_000, id="emphasis"),
        pytest.param("1299000", 1_299_000, id="bare digits"),
        pytest.param("desde 489.000 con envío", 489_000, id="bare and grouped"),
        pytest.param("1,3 millones", 1_300_000, id="decimal millions"),
        pytest.param("dos millones trescientos mil", 2_300_000, id="spelt out"),
        pytest.param("2 millones 399 mil", 2_399_000, id="mixed"),
        pytest.param("60 lucas", 60_000, id="slang"),
        pytest.param("US$ 20", 20, id="dollars"),
        pytest.param("R$ 45,90", Decimal("45.90"), id="reais with decimals"),
        pytest.param("S/ 45.90", Decimal("45.90"), id="soles with decimals"),
        pytest.param("99 pesos", 99, id="small with a currency"),
        pytest.param("$5000", 5000, id="a known number marked as money"),
    ],
)
def test_a_sum_is_read(reply: str, value: Decimal) -> None:
    [found] = sums(reply, KNOWN)

    assert Decimal(value) in found.values


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Batería de 5000 mAh y de 20.000", id="numbers of the catalog"),
        pytest.param("10.000 DPI, 1.400 W, 3000 horas", id="measures"),
        pytest.param("Llama al 601 555 0134 o al +57 601 5550134", id="telephones"),
        pytest.param("WhatsApp 987 654 321, fijo 2222-3333", id="short telephones"),
        pytest.param("Abrimos de 9:00 a 19:00, de lunes a viernes", id="hours"),
        pytest.param("Tu pedido 90210 y la factura N° 12345", id="numbered papers"),
        pytest.param("iPhone 16 128GB, televisor 4K, L3250", id="models"),
        pytest.param("Del 90 % nada", id="percentages"),
        pytest.param("Desde 2019 en la Calle 12 # 4-56", id="years and addresses"),
        pytest.param("Quedan 12, tallas 38 a 44", id="quantities and sizes"),
    ],
)
def test_other_numbers_are_no_money(reply: str) -> None:
    assert list(sums(reply, KNOWN)) == []


def test_a_sum_in_a_clause_that_says_no_is_denied() -> None:
    denied, granted = sums("No lo tengo en $50.000. Cuesta $90.000.")

    assert (denied.denied, granted.denied) == (True, False)
