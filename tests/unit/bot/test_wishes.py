import pytest

from bot.reading.intents import read

NAMED = [
    ("tienen camisetas negras y gorras?", ["camisetas negras", "gorras"]),
    ("precio del iphone 13", ["iphone 13"]),
    ("precio del iphone 16, el galaxy s25 y la tablet?", ["iphone 16", "galaxy s25", "tablet"]),
    ("me dijeron que el iphone costaba $10.000", ["iphone"]),
    ("la nevera cuesta 50 mil pesos", ["nevera"]),
    ("camisa azul y roja", ["camisa azul roja"]),
    ("compara la freidora imusa con la philips", ["freidora imusa", "philips"]),
    ("fotos de la mochila totto", ["mochila totto"]),
    ("envio de laptops a cali", ["laptops"]),
    ("hacen envios a cali", []),
    ("cobran envio?", []),
    ("cajas para envios", ["cajas"]),
    ("taladro que no sea bosch ni dewalt", ["taladro"]),
    ("vestido q no sea rojo", ["vestido"]),
    ("no quiero jean, mejor una falda", ["falda"]),
    ("campera sin capucha", ["campera"]),
    ("pegamento pvc", ["pegamento pvc"]),
]  # fmt: skip


@pytest.mark.parametrize(("message", "names"), NAMED)
def test_each_product_is_named_by_its_own_words(message: str, names: list[str]) -> None:
    assert [" ".join(wish.words) for wish in read(message).wishes] == names


@pytest.mark.parametrize(
    ("message", "quantities"),
    [
        ("3 camisetas y 2 gorras", [3, 2]),
        ("dos de las tazas azules", [2]),
        ("el iphone 16, el galaxy s25", [None, None]),
        ("televisor de 43 pulgadas", [None]),
        ("dos docenas de medialunas", [2]),
        ("laptop con 16 de ram", [None]),
    ],
)
def test_a_number_before_a_product_counts_it(message: str, quantities: list[int | None]) -> None:
    assert [wish.quantity for wish in read(message).wishes] == quantities


@pytest.mark.parametrize(
    ("message", "asks"),
    [
        ("la laptop acer tiene windows?", ("windows",)),
        ("cuánta batería tiene el jbl tune?", ("bateria",)),
        ("hola tiene mouse?", ()),
        ("celular con buena camara", ()),
    ],
)
def test_what_somebody_wants_to_know_of_a_product_is_no_product(
    message: str, asks: tuple[str, ...]
) -> None:
    (wish,) = read(message).wishes
    assert wish.asks == asks
