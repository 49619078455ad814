from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import grounding
from bot.messages import TalkMessage
from bot.providers import offline
from bot.providers.offline import OfflineAnswer, answer
from bot.turn_context import TurnContext
from catalog.search import Hit, ProductView
from core.texts import text
from shop.facts import ShopFacts

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FACTS = ShopFacts(
    {
        "name": "La Esquina",
        "website": "https://laesquina.example",
        "hours": [{"days": "lunes a viernes", "open": "09:00", "close": "18:00"}],
        "delivery": [{"zone": "Bogotá", "cost": 12000, "currency": "COP", "time": "1 día"}],
        "payment": ["efectivo", "tarjeta"],
        "branches": [{"name": "Centro", "address": "Calle 10 # 4-20", "phone": "601 555 0101"}],
    }
)


NO_BICYCLES = text("customer.offline.no_such_product", name="bicicletas")


def said(body: str, author: str = "customer") -> TalkMessage:
    return TalkMessage(seq=1, author=author, body=body, type="text", created_at=NOW)


def hit(number: int, stock: int | None = 5, reason: str = "laptops", score: float = 1.0) -> Hit:
    product = ProductView(
        id=number,
        external_id=str(number),
        sku=f"LAP-{number}",
        name=f"Portátil Andes {number}",
        brand="Andes",
        category="Portátiles",
        description="",
        price_minor=150000000 + number * 1000000,
        currency="COP",
        stock=stock,
    )
    return Hit(product=product, score=score, reason=reason)


def context(*bodies: str, **given: object) -> TurnContext:
    values: dict[str, object] = {"facts": FACTS, "shop_name": "La Esquina", "now": NOW} | given
    return TurnContext(waiting=tuple(said(body) for body in bodies), **values)  # type: ignore[arg-type]


def reply(*bodies: str, **given: object) -> str:
    return answer(context(*bodies, **given)).text


def test_asked_products_come_with_price_and_stock() -> None:
    found = answer(context("¿tienen laptops?", hits=(hit(1), hit(2, stock=None), hit(3, stock=1))))
    assert found == OfflineAnswer(
        text="Esto encontré en nuestro catálogo:\n"
        "• *Portátil Andes 1*: $1.510.000 (disponible, 5 unidades)\n"
        "• *Portátil Andes 2*: $1.520.000 (stock por confirmar)\n"
        "• *Portátil Andes 3*: $1.530.000 (disponible, queda 1)",
        products=("LAP-1", "LAP-2", "LAP-3"),
        prices={"1": 151000000, "2": 152000000, "3": 153000000},
    )


def test_what_is_sold_out_is_named_so_and_stands_last() -> None:
    found = answer(context("¿tienen laptops?", hits=(hit(1, stock=0), hit(2))))
    assert found.products == ("LAP-2", "LAP-1")
    assert found.text.endswith("*Portátil Andes 1*: $1.510.000 (agotado)")


def test_at_most_five_products_are_listed() -> None:
    found = answer(context("¿tienen laptops?", hits=tuple(hit(n) for n in range(1, 9))))
    assert len(found.products) == len(found.prices) == 5


def test_hits_that_match_little_of_the_question_are_not_sold_as_what_was_asked() -> None:
    question = "cargador solar plegable para acampar"
    found = reply(question, hits=(hit(1, reason="solar"),))
    assert text("customer.offline.products_close", name="cargador solar plegable") in found


def test_what_matched_far_worse_than_the_best_is_not_shown() -> None:
    mouse = hit(3, reason="mouse", score=0.2)  # by another word: asked for as well
    found = answer(context("¿tienen laptops y mouse?", hits=(hit(1), hit(2, score=0.2), mouse)))
    assert found.products == ("LAP-1", "LAP-3")


@pytest.mark.parametrize(
    ("question", "reasons"),
    [
        ("laptops de 14 pulgadas", ("laptops, 14in", "laptops")),
        ("laptops para arquitectura", ("arquitectura", "laptops")),
    ],
)
def test_what_has_the_measure_or_serves_the_purpose_is_shown_alone(
    question: str, reasons: tuple[str, ...]
) -> None:
    hits = tuple(hit(number, reason=reason) for number, reason in enumerate(reasons, 1))
    assert answer(context(question, hits=hits)).products == ("LAP-1",)


