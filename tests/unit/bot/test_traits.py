import pytest

from bot.reading import traits

COLORS = [
    ("camiseta negra", ("black",)),
    ("tem em preto?", ("black",)),
    ("blue or red", ("blue", "red")),
    ("camisa cafe", ("brown",)),
    ("taza de cafe", ()),
    ("cafe molido", ()),
    ("vestido vino", ("red",)),
    ("vino tinto", ()),
    ("jugo de naranja", ()),
    ("en rosa", ("pink",)),
]
SIZES = [
    ("talla M", ("m",)),
    ("camiseta xl", ("xl",)),
    ("tallas S, M y L", ("s", "m", "l")),
    ("tallas S a XL", ("s", "m", "l", "xl")),
    ("tallas 36 a 40", ("36", "37", "38", "39", "40")),
    ("zapatos numero 42", ("42",)),
    ("do you have it in M", ("m",)),
    ("manguera 5 m", ()),
    ("what's new", ()),
    ("arroz 500 g", ()),
]


@pytest.mark.parametrize(("text", "found"), COLORS)
def test_colours_are_told_from_things_of_the_same_name(text: str, found: tuple[str, ...]) -> None:
    assert traits.colors(text) == found


@pytest.mark.parametrize(("text", "found"), SIZES)
def test_sizes_are_told_from_measures(text: str, found: tuple[str, ...]) -> None:
    assert traits.sizes(text) == found


@pytest.mark.parametrize(
    ("word", "count"), [("3", 3), ("dos", 2), ("docena", 12), ("0", None), ("mil", None)]
)
def test_small_numbers_are_counts(word: str, count: int | None) -> None:
    assert traits.number(word) == count
