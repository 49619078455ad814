"""What a customer wrote enters; its plain words, and the language it is most likely in, leave."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from catalog import analysis
from core.texts import DEFAULT_LANGUAGE

# Words that only one of the three languages uses, folded.
_SPANISH = """
hola buenas buenos dias noches tienen tienes tenes tendran quiero quisiera necesito ocupo cuanto
cuanta cuantos cuesta cuestan gracias donde estan el los las un una unos unas del al con y en hay
usted ustedes envio envios envian hacen abren cierran precio precios tarjeta tienda busco buscando
estoy mi muy tambien mas hasta pero cual cuando ahora manana hoy aceptan venden puedo puede puedes
soy algo lo le les sale compre llego pedido luego
"""
_ENGLISH = """
the do does you your have is are what whats how much many hello hi hey thanks thank please where
when open close want need looking for my with and can could would price cost ship shipping deliver
delivery store there this that it of any good morning afternoon evening buy not dont i im to at
bye yes we they was cheap under below than headphones phones
"""
_PORTUGUESE = """
voce voces vc vcs tem nao sim obrigado obrigada quero quanto quanta custa custam oi bom boa
noite loja frete pagamento cartao preco precos onde fica uma um os as das ao na em com meu minha
sao isso estou gostaria tambem mais muito ate fazem abrem fecham aceita aceitam boleto pix
entregam tamanho posso tchau bem tudo pra preciso comprei chegou
"""
_EVIDENCE = {
    "es": frozenset(_SPANISH.split()),
    "en": frozenset(_ENGLISH.split()),
    "pt": frozenset(_PORTUGUESE.split()),
}
_MARKS = {"es": "ñ¿¡", "en": "", "pt": (*"ãõçêâô", "olá")}
"""Letters, and words whose accent tells, of only one language ("ola" is Spanish misspelt)."""
_TO_SWITCH = 2
"""Pieces of evidence needed to leave the language of the talk: one "thanks" does not."""


def fold(text: str) -> str:
    """`text` in lower case without accents; ñ becomes n, ç becomes c."""
    return analysis.without_tilde(analysis.fold(text))


def words(text: str) -> list[str]:
    """The words and numbers of `text`, folded; letters drawn out ("holaaa") are cut to one."""
    return re.findall(r"[a-z0-9]+", re.sub(r"([a-z])\1{2,}", r"\1", fold(text)))


def detect_language(
    texts: Iterable[str], previous: str | None = None, default: str = DEFAULT_LANGUAGE
) -> str:
    """The language of a talk: "es", "en" or "pt".

    Args:
        texts: what the customer wrote just now.
        previous: the talk's language so far; kept unless these texts clearly speak another.
        default: for a first message that shows nothing.
    """
    joined = unicodedata.normalize("NFC", "\n".join(texts).casefold())
    found = words(joined)
    scores = {
        language: sum(word in evidence for word in found)
        + sum(joined.count(mark) for mark in _MARKS[language])
        for language, evidence in _EVIDENCE.items()
    }
    best = max(scores, key=lambda language: scores[language])
    runner_up = max(score for language, score in scores.items() if language != best)
    needed = _TO_SWITCH if previous else 1
    if scores[best] >= needed and scores[best] > runner_up:
        return best
    return previous or default
