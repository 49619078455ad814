from datetime import UTC, datetime

import pytest

from bot.messages import TalkMessage
from bot.policy import Decision, decide, detect_language, is_fragment, wait_s
from core.texts import flatten, text


def message(body: str, type_: str = "text") -> TalkMessage:
    return TalkMessage(
        seq=1,
        author="customer",
        body=body,
        type=type_,
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def decided(*waiting: TalkMessage, mode: str = "bot", opted_out: bool = False) -> Decision:
    return decide(waiting, mode=mode, opted_out=opted_out, language="es")


@pytest.mark.parametrize(
    "body",
    [
        "hola", "Hola!", "hola 👋", "buenas tardes", "quiero", "una laptop", "para mi hija",
        "tienen", "hola...", "necesito lo siguiente:", "ok y", "oi", "hi",
    ],
)  # fmt: skip
def test_a_fragment_waits_for_the_rest(body: str) -> None:
    assert is_fragment(message(body))
    assert wait_s(message(body), 1.5) == 1.5


@pytest.mark.parametrize(
    "body",
    [
        "¿tienen laptops?", "Quiero una laptop.", "gracias!", "lo quiero 🙏", "perfecto 👍🏽",
        "a que hora abren mañana", "hola cuanto cuesta el envio", "do you have laptops",
        "onde fica a loja", "hola\nquiero una laptop negra.", "Hola, ¿cómo están?", "me sirve ❤️",
        "estoy buscando un celular samsung que tenga buena camara y que no pase de 900 mil pesos",
    ],
)  # fmt: skip
def test_a_question_a_finished_sentence_and_a_long_text_are_answered_at_once(body: str) -> None:
    assert wait_s(message(body), 1.5) == 0


@pytest.mark.parametrize(
    "type_", ["button", "interactive", "image", "audio", "location", "sticker", "document"]
)
def test_taps_and_media_are_answered_at_once(type_: str) -> None:
    assert not is_fragment(message("Ver laptops", type_))


@pytest.mark.parametrize(
    "body",
    [
        "stop", "STOP", "Stop.", "baja", "BAJA!!", "dar de baja", "cancelar suscripción",
        "unsubscribe", "parar", "sair", "No me escriban más", "stop por favor", "descadastrar",
    ],
)  # fmt: skip
def test_an_exact_stop_word_opts_out(body: str) -> None:
    decision = decided(message("hola"), message(body))
    assert (decision.kind, decision.reply) == ("opt_out", text("customer.opt_out"))


@pytest.mark.parametrize(
    "body",
    [
        "laptop de gama baja", "cancelar", "quiero cancelar mi pedido", "non stop",
        "tienen stop motion", "salir de viaje", "a que hora paran",
    ],
)  # fmt: skip
def test_words_that_merely_contain_a_stop_word_are_answered(body: str) -> None:
    assert decided(message(body)).kind == "answer"


def test_a_question_after_the_stop_word_is_answered() -> None:
    assert decided(message("stop"), message("perdón, ¿tienen laptops?")).kind == "answer"


def test_a_second_stop_word_gets_no_second_confirmation() -> None:
    assert decided(message("stop"), opted_out=True).kind == "silent"


def test_who_opted_out_and_writes_again_is_answered() -> None:
    assert decided(message("¿tienen laptops?"), opted_out=True).kind == "answer"


def test_the_bot_is_silent_while_a_person_answers() -> None:
    assert decided(message("¿tienen laptops?"), mode="person").kind == "silent"


def test_a_stop_word_counts_even_while_a_person_answers() -> None:
    assert decided(message("stop"), mode="person").kind == "opt_out"


@pytest.mark.parametrize(
    "body", ["quiero hablar con una persona", "asesor", "pasame con un humano, tienen laptops?"]
)
def test_asking_for_a_person_is_answered_and_told_apart(body: str) -> None:
    assert decided(message(body)).kind == "person"


@pytest.mark.parametrize(
    "type_",
    ["audio", "image", "video", "document", "sticker", "location", "contacts", "unknown"],
)
def test_what_cannot_be_understood_gets_a_sentence_of_its_own(type_: str) -> None:
    decision = decided(message("catalogo.pdf" if type_ == "document" else "", type_))
    assert (decision.kind, decision.reply) == ("unsupported", text(f"customer.unsupported.{type_}"))


def test_a_type_we_never_heard_of_gets_the_general_sentence() -> None:
    assert decided(message("", "hologram")).reply == text("customer.unsupported.unknown")


def test_the_sentence_is_in_the_language_of_the_talk() -> None:
    decision = decide([message("", "audio")], mode="bot", opted_out=False, language="pt")
    assert decision == Decision("unsupported", "pt", text("customer.unsupported.audio", "pt"))


def test_two_kinds_of_media_are_both_named_and_an_album_once() -> None:
    decision = decided(message("", "image"), message("", "image"), message("", "audio"))
    assert decision.reply.splitlines() == [
        text("customer.unsupported.image"),
        text("customer.unsupported.audio"),
    ]


def test_text_beside_a_picture_is_answered_with_an_honest_note() -> None:
    decision = decided(message("", "image"), message("cuánto cuesta este?"))
    assert (decision.kind, decision.note) == ("answer", text("customer.unseen.image"))


def test_the_caption_of_a_picture_is_answered() -> None:
    assert decided(message("tienen este modelo en negro?", "image")).kind == "answer"


@pytest.mark.parametrize(
    ("texts", "previous", "language"),
    [
        (["hola, tienen laptops?"], None, "es"),
        (["cuanto cuesta"], None, "es"),
        (["laptop gamer"], None, "es"),
        (["hello"], None, "en"),
        (["hi, are gaming laptops in stock?"], None, "en"),
        (["oi", "quanto custa o notebook"], None, "pt"),
        (["vocês têm fone?"], None, "pt"),
        (["hola, aceitam pix? obrigado"], None, "pt"),
        (["ola bnas ay domisilio a medellin?"], None, "es"),
        (["olá"], None, "pt"),
        (["headphones under 200000"], None, "en"),
        (["👍"], None, "es"),
        (["iphone 13"], "en", "en"),
        (["thanks"], "es", "es"),
        (["power bank the north face"], "es", "es"),
        (["ok"], "pt", "pt"),
        (["do you have this in black?"], "es", "en"),
        (["y cuanto cuesta el envio"], "en", "es"),
        (["não, quero o outro"], "es", "pt"),
    ],
)
def test_the_language_follows_the_words_and_sticks_when_unsure(
    texts: list[str], previous: str | None, language: str
) -> None:
    assert detect_language(texts, previous) == language


def test_a_first_message_without_evidence_takes_the_shops_language() -> None:
    assert detect_language(["laptop"], None, default="pt") == "pt"


@pytest.mark.parametrize("file", ["customer", "prompt"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_every_language_has_every_sentence(file: str, language: str) -> None:
    assert flatten(file, language).keys() == flatten(file, "es").keys()
