import pytest

from bot.messages import TalkMessage
from bot.prompts import facts
from bot.prompts.tokens import estimate_tokens
from bot.turn_context import TurnContext
from shop.facts import TOPICS, ShopFacts
from tests.unit.bot.prompt_world import FACTS, context, hit, said

ALL = frozenset(TOPICS)


def always(known: TurnContext) -> str:
    return facts.always(known.facts, known.language, known.currency)


@pytest.mark.parametrize(
    ("body", "topics"),
    [
        ("¿hacen envíos?", {"delivery"}),
        ("¿a qué hora abren y cómo puedo pagar?", {"hours", "payment"}),
        ("do you ship to Cali?", {"delivery"}),
        ("vocês aceitam pix?", {"payment"}),
        ("llegó roto, quiero reclamar", {"returns"}),
        ("quiero hablar con una persona", {"hours", "branches"}),
        ("hola", set()),
        ("muchas gracias", set()),
        ("hazme la tarea de matemáticas", set()),
        ("¿qué venden?", set()),
    ],
)
def test_facts_are_sent_where_they_are_asked_for(body: str, topics: set[str]) -> None:
    assert facts.topics_at_hand(context(said(body))) == topics


def test_a_question_nobody_foresaw_gets_all_facts_when_no_product_answers_it() -> None:
    question = said("¿tienen zumbel?")
    assert facts.topics_at_hand(context(question)) == ALL
    assert facts.topics_at_hand(context(question, hits=(hit(),))) == frozenset()


DELIVERY_TALK = (said("¿hacen envíos?"), said("Sí, a Bogotá y Medellín", "bot"))


@pytest.mark.parametrize("body", ["¿y a Cali?", "a Cali cuánto?", "¿y cuánto demora?", "Cali"])
def test_a_follow_up_still_has_the_facts_of_the_question_before(body: str) -> None:
    assert "delivery" in facts.topics_at_hand(context(said(body), history=DELIVERY_TALK))


def test_a_topic_is_forgotten_two_questions_later() -> None:
    later = (*DELIVERY_TALK, said("¿tienen tazas?"), said("Sí", "bot"), said("¿y rojas?"))
    assert facts.topics_at_hand(context(said("una grande"), history=later, hits=(hit(),))) == set()


def test_yes_means_what_the_shop_offered() -> None:
    offered = (said("hola"), said("¿Quieres saber nuestras formas de pago?", "bot"))
    assert facts.topics_at_hand(context(said("sí"), history=offered)) == {"payment"}


def test_contact_and_own_fields_and_topics_are_always_sent() -> None:
    assert always(context(said("hola"))).splitlines() == [
        "| phone: 601 555 0101 (Centro)",
        "| website: https://laesquina.example",
        '| gift_wrap: {"available": true}',
        "| temas que la tienda explica: horario, envíos, formas de pago, cambios y devoluciones, "
        "dirección",
    ]


def test_a_chain_of_shops_does_not_fill_the_prompt_with_its_phones() -> None:
    branches = [{"name": f"Sede {n}", "phone": f"601 555 {n:04}"} for n in range(40)]
    chain = context(
        said("¿cuál es el teléfono de la sede 39?"), facts=ShopFacts({"branches": branches})
    )
    assert "601 555 0039" not in always(chain)
    assert "601 555 0039" in facts.asked(chain, 2000)


ZONES = [{"zone": f"Zona {n} Ñuñoa", "cost": n * 1000, "time": "3 días"} for n in range(60)]


def many(question: str) -> TurnContext:
    zones = [*ZONES, {"zone": "Zipaquirá", "cost": 7000, "time": "2 días"}]
    return context(said(question), facts=ShopFacts({"delivery": zones}), currency="COP")


def test_where_facts_are_too_many_those_with_the_questions_words_go_first() -> None:
    told = facts.asked(many("¿cuánto cuesta el envío a zipaquira?"), 100)
    assert "Zipaquirá: $7.000, 2 días" in told
    assert estimate_tokens(told) <= 110


def test_what_was_asked_before_counts_for_that_too() -> None:
    talk: tuple[TalkMessage, ...] = (said("¿envían a Zipaquirá?"), said("Sí", "bot"))
    told = facts.asked(
        TurnContext((said("¿y cuánto cuesta el envío?"),), talk, facts=many("x").facts), 100
    )
    assert "Zipaquirá" in told


def test_own_fields_beyond_the_room_are_sent_where_asked_for() -> None:
    long = {f"regla_{n}": f"Texto propio número {n} " + "sobre la tienda " * 12 for n in range(9)}
    shop = ShopFacts(FACTS | long | {"mascotas": "Se admiten perros pequeños en la tienda. " * 9})
    asked = context(said("¿puedo entrar con mis mascotas o perros?"), facts=shop)
    assert estimate_tokens(always(asked)) <= facts.ALWAYS_TOKENS + 100
    assert "mascotas" not in always(asked)
    assert "Se admiten perros" in facts.asked(asked, 400)
    assert "Se admiten perros" not in facts.asked(context(said("¿hacen envíos?"), facts=shop), 400)


def test_a_shop_that_said_nothing_is_said_to_have_said_nothing() -> None:
    nothing = context(facts=ShopFacts({"name": "X", "currency": "COP"}))
    assert always(nothing) == "(la tienda no ha dado sus datos: no los conoces)"
    assert facts.asked(nothing, 500) == ""
