"""Products and texts enter; the products a text names are found, shortened names too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.truth.folding import plain
from bot.truth.mentions import ProductNames
from tests.unit.bot.truth_world import ALL, CAP

NAMES = ProductNames(ALL)


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("el Galaxy A15", ["SAM-A15"]),
        ("el A15 negro", ["SAM-A15"]),
        ("SAMSUNG GALAXY A15 128 GB", ["SAM-A15"]),
        ("el *Moto G04*", ["MOT-G04"]),
        ("portatil lenovo ideapad", ["LEN-V15"]),
        ("las camisetas Pati", ["CAM-PATI"]),
        ("la gorra", ["GOR-01"]),
        ("el Motorola cuesta", ["MOT-G04"]),
        ("Logitech $20", ["MOU-01"]),
        ("gorras clasicas rojas", ["GOR-01"]),
        ("ref MOU-01, mouse logitech", ["MOU-01"]),
        ("el A15, el G04 y la gorra", ["SAM-A15", "MOT-G04", "GOR-01"]),
        ("2 Camiseta Pati Marino", ["CAM-PATI"]),
    ],
)
def test_named_products_are_found(text: str, skus: list[str]) -> None:
    assert [ALL[i].sku for mention in NAMES.find(text) for i in mention.products] == skus


def test_plurals_are_those_of_the_search() -> None:
    lamp = replace(CAP, name="Luz Solar", brand="")
    assert [m.products for m in ProductNames([lamp]).find("las luces")] == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "viene en color negro",
        "memoria de 128GB",
        "tenemos celulares",
        "hola",
        "15 días",
        "ropa roja",
    ],
)
def test_common_words_name_no_product(text: str) -> None:
    assert NAMES.find(text) == ()


@pytest.mark.parametrize("text", ["el iPhone 15 cuesta", "Galaxy S24", "Samsung Galaxy A25"])
def test_models_the_shop_lacks_are_foreign(text: str) -> None:
    assert [mention.products for mention in NAMES.find(text)] == [()]


def test_model_numbers_the_prompt_held_are_not_foreign() -> None:
    assert ProductNames(ALL, lambda: ("Procesador Helio G99",)).find("con Helio G99") == ()


def test_mention_says_where_it_stands() -> None:
    text = "Te sugiero la *Camiseta Pati Marino* hoy"
    (mention,) = NAMES.find(text)
    assert plain(text)[mention.start : mention.end] == "Camiseta Pati Marino"
