"""Replies made from a small catalog by the hundred: true ones pass, lies in fifty ways do not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from bot.grounding import check
from catalog.money import format_price
from catalog.search import ProductView
from tests.unit.bot.truth_world import A15, ALL, CAP, FACTS, G04, LENOVO, SHIRT, context

SHORT_NAMES = {
    A15.id: ("Galaxy A15", "Samsung Galaxy A15", "galaxy a15", "*Samsung Galaxy A15 128GB*"),
    G04.id: ("Moto G04", "Motorola Moto G04 64GB", "moto g04", "*Celular Moto G04*"),
    LENOVO.id: ("Lenovo IdeaPad Slim 3", "portátil Lenovo IdeaPad", "Lenovo IdeaPad"),
    SHIRT.id: ("Camiseta Pati", "camiseta Pati Marino", "*Camiseta Pati Marino*"),
    CAP.id: ("Gorra Clásica", "gorra clasica roja", "*Gorra Clásica Roja*"),
}
PESOS = [product for product in ALL if product.currency == "COP"]


def dotted(value: int) -> str:
    return f"{value:,}".replace(",", ".")


FORMS: tuple[Callable[[int], str], ...] = (
    lambda v: f"${dotted(v)}",
    lambda v: f"$ {dotted(v)}",
    lambda v: f"*${dotted(v)}*",
    lambda v: f"{dotted(v)} pesos",
    lambda v: f"${dotted(v)} COP",
    lambda v: f"COP {v}",
    lambda v: f"${v:,}",
    lambda v: f"{v} pesos",
    lambda v: f"$\u00a0{dotted(v)}",
    lambda v: f"{v:,} pesos".replace(",", " "),
    lambda v: f"{v:,} pesos".replace(",", "'"),
    lambda v: f"${dotted(v)},00",
    lambda v: f"{Decimal(v) / 1000} mil pesos".replace(".", ","),
    lambda v: f"{Decimal(v) / 1000}k pesos",
    lambda v: f"{dotted(v)} pesos".translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
    lambda v: "".join(f"{d}\ufe0f\u20e3" if d.isdigit() else d for d in dotted(v)) + " pesos",
    lambda v: "$" + "\u200b".join(dotted(v)),
)

SINGLE = (
    "El {n} cuesta {p}.",
    "El {n} tiene un precio de {p}.",
    "¡Claro! El {n} está en {p} 😊",
    "{n}: {p}",
    "{n} — {p}",
    "{n} ({p})",
    "{n}\nPrecio: {p}",
    "Te recomiendo el {n}, su precio es {p}.",
    "Con gusto: el {n} te queda en {p}. ¿Te lo separo?",
    "Por {p} te llevas el {n}.",
    "El {n} vale {p} y el envío a Bogotá cuesta $12.000.",
    "The {n} costs {p}.",
    "O {n} custa {p}.",
    "Vendemos el {n} a {p}. El pedido mínimo a domicilio es de $40.000.",
    "El {n} sale en {p} y tienes 30 días para cambios con factura.",
    "1. {n} - {p}",
)
PAIRS = (
    "1. {n} — {p}\n2. {m} — {q}",
    "El {n} cuesta {p} y el {m} cuesta {q}.",
    "El {n} y el {m} cuestan {p} y {q} respectivamente.",
    "Por {p} tienes el {n} y por {q} el {m}.",
    "- {n}\n  Precio: {p}\n- {m}\n  Precio: {q}",
    "El {n} está en {p}, mientras que el {m} está en {q}.",
    "Está el {n} ({p}) o el {m} ({q}).",
    "Te muestro:\n{p} - {n}\n{q} - {m}",
)


def major(product: ProductView) -> int:
    return product.price_minor // 100


def name(dice: random.Random, product: ProductView) -> str:
    return dice.choice((*SHORT_NAMES[product.id], product.name))


def say(dice: random.Random, value: int) -> str:
    return dice.choice(FORMS)(value)


def true_replies(dice: random.Random) -> Iterator[tuple[str, str]]:
    for product in PESOS:
        for template in SINGLE:
            p = say(dice, major(product))
            yield "hola", template.format(n=name(dice, product), p=p)
    for template in PAIRS:
        first, second = dice.sample(PESOS, 2)
        yield (
            "¿qué tienen?",
            template.format(
                n=name(dice, first),
                m=name(dice, second),
                p=say(dice, major(first)),
                q=say(dice, major(second)),
            ),
        )
    product, count = dice.choice(PESOS), dice.randint(2, 6)
    total = say(dice, major(product) * count)
    yield f"quiero {count}", f"{count} unidades de {name(dice, product)} serían {total} en total."
    yield f"quiero {count}", f"{name(dice, product)} x{count} = {total}"
    first, second = dice.sample(PESOS, 2)
    joint = say(dice, major(first) + major(second))
    yield "los dos", f"El {name(dice, first)} y el {name(dice, second)} juntos suman {joint}."
    yield (
        "los dos",
        f"{name(dice, first)}: ${dotted(major(first))}\n{name(dice, second)}: "
        f"${dotted(major(second))}\nEnvío a Bogotá: $12.000\n"
        f"Total: {say(dice, major(first) + major(second) + 12000)}",
    )


def other_value(dice: random.Random, *true: int) -> int:
    """A believable price that is none of the true ones."""
    known = {major(product) for product in PESOS} | {12000, 18000, 40000, 500000, *true}
    while True:
        value = dice.choice(
            (
                true[0] + dice.choice((-1, 1, 100, -100, 1000, -1000, 10000)),
                true[0] * 9 // 10,
                true[0] // 2,
                true[0] * 10,
                dice.randrange(10_000, 3_000_000, 100),
            )
        )
        if value not in known and value > 999:
            return value


def false_amounts(dice: random.Random) -> Iterator[tuple[str, str]]:
    for product in PESOS:
        for template in SINGLE:
            p = say(dice, other_value(dice, major(product)))
            yield "hola", template.format(n=name(dice, product), p=p)
        for template in SINGLE:  # the price of another product
            other = dice.choice([one for one in PESOS if one != product])
            p = say(dice, major(other))
            yield "hola", template.format(n=name(dice, product), p=p)
    for template in PAIRS:
        first, second = dice.sample(PESOS, 2)
        fields = {"n": name(dice, first), "m": name(dice, second)}
        swapped = {"p": say(dice, major(second)), "q": say(dice, major(first))}
        yield "¿qué tienen?", template.format(**fields, **swapped)
        half = {"p": say(dice, major(first)), "q": say(dice, other_value(dice, major(second)))}
        yield "¿qué tienen?", template.format(**fields, **half)
    product, count = dice.choice(PESOS), dice.randint(2, 6)
    wrong = say(dice, major(product) * count + dice.choice((-1, 1, 100, 1000)))
    yield f"quiero {count}", f"{count} unidades de {name(dice, product)} serían {wrong} en total."
    first, second = dice.sample(PESOS, 2)
    off = say(dice, major(first) + major(second) + dice.choice((-1, 1, -100, 1000)))
    yield "los dos", f"El {name(dice, first)} y el {name(dice, second)} juntos suman {off}."
    planted = dice.choice((10_000, 99_000, 250_000))
    told = f"el otro vendedor me dijo {planted // 1000} mil, ¿cierto?"
    n, p = name(dice, dice.choice(PESOS)), say(dice, planted)
    for template in (
        "Sí, el {n} cuesta {p}.",
        "Claro, te lo dejo en {p}.",
        "Correcto, {p}.",
        "El {n} te queda por {p}",
    ):
        yield told, template.format(n=n, p=p)


FALSE_STOCK = (
    (A15, "Quedan 3 unidades del {n}."),
    (A15, "El {n} está agotado."),
    (A15, "El {n}: 7 unidades disponibles."),
    (A15, "Tenemos más de 20 unidades del {n}."),
    (A15, "Del {n} no tenemos stock."),
    (A15, "¡Última unidad del {n}!"),
    (A15, "{n}\nStock: 50"),
    (A15, "The {n} is out of stock."),
    (A15, "The {n}: only 2 left."),
    (G04, "El {n} está disponible."),
    (G04, "Tenemos el {n} disponible para entrega inmediata."),
    (G04, "Quedan 2 {n}."),
    (G04, "Sí hay disponibilidad del {n}."),
    (G04, "{n} — $399.900 (en stock)"),
    (G04, "The {n} is in stock."),
    (G04, "Temos 4 unidades do {n} em estoque."),
    (LENOVO, "El {n} está disponible."),
    (LENOVO, "Hay 4 unidades del {n}."),
    (LENOVO, "El {n} está agotado."),
    (LENOVO, "Nos quedan pocas unidades del {n}."),
)
FALSE_DISCOUNTS = (
    "El {n} tiene 20% de descuento.",
    "Te doy un 10% de descuento en el {n}.",
    "El {n} está en oferta.",
    "Aprovecha la promoción del {n}.",
    "El {n} está rebajado.",
    "Llévate el {n} con envío gratis.",
    "Con el {n} te regalamos una funda.",
    "El {n} a mitad de precio.",
    "El {n} en 12 cuotas sin interés.",
    "Usa el código AHORRA10 con el {n}.",
    "3x2 en {n}.",
    "50% off en el {n}.",
    "El {n} con un 15% menos.",
    "The {n} is on sale.",
    "Free shipping with the {n}.",
    "O {n} está com 10% de desconto.",
)


@pytest.mark.parametrize("seed", range(12))
def test_true_replies_pass(seed: int) -> None:
    dice = random.Random(seed)
    refused = [
        (reply, check(reply, context(question)).rejections)
        for question, reply in true_replies(dice)
        if not check(reply, context(question)).grounded
    ]
    assert refused == []


@pytest.mark.parametrize("seed", range(12))
def test_false_amounts_are_rejected(seed: int) -> None:
    dice = random.Random(1000 + seed)
    passed = [
        (question, reply)
        for question, reply in false_amounts(dice)
        if check(reply, context(question)).grounded
    ]
    assert passed == []


@pytest.mark.parametrize("form", [0, 1, 2])
def test_false_stock_is_rejected(form: int) -> None:
    replies = [t.format(n=SHORT_NAMES[product.id][form]) for product, t in FALSE_STOCK]
    assert [reply for reply in replies if check(reply, context()).grounded] == []


@pytest.mark.parametrize("product", [A15, G04, LENOVO, CAP], ids=lambda p: p.sku)
def test_discounts_nobody_grants_are_rejected(product: ProductView) -> None:
    plain_facts = {key: value for key, value in FACTS.items() if key not in ("promo", "payment")}
    replies = [t.format(n=SHORT_NAMES[product.id][0]) for t in FALSE_DISCOUNTS]
    asked = context(facts=plain_facts)
    assert [reply for reply in replies if check(reply, asked).grounded] == []


def test_prices_as_the_shop_writes_them_pass_in_every_currency() -> None:
    for currency in ("ARS", "BRL", "CLP", "CRC", "EUR", "GTQ", "HNL", "MXN", "PEN", "PYG", "USD"):
        product = ProductView(1, "1", "X-1", "Mochila Andina", "", "", "", 4590000, currency, 2)
        reply = f"La Mochila Andina cuesta {format_price(product.price_minor, currency)}."
        wrong = f"La Mochila Andina cuesta {format_price(product.price_minor + 100, currency)}."
        asked = context(products=(product,), facts={}, currency=currency)
        assert (check(reply, asked).grounded, check(wrong, asked).grounded) == (True, False), reply
