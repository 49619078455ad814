import pytest

from bot.prompts.tokens import clipped, estimate_tokens

LINE = "| LAP-001 | Laptop Acer Aspire Go 15 Intel Core i3 8GB 256GB SSD | $1.499.000 | 9"
SPANISH = "Responde en el idioma del cliente. Sin enlaces que no estén en los datos."
ENGLISH = "Homework, code, medicine and anything outside the shop: decline politely."


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        pytest.param("", 0, 0, id="nothing"),
        pytest.param("hola", 1, 3, id="one word"),
        pytest.param(SPANISH, 16, 22, id="Spanish prose"),
        pytest.param(ENGLISH, 14, 22, id="English prose"),
        pytest.param(LINE, 32, 40, id="a line of digits and marks"),
        pytest.param("🙏🙏🙏", 3, 9, id="emoji"),
        pytest.param("你好吗", 3, 6, id="another script"),
    ],
)
def test_tokens_are_estimated_near_what_tokenizers_count(words: str, least: int, most: int) -> None:
    """The bounds are what cl100k and o200k count, give or take a sixth."""
    assert least <= estimate_tokens(words) <= most


@pytest.mark.parametrize("limit", [1, 5, 12, 20, 33, 34, 200])
def test_a_clipped_text_fits_and_shows_that_it_was_cut(limit: int) -> None:
    kept = clipped(LINE, limit)
    assert estimate_tokens(kept) <= max(limit, 1)
    assert kept == LINE or (kept.endswith("…") and LINE.startswith(kept[:-1]))


def test_a_text_is_cut_between_words() -> None:
    assert clipped("camiseta negra de algodón peinado", 6) == "camiseta negra de…"


def test_the_end_can_be_what_is_kept() -> None:
    assert clipped("relleno " * 50 + "¿tienen tazas?", 8, keep_end=True).endswith("¿tienen tazas?")


def test_one_word_longer_than_the_room_is_cut_inside() -> None:
    kept = clipped("a" * 100_000, 10)
    assert 5 < len(kept) < 45
