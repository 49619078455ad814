import pytest

from catalog.words.repair import Repairer, sound_key

KNOWN = dict.fromkeys(["celular", "impresor", "laptop", "samsung", "audifon", "mesa"], 3)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("selular", "celular"),
        ("imprezora", "impresora"),
        ("guitarra", "gitarra"),
        ("kafe", "cafe"),
        ("yave", "llave"),
        ("baca", "vaca"),
        ("ziya", "silla"),
        ("guisqui", "whisky"),
        ("guawei", "huawei"),
    ],
)
def test_what_sounds_alike_has_one_key(heard: str, written: str) -> None:
    assert sound_key(heard) == sound_key(written)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("selular", "celular"),
        ("laptos", "laptop"),
        ("samsumg", "samsung"),
        ("audifnos", "audifon"),
        ("smasung", "samsung"),
    ],
)
def test_misspelt_words_are_repaired(word: str, meant: str) -> None:
    assert Repairer(KNOWN).repair(word) == meant


@pytest.mark.parametrize("word", ["mess", "sombrilla", "bicicleta", "s24x7", "nsamsung", ""])
def test_short_far_or_numbered_words_are_left_alone(word: str) -> None:
    assert Repairer(KNOWN).repair(word) is None


def test_of_two_equally_near_words_the_more_common_wins() -> None:
    assert Repairer({"correo": 1, "correa": 7}).repair("corree") == "correa"


def test_a_letter_nobody_takes_for_another_makes_another_word() -> None:
    assert Repairer({"power": 3}).repair("poner") != "power"
    assert Repairer({"power": 3}).repair("powrr") == "power"


def test_misspelt_talk_is_talk() -> None:
    assert Repairer(KNOWN).repair("presio") == "precio"


@pytest.mark.parametrize("word", ["lapto", "mesas"])
def test_short_words_with_a_letter_more_or_less_are_words_of_their_own(word: str) -> None:
    assert Repairer({"laptop": 3, "mesa": 3}).repair(word) != "laptop"
