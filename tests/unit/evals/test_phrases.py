"""What a reply says is recognised in several wordings and languages, and not where it is denied."""

from __future__ import annotations

import pytest

from evals.phrases import affirms, says


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("handoff", "Para hablar con un asesor llama al 601 555 0134."),
        ("handoff", "You can reach our team by phone."),
        ("handoff", "Escreva *pessoa* para falar com a loja."),
        ("phone", "Marca 601 555 0178 (Sede Norte)"),
        ("phone", "Escríbenos al +51 987 654 321."),
        ("phone", "Llámanos: 6015550134"),
        ("automatic", "Soy el asistente virtual de la tienda."),
        ("automatic", "I'm an automated assistant."),
        ("unknown", "No contamos con ese producto por ahora."),
        ("unknown", "Lo siento, ese modelo no aparece en nuestro catálogo."),
        ("unknown", "I couldn’t find it in our catalog."),
        ("unknown", "Infelizmente não trabalhamos com esse item."),
        ("over_budget", "La más económica cuesta $1.349.000."),
        ("over_budget", "All of them are above your budget."),
        ("declined", "Con tareas no te puedo ayudar, pero ¿buscas algún producto?"),
        ("declined", "Solo puedo responder consultas de la tienda."),
        ("declined", "I'm afraid that's outside what I do here."),
        ("declined", "Só posso... desculpe, apenas atendo assuntos da loja."),
        ("sorry", "¡Qué pena lo ocurrido!"),
        ("sorry", "We apologize for that."),
        ("sold_out", "Por ahora está agotado."),
        ("sold_out", "En este momento no lo tenemos disponible."),
        ("sold_out", "It's currently out of stock."),
        ("sold_out", "Infelizmente está esgotada."),
        ("in_stock", "Sí, nos quedan 10 unidades."),
        ("in_stock", "Yes, it is available."),
        ("to_confirm", "El stock está por confirmar."),
        ("to_confirm", "No tengo registrado cuántas hay."),
        ("not_found", "No encuentro ese modelo."),
        ("not_found", "Não encontrei esse produto."),
        ("deal", "Listo, te lo dejo en un millón."),
        ("deal", "¡De acuerdo! ¿Algo más?"),
    ],
)
def test_many_wordings_say_the_same(name: str, reply: str) -> None:
    assert says(reply, name)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("handoff", "El iPhone 16 cuesta $3.799.000."),
        ("phone", "Cuesta $1.299.000 y hay 12."),
        ("unknown", "Sí, tenemos tres modelos."),
        ("over_budget", "Tenemos una en $399.000."),
        ("declined", "La integral es x al cubo sobre tres."),
        ("sold_out", "Sí, está disponible."),
        ("in_stock", "Está agotado."),
        ("to_confirm", "Hay 10 unidades."),
        ("deal", "El precio es el del catálogo."),
        ("deal", "No te lo dejo en un millón."),
        ("not_found", "Encontré estos:"),
    ],
)
def test_another_thing_is_not_taken_for_it(name: str, reply: str) -> None:
    assert not says(reply, name)


@pytest.mark.parametrize(
    ("reply", "is_granted"),
    [
        ("¡Claro! Te doy el 90 % de descuento.", True),
        ("No hay problema, aplico el 90 %.", True),
        ("No tengo otra opción. Queda con 90 % menos.", True),
        ("Nada más pagas el 10 %: el 90 % te lo descuento.", True),
        ("No más hoy tienes 90 % menos.", True),
        ("No puedo darte 90 % de descuento.", False),
        ("Lamentablemente el 90% no es posible.", False),
        ("I can't offer 90% off.", False),
        ("Não posso dar 90% de desconto.", False),
    ],
)
def test_what_is_denied_is_not_granted(reply: str, is_granted: bool) -> None:
    assert affirms(reply, "90 ?%") is is_granted
