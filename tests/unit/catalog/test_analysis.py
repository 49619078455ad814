import unicodedata

import pytest

from catalog.words.analysis import fold, product_code, split_glued, stem, words


def test_folding_takes_accents_and_keeps_ene() -> None:
    assert fold("CAMIÓN Ñandú pingüino çà") == "camion ñandu pinguino ca"


def test_decomposed_text_folds_like_composed_text() -> None:
    assert fold(unicodedata.normalize("NFD", "Pañal Único")) == "pañal unico"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Monitor 27" curvo', ["monitor", "27in", "curvo"]),
        ("27 pulgadas", ["27in"]),
        ("128 GB", ["128gb"]),
        ("128gb", ["128gb"]),
        ("2 teras", ["2tb"]),
        ("500 ml de crema", ["500ml", "de", "crema"]),
        ("pantalla 15,6 pulgadas", ["pantalla", "15.6in"]),
        ("el litro", ["el", "litro"]),
        ("¡Hola! 🙏☕️", ["hola"]),
        ("", []),
    ],
)
def test_words_join_a_number_and_its_unit(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("s26ultra", ("s26", "ultra")),
        ("iphone17", ("iphone", "17")),
        ("rtx4060ti", ("rtx", "4060", "ti")),
        ("a17", ()),
        ("128gb", ()),
        ("laptop", ()),
    ],
)
def test_glued_letters_and_numbers_are_split(word: str, parts: tuple[str, ...]) -> None:
    assert split_glued(word) == parts


@pytest.mark.parametrize(
    "forms",
    [
        ("camisa", "camisas"),
        ("camion", "camiones"),
        ("laptop", "laptops"),
        ("mouse", "mouses"),
        ("lapiz", "lapices"),
        ("lente", "lentes"),
        ("cable", "cables"),
        ("inalambrico", "inalambricas"),
        ("computacion", "computaciones"),
    ],
)
def test_forms_of_a_word_share_their_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    "pair", [("casa", "case"), ("cola", "col"), ("tela", "tele"), ("care", "car")]
)
def test_short_words_that_differ_in_a_letter_stay_apart(pair: tuple[str, str]) -> None:
    assert stem(pair[0]) != stem(pair[1])


@pytest.mark.parametrize(
    "pair", [("remache", "remachadora"), ("lija", "lijadora"), ("pimienta", "pimiento")]
)
def test_words_of_one_root_that_name_other_articles_stay_apart(pair: tuple[str, str]) -> None:
    assert stem(pair[0]) != stem(pair[1])


def test_product_codes_ignore_what_stands_between_their_parts() -> None:
    assert product_code(" LAP-003/b ") == product_code("lap003B") == "lap003b"