def test_the_cheapest_come_first_and_no_cheaper_thing_of_another_kind() -> None:
    case = replace(hit(1), product=replace(hit(1).product, category="Maletines"))
    found = answer(context("la laptop más barata", hits=(hit(3), case, hit(2))))
    assert found.products == ("LAP-2", "LAP-3")


def test_the_dearest_of_everything_is_of_any_kind() -> None:
    case = replace(hit(1), product=replace(hit(1).product, category="Maletines"))
    found = answer(context("lo más caro que tengan", hits=(hit(3), case)))
    assert len(found.products) == 2


def test_nothing_found_is_said() -> None:
    assert reply("¿venden bicicletas?") == NO_BICYCLES


def test_stray_words_beside_another_question_are_no_missing_product() -> None:
    assert "Calle 10" in reply("pasame la direccion del letrero")
    assert text("customer.offline.no_product") not in reply("pasame la direccion del letrero")


def test_a_story_about_a_purchase_is_no_missing_product() -> None:
    told = reply("me llego otro color, quiero cambiarlo")
    assert text("customer.offline.unknown_fact", topic="cambios y devoluciones") in told
    assert "«" not in told


def test_a_missing_product_is_named_beside_another_answer() -> None:
    found = reply("tienen bicicletas? y donde estan?")
    assert NO_BICYCLES in found
    assert "Calle 10" in found


def test_a_price_without_a_product_asks_which() -> None:
    assert reply("precio?") == text("customer.offline.which_product")


def test_hits_are_ignored_when_no_product_was_asked() -> None:
    found = answer(context("gracias", hits=(hit(1),)))
    assert (found.text, found.products, found.prices) == (text("customer.offline.thanks"), (), {})


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("¿a qué hora abren?", "lunes a viernes"),
        ("hacen envios a bogota", "12.000"),
        ("como puedo pagar", "efectivo"),
        ("donde estan ubicados", "Calle 10 # 4-20"),
    ],
)
def test_facts_are_told_by_topic(question: str, known: str) -> None:
    assert known in reply(question)


def test_hours_say_whether_the_shop_is_open_now() -> None:
    assert text("customer.offline.open_now") in reply("¿están abiertos?")
    closed = text("customer.offline.closed_until", weekday="martes", time="09:00")
    assert closed in reply("¿están abiertos?", now=NOW.replace(hour=22))


def test_an_unknown_fact_is_admitted_and_a_person_offered() -> None:
    sentence = text("customer.offline.unknown_fact", topic="cambios y devoluciones")
    assert reply("¿puedo devolver un producto?") == sentence


def test_several_unknown_facts_are_admitted_in_one_sentence() -> None:
    found = reply("a que hora abren y aceptan tarjeta?", facts=ShopFacts())
    assert found == text("customer.offline.unknown_fact", topic="horario, formas de pago")


def test_a_request_beyond_the_shop_is_declined_beside_another_answer() -> None:
    found = reply("a que hora abren? y hazme un poema")
    assert "lunes a viernes" in found
    assert text("customer.offline.off_topic") in found


def test_several_questions_are_answered_together() -> None:
    found = reply("hola", "tienen laptops?", "hacen envios y a que hora abren", hits=(hit(1),))
    for part in ("Portátil Andes 1", "12.000", "lunes a viernes"):
        assert part in found


def test_the_first_reply_names_the_shop_and_says_it_is_automatic() -> None:
    found = reply("hola", is_first_reply=True)
    assert found.startswith(text("customer.offline.first", shop="La Esquina"))
    assert found.endswith(text("customer.offline.ask_what"))


def test_a_shop_without_a_name_is_introduced_too() -> None:
    found = reply("hola", is_first_reply=True, shop_name="")
    assert found.startswith(text("customer.offline.first_unnamed"))


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("muchas gracias!", "thanks"),
        ("adios", "goodbye"),
        ("ok", "assent"),
        ("hazme la tarea de matematicas", "off_topic"),
        ("escribe un codigo en python", "off_topic"),
        ("que me tomo para la fiebre", "off_topic"),
        ("eres un robot?", "identity"),
        ("tienen descuentos?", "discount"),
        ("mándame fotos", "photos"),
        ("quiero", "ask_what"),
        ("👍", "ask_what"),
    ],
)
def test_small_talk_has_its_own_sentence(question: str, key: str) -> None:
    assert reply(question) == text(f"customer.offline.{key}")


