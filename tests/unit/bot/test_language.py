import pytest

from bot.reading.language import detect_language

FIRST = [
    ("hola", "es"), ("oi", "pt"), ("hi", "en"), ("price?", "en"), ("precio?", "es"),
    ("preço?", "pt"), ("quanto custa", "pt"), ("cuanto cuesta", "es"), ("iphone 13", "es"),
    ("tem iphone?", "pt"), ("do u have iphones", "en"), ("cheap laptops", "en"),
    ("laptops baratas", "es"), ("tenis nike 42", "es"), ("tênis nike 42", "pt"),
    ("shoes nike 42", "en"), ("busco un mouse gamer wireless", "es"), ("olaaa", "es"),
    ("pode me ajudar?", "pt"), ("me puede ayudar?", "es"), ("can you help me?", "en"),
    ("boa noite", "pt"), ("buenas noches", "es"), ("good night", "en"),
]  # fmt: skip
KEPT = [
    ("ok thanks", "es"), ("thanks", "es"), ("obrigado", "es"), ("gracias", "en"), ("hi", "es"),
    ("hola", "pt"), ("yes please", "es"), ("black", "es"), ("iphone 13", "en"), ("jaja", "en"),
    ("me llevo el iphone, thank you!", "es"), ("el delivery es free?", "es"),
    ("tienen gift cards?", "es"), ("quiero un smart tv full hd", "es"), ("👍", "en"), ("?", "pt"),
    ("me cobraron dos veces", "es"), ("se puede contra entrega", "es"),
]  # fmt: skip
SWITCHED = [
    ("can i pay with card", "es", "en"), ("and in blue?", "es", "en"),
    ("where are you", "es", "en"),
    ("vocês entregam em curitiba", "es", "pt"), ("e em preto?", "es", "pt"),
    ("qual o valor", "es", "pt"), ("quero comprar", "es", "pt"), ("que horas abre", "es", "pt"),
    ("aceptan tarjeta?", "en", "es"), ("y en rojo?", "en", "es"), ("quiero comprar", "pt", "es"),
    ("a que hora abren", "pt", "es"), ("necesito una cotizacion please", "en", "es"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "language"), FIRST)
def test_a_first_message_is_in_the_language_its_words_show(message: str, language: str) -> None:
    assert detect_language([message]) == language


@pytest.mark.parametrize(("message", "language"), KEPT)
def test_weak_evidence_keeps_the_language_of_the_talk(message: str, language: str) -> None:
    assert detect_language([message], language) == language


@pytest.mark.parametrize(("message", "before", "language"), SWITCHED)
def test_a_sentence_in_another_language_changes_it(
    message: str, before: str, language: str
) -> None:
    assert detect_language([message], before) == language
