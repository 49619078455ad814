import pytest

from bot.prompts.candidates import TOKENS, lines
from bot.prompts.tokens import estimate_tokens
from bot.turn_context import MENTIONED
from core.texts import LANGUAGES
from tests.unit.bot.prompt_world import context, hit, said

LONG = "Celular con pantalla AMOLED de 6,7 pulgadas, 256GB, 5G, doble SIM y cámara de 108 MP, azul "


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", ["Taza", "Portátil Andes 16GB SSD 512GB 15,6 pulgadas Windows 11", LONG, LONG * 5]
)
def test_eight_candidates_always_fit_their_room(name: str, language: str) -> None:
    hits = tuple(hit(n, name=f"{name} {n}", description=LONG * 3) for n in range(1, 9))
    shown = lines(context(hits=hits, language=language), 8, with_details=True)
    assert estimate_tokens(shown) <= TOKENS
    assert len(shown.splitlines()) == 9


def test_a_candidate_is_one_line_under_named_columns() -> None:
    assert lines(context(hits=(hit(),)), 8, with_details=False).splitlines() == [
        "sku | nombre | precio | existencias | detalle",
        "| LAP-001 | Portátil Andes 1 16GB SSD 512GB | $2.299.901 | 5",
    ]


@pytest.mark.parametrize(("stock", "shown"), [(5, "5"), (0, "agotado"), (None, "sin confirmar")])
def test_stock_is_a_number_or_the_word_for_it(stock: int | None, shown: str) -> None:
    line = lines(context(hits=(hit(stock=stock),)), 8, with_details=False)
    assert line.endswith(f"| $2.299.901 | {shown}")


def test_the_brand_is_said_where_the_name_does_not_say_it() -> None:
    shown = lines(context(hits=(hit(brand="Sierra"),)), 8, with_details=False)
    assert "Portátil Andes 1 16GB SSD 512GB (Sierra)" in shown


def test_what_only_an_earlier_reply_named_is_marked() -> None:
    shown = lines(context(hits=(hit(1), hit(2, reason=MENTIONED))), 8, with_details=False)
    assert ["mencionado antes" in line for line in shown.splitlines()] == [False, False, True]


def test_one_candidate_is_shown_with_all_it_says() -> None:
    assert hit().product.description in lines(context(hits=(hit(),)), 8, with_details=True)


FILLER = "Texto que no responde nada y ocupa mucho sitio en la línea. " * 4


def test_what_was_asked_is_answered_for_every_candidate_before_anything_else_is_told() -> None:
    hits = tuple(hit(n, description=f"{FILLER}Trae garantía de {n} meses.") for n in range(1, 9))
    shown = lines(context(said("¿el último tiene garantia?"), hits=hits), 8, with_details=True)
    told = shown.splitlines()[1:]
    assert len(told) >= 4
    assert all(f"Trae garantía de {n} meses" in line for n, line in enumerate(told, 1))
    assert estimate_tokens(shown) <= TOKENS


def test_a_question_that_names_nothing_keeps_what_was_talked_about() -> None:
    hits = (*(hit(n) for n in range(1, 6)), hit(9, reason=MENTIONED))
    asked = context(said("¿cuánto cuesta ese?"), hits=hits, mentioned=(hits[-1].product,))
    assert "LAP-009" in lines(asked, 1, with_details=False)
    named = context(said("¿tienen laptops?"), hits=hits, mentioned=(hits[-1].product,))
    assert "LAP-001" in lines(named, 1, with_details=False)
