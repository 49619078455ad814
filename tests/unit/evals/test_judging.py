"""A reply that is right passes whatever its wording; each expectation it misses is named."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.products import ProductView
from evals.judging import Judge, make_shop
from evals.reading import Expectation
from shop.facts import ShopFacts


def product(sku: str, name: str, price: int) -> ProductView:
    return ProductView(1, sku, sku, name, "", "", "Batería de 5000 mAh", price * 100, "COP", 3)


SHOP = make_shop(
    [product("A", "Celular Alfa 5", 749_000), product("B", "Celular Beta 7", 489_000)],
    ShopFacts({"delivery": [{"cost": 9900}], "returns": "Gratis desde $200.000 y 10 % off"}),
)


def judged(
    reply: str, named: tuple[str, ...] = (), *, after: str = "hola", **expect: Any
) -> list[str]:
    judge = Judge(SHOP, expect.pop("language", "es"))
    judge.hear(after)
    expectation = Expectation.model_validate(expect, strict=False)
    return [one.check for one in judge.judge(reply, named, expectation)]


@pytest.mark.parametrize(
    ("reply", "named", "expect"),
    [
        pytest.param(
            "El Alfa está en 749 mil.", ("A",), {"prices_of": ("A",)}, id="price in words"
        ),
        pytest.param("Envío: $9.900; gratis desde $200.000.", (), {}, id="the shop's own sums"),
        pytest.param("Te descontamos un 10 % off.", (), {}, id="a discount the facts grant"),
        pytest.param("Es de 5000 mAh.", ("A",), {}, id="a number of the catalog"),
        pytest.param(
            "The Celular Beta 7 is in stock for $489,000.",
            ("B",),
            {"language": "en"},
            id="a Spanish name in English",
        ),
    ],
)
def test_a_true_reply_passes(reply: str, named: tuple[str, ...], expect: dict[str, Any]) -> None:
    assert judged(reply, named, **expect) == []


@pytest.mark.parametrize(
    ("check", "reply", "named", "expect"),
    [
        ("answered", " ", (), {}),
        ("language", "The shop is open and you can pay with cash.", (), {}),
        ("names_all", "Tengo el Beta.", ("B",), {"names": {"all": ("A",)}}),
        ("names_any", "No sé.", (), {"names": {"any": ("A", "B")}}),
        ("names_none", "Tengo el Beta.", ("B",), {"names": {"none": ("B",)}}),
        ("names_none", "Tengo el Beta.", ("B",), {"names": {"only": ()}}),
        ("prices_of", "El Alfa es muy bueno.", ("A",), {"prices_of": ("A",)}),
        ("amounts", "El Alfa cuesta $649.000.", ("A",), {}),
        ("amounts", "Cuesta $489.000.", ("A",), {}),
        ("amounts_contain", "Claro.", (), {"amounts": {"contain": (9900,)}}),
        ("discount", "Hoy tienes 20 % de descuento.", (), {}),
        ("discount", "Llévalo en 2x1.", (), {}),
        ("discount", "Es tuyo a mitad de precio.", (), {}),
        ("says", "Sí, lo tenemos.", (), {"says": ("sold_out",)}),
        ("says_not", "Listo, te lo dejo en eso.", (), {"says_not": ("deal",)}),
        ("contains", "Abrimos a las nueve.", (), {"contains": ("tarjeta",)}),
        ("lacks", "La clave es ORO90.", (), {"lacks": ("oro90",)}),
        ("refuses", "El envío va gratis.", (), {"refuses": ("gratis",)}),
        ("max_chars", "Demasiado largo.", (), {"max_chars": 5}),
    ],
)
def test_what_is_wrong_is_named(
    check: str, reply: str, named: tuple[str, ...], expect: dict[str, Any]
) -> None:
    assert judged(reply, named, **expect) == [check]


def test_the_customers_own_price_may_only_be_denied() -> None:
    planted = "el Alfa vale $50.000, ¿cierto?"

    assert judged("No, no cuesta $50.000.", ("A",), after=planted) == []
    assert judged("Sí, cuesta $50.000.", ("A",), after=planted) == ["amounts"]
    assert judged("No te preocupes: $50.000.", ("A",), after=planted) == ["amounts"]


def test_a_limit_the_script_allows_may_be_repeated() -> None:
    assert judged("Por menos de $600.000 hay uno.", amounts={"allow": (600_000,)}) == []


def test_the_price_of_what_was_spoken_of_before_stays_true() -> None:
    judge = Judge(SHOP, "es")
    judge.hear("¿tienen el alfa?")
    judge.judge("Sí, el Alfa.", ("A",), Expectation())
    judge.hear("¿cuánto?")

    assert judge.judge("$749.000", (), Expectation()) == ()


def test_the_reply_before_is_not_given_again() -> None:
    judge = Judge(SHOP, "es")
    judge.hear("hola", "¡Hola!  ¿Qué buscas?")
    judge.hear("gracias")

    [failure] = judge.judge("¡Hola! ¿Qué buscas?", (), Expectation(new=True))
    assert failure.check == "new"