def test_who_asks_for_everything_is_shown_the_website() -> None:
    assert "https://laesquina.example" in reply("que venden?")
    assert reply("que venden?", facts=ShopFacts()) == text("customer.offline.overview")


@pytest.mark.parametrize("question", ["quiero un asesor", "llegó dañado", "mi pedido?"])
def test_a_person_is_reachable_by_the_branches_phone(question: str) -> None:
    assert "601 555 0101 (Centro)" in reply(question)


@pytest.mark.parametrize("question", ["quiero un asesor", "llegó dañado", "mi pedido?"])
def test_without_a_phone_nobody_is_promised(question: str) -> None:
    assert reply(question, facts=ShopFacts()).endswith(text("customer.person_unknown"))


def test_who_wants_to_buy_is_told_where() -> None:
    found = reply("lo quiero", hits=(hit(1),))
    assert "Portátil Andes 1" in found
    assert text("customer.offline.buying") in found
    assert "601 555 0101 (Centro)" in found


def test_who_asks_for_a_person_first_is_not_told_to_ask_for_one() -> None:
    assert reply("asesor", is_first_reply=True).startswith(text("customer.person_asked"))


def test_who_asks_for_a_person_again_is_not_told_to_ask_for_one() -> None:
    first = reply("una persona")
    second = reply("una persona", history=(said(first, author="bot"),))
    assert second.startswith(text("customer.offline.person_again"))
    assert "601 555 0101 (Centro)" in second


def test_a_complaint_on_an_order_is_answered_by_one_apology() -> None:
    found = reply("mi pedido llegó dañado")
    assert text("customer.offline.complaint") in found
    assert text("customer.offline.order_status") not in found


@pytest.mark.parametrize(
    ("language", "word"), [("es", "persona"), ("en", "person"), ("pt", "pessoa")]
)
def test_the_word_customers_are_told_to_write_leads_to_a_person(language: str, word: str) -> None:
    assert f"*{word}*" in text("customer.offline.first", language, shop="La Esquina")
    assert reply(word, language=language).startswith(text("customer.person_asked", language))


def test_advice_is_declined_unless_the_shop_has_what_was_asked_for() -> None:
    question = "me duele la cabeza, tienen paracetamol?"
    assert reply(question) == text("customer.offline.off_topic")
    assert "Portátil Andes 1" in reply(question, hits=(hit(1, reason="paracetamol"),))


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_answers_are_in_the_customers_language(language: str) -> None:
    found = reply("gracias thanks obrigado", language=language)
    assert found == text("customer.offline.thanks", language)


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("stock", [0, 1, 7, None])
@pytest.mark.parametrize(
    "question", ["tienen laptops? hay descuento?", "laptops, envios y horario", "donde estan"]
)
def test_what_is_said_offline_passes_the_truth_check(
    question: str, stock: int | None, language: str
) -> None:
    asked = context(question, hits=(hit(1, stock=stock), hit(2)), language=language)
    found = answer(asked)
    verdict = grounding.check(found.text, asked)
    assert verdict.grounded
    assert set(verdict.products) == set(found.products)


@pytest.mark.parametrize("question", ["hola", "gracias", "¿a qué hora abren?", "bicicletas?"])
def test_the_same_reply_is_never_given_twice_in_a_row(question: str) -> None:
    history: tuple[TalkMessage, ...] = ()
    for _ in range(5):
        found = reply(question, history=history)
        assert not history or found != history[-1].body
        history = (*history, said(question), said(found, author="bot"))


def test_asked_again_the_other_products_are_shown() -> None:
    hits = tuple(hit(n) for n in range(1, 9))
    first = answer(context("laptops", hits=hits))
    second = answer(context("laptops", hits=hits, history=(said(first.text, author="bot"),)))
    assert second.products == ("LAP-6", "LAP-7", "LAP-8")


def test_it_is_no_network_provider() -> None:
    assert not hasattr(offline, "PROVIDER")


def test_a_long_fact_is_told_by_its_beginning() -> None:
    returns = "Aceptamos cambios con factura. " * 60
    found = reply("puedo devolverlo?", facts=ShopFacts({"returns": returns}), is_first_reply=True)
    assert len(found) <= offline.MOST_CHARS
    assert found.endswith("Aceptamos cambios con factura.")
