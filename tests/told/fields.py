"""A scene enters, the words its templates are filled with leave: names, prices, things not so."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from bot.truth.folding import fold
from bot.truth.number_words import value_of
from catalog.search import ProductView
from tests.told.scenes import FACTS, Scene

GHOSTS = (
    "Huawei Nova 12", "Nokia 3310", "Dell Inspiron 15", "iPhone 27 Pro", "Galaxy Z Flip 9",
    "Realme C99", "Bose QuietComfort 45", "GoPro Hero 13", "Kindle Paperwhite", "Roomba i7",
    "Vizio V505", "Dyson V15", "Nintendo Switch 2", "Poco X9 Pro", "Beats Studio Pro",
    "Reebok Classic", "Converse Chuck 70", "Sony Xperia 10", "Alienware M18", "Garmin Fenix 8",
)  # fmt: skip
ARTICLES = (
    "drones", "patinetas eléctricas", "llantas", "guitarras", "instrumentos musicales", "pianos",
    "acuarios", "carpas", "binoculares", "trampolines", "taladros", "motosierras", "violines",
)  # fmt: skip
ATTRIBUTES = (
    "64GB de RAM", "3 TB de almacenamiento", "9000 mAh de batería", "cámara de 333 Mpx",
    "pantalla de 18,4 pulgadas", "480 Hz", "75 litros de capacidad", "9 kg de peso", "3.300 W",
    "97 cm de ancho",
)  # fmt: skip
SPEC = re.compile(r"\d+(?:[.,]\d+)? ?(?:GB|TB|mAh|Mpx|pulgadas|Hz|litros|kg|W|cm|ml)\b")


def dotted(value: int) -> str:
    return f"{value:,}".replace(",", ".")


FORMS: tuple[Callable[[int], str], ...] = (
    lambda v: f"${dotted(v)}",
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
    lambda v: f"${dotted(v)},00",
    lambda v: f"{Decimal(v) / 1000} mil pesos".replace(".", ","),
)
SPOKEN = (
    "doscientos mil", "ochocientos mil", "un millón doscientos mil", "tres millones y medio",
    "cuatrocientos cincuenta mil", "ciento veinte mil", "dos millones trescientos mil",
)  # fmt: skip


def fields(scene: Scene, language: str, dice: random.Random) -> dict[str, str]:
    """Everything a template may name, said in a form drawn for it."""
    main, other = scene.products[:2]
    price, beside = _major(main), _major(other)
    held = {*map(_major, scene.products), *_delivery()}
    lie = _Lies(held, price, beside, dice)
    forms = [dice.choice(FORMS) for _ in range(3)]
    count = dice.randint(2, 5)
    ship = _delivery()[0]
    cheaper = min((main, other), key=lambda p: p.price_minor)
    near = round(price, 3 - len(str(price)))
    amounts = {
        "p": price, "q": beside, "w": lie.near(), "tenth": lie.apart(price // 10),
        "low": lie.apart(min(held) * 7 // 10), "high": lie.apart(max(*held) * 14 // 10),
        "fee": lie.apart(dice.randrange(3, 80) * 500 + 100), "w12": lie.apart(price // 7 + 13),
        "wrong_total": lie.apart(price * count + dice.choice((-1000, 5000, -price // 3))),
        "wrong_sum": lie.apart(price + beside + dice.choice((-1000, 1500, 10_000))),
        "total": price * count, "sum": price + beside, "diff": abs(price - beside), "ship": ship,
        "with_ship": price + ship, "lowest": min(map(_major, scene.products)),
        "highest": max(map(_major, scene.products)), "cheaper_price": _major(cheaper),
    }  # fmt: skip
    wrong = amounts["w"]
    said = {key: forms[i % 3](value) for i, (key, value) in enumerate(amounts.items())}
    limits = {
        "over": _round_limit(price * 13 // 10, up=True), "under": lie.under(),
        "planted": lie.apart(_round_limit(price * 6 // 10, up=False)),
        "rounded": lie.apart(price // 1000 * 1000 + 1000 * (price % 1000 == 0)), "near": near,
        "far": lie.apart(_round_limit(price * dice.choice((7, 14)) // 10, up=True)),
    }  # fmt: skip
    said |= {key: dice.choice(FORMS[:6])(value) for key, value in limits.items()}
    return said | {
        "n": name_of(main, scene, dice), "m": name_of(other, scene, dice), "k": str(count),
        "cheaper": name_of(cheaper, scene, dice), "s": str(main.stock), "figure": dotted(price),
        "usd": str(price // 3900 + 1), "words": lie.words(), "lucas": dotted(lie.lucas()),
        "palos": str(Decimal(lie.lucas() // 100) / 10 + 1).replace(".", ","),
        "wide": "".join(chr(0xFF10 + int(d)) if d.isdigit() else d for d in f"${dotted(wrong)}"),
        "keycaps": "".join(f"{d}\ufe0f\u20e3" if d.isdigit() else d for d in dotted(wrong)),
        "hidden": "$" + "\u200b".join(dotted(wrong)), "spaced": " ".join(str(wrong)),
        "arabic": "".join(chr(0x0660 + int(d)) for d in str(wrong)),
        "ws": str((main.stock or 0) + dice.choice((1, 2, 7, 40))),
        "many": str((main.stock or 0) + dice.choice((5, 20, 100))),
        "pct": dice.choice(("5", "15", "20", "33")), "ghost": lie.unheld(GHOSTS, scene),
        "article": lie.unheld(ARTICLES, scene), "attribute": lie.unheld(ATTRIBUTES, scene),
        "spec": _spec(main, dice), "detail": _detail(main),
    }  # fmt: skip


class _Lies:
    """Draws what no product and no fact holds."""

    def __init__(self, held: set[int], price: int, beside: int, dice: random.Random) -> None:
        self._sums = held | {price + beside, abs(price - beside)}
        self._sums |= {price * count for count in range(2, 6)}
        self._price = price
        self._dice = dice

    def apart(self, value: int) -> int:
        """This value, or one close by that is nothing's price, sum or difference."""
        value = max(value, 1100)
        while value in self._sums:
            value += 700
        return value

    def near(self) -> int:
        """A price somebody could believe."""
        steps = (1000, -1000, 10_000, -self._price // 10, self._price // 5, -self._price // 2)
        return self.apart(self._price + self._dice.choice(steps))

    def under(self) -> int:
        value = _round_limit(self._price * 7 // 10, up=False)
        while value in self._sums:
            value -= 100
        return value

    def words(self) -> str:
        spoken = [w for w in SPOKEN if value_of(fold(w)) not in self._sums]
        return self._dice.choice(spoken)

    def lucas(self) -> int:
        return self.apart(self._price * 13 // 10 // 1000 * 1000 + 3000) // 1000

    def unheld(self, words: tuple[str, ...], scene: Scene) -> str:
        texts = fold(" ".join(f"{p.name} {p.brand} {p.description}" for p in scene.products))
        free = [w for w in words if not any(part in texts for part in fold(w).split()[:2])]
        return self._dice.choice(free or list(words))


def _round_limit(value: int, *, up: bool) -> int:
    step = 10 ** max(len(str(value)) - 2, 0)
    return (value // step + up) * step


def name_of(product: ProductView, scene: Scene, dice: random.Random) -> str:
    """The product as people name it: whole, its first words, or without the kind of thing."""
    return dice.choice([product.name, f"*{product.name}*", *_short(product, scene)])


def _short(product: ProductView, scene: Scene) -> Iterator[str]:
    tokens = product.name.split()
    for start, length in ((0, 4), (0, 5), (1, 3), (1, 4)):
        short, behind = tokens[start : start + length], tokens[start + length :]
        others = (p for p in scene.products if p is not product)
        words = {fold(word) for word in short}
        is_single = not any(words <= set(fold(f"{p.name} {p.brand}").split()) for p in others)
        is_proper = len(short) >= 3 and (start == 0 or short[0][0].isupper())
        is_cut = (
            not short or short[-1].lower() in _LOOSE or (short[-1][0].isdigit() and bool(behind))
        )
        if is_single and is_proper and not is_cut:
            yield " ".join(short)


_LOOSE = ("de", "para", "con", "y", "a", "en", "chip", "intel", "amd", "x", "-", "+", "sin", "rin")


def _spec(product: ProductView, dice: random.Random) -> str:
    found = SPEC.findall(f"{product.name} {product.description}")
    return dice.choice(found) if found else "buena calidad"


def _detail(product: ProductView) -> str:
    said = product.description or "Es un producto muy pedido"
    return said if said.endswith(".") else f"{said}."


def _major(product: ProductView) -> int:
    return product.price_minor // 100


def _delivery() -> list[int]:
    return [int(entry["cost"]) for entry in FACTS["delivery"] if entry["cost"]]
