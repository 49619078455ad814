"""A reply taken apart enters; ways to pay that the facts do not list leave as rejections."""

from __future__ import annotations

from collections.abc import Iterator

from bot.truth.folding import fold
from bot.truth.gates import Gated
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span

_CUE = Gated(
    r"\b(?:acept\w+|aceit\w+|recib(?:imos|e|en)|receb(?:emos|e)|accept\w*|we take"
    r"|pag(?:as|ar|o|os|a|ue|ues|alo|arlo|amento)?|pued\w+ pagar|payments?|pay|fiamos|financi\w+"
    r"|(?:medios?|metodos?|formas?) de pag(?:o|amento)|a credito)\b"
)
_WAYS = {
    name: Gated(rf"\b(?:{words})\b")
    for name, words in {
        "cash": r"efectivo|cash(?! on)|dinheiro|contado",
        "card": r"tarjetas?|cards?|cartao|cartoes|datafono|pos",
        "credit card": r"tarjetas? de credito|credit cards?|cartao de credito",
        "debit card": r"debito|debit",
        "transfer": r"transfer\w*|consignacion\w*|deposito bancario|bank deposit",
        "on delivery": r"contra ?entrega|contra reembolso|cash on delivery|cod|pago al recibir"
        r"|pag\w+ (?:\w+ ){0,2}?(?:al|cuando (?:te |le |l[oa] )*)(?:recib\w+|lleg\w+|entreg\w+)"
        r"|pay (?:on|upon) delivery"
        r"|pagamento na entrega|pagas al recibir",
        "cheque": r"cheques?|checks?",
        "crypto": r"cripto\w*|crypto\w*|bitcoins?|btc|usdt|ethereum",
        "tab": r"fia(?:do|mos)|a fin de mes|a credito|addi|sistecredito|brilla",
        "visa": r"visa",
        "mastercard": r"master ?card",
        "amex": r"amex|american express",
        "paypal": r"pay ?pal",
        "mercado pago": r"mercado ?pago",
        "phone pay": r"apple pay|google pay|samsung pay|gpay",
        "nequi": r"nequi",
        "daviplata": r"daviplata",
        "pse": r"pse",
        "efecty": r"efecty",
        "baloto": r"baloto",
        "vouchers": r"(?:vales?|tarjetas?) (?:de )?(?:despensa|alimenta\w+)|cesta ?ticket",
        "pix": r"pix",
        "boleto": r"boletos?(?: bancario)?",
        "yape": r"yape",
        "plin": r"plin",
        "zelle": r"zelle",
        "bizum": r"bizum",
        "oxxo": r"oxxo",
        "spei": r"spei",
        "western union": r"western union|moneygram",
        "webpay": r"webpay|khipu",
        "stripe": r"stripe",
        "wire": r"rappi ?pay|transfiya|bre-?b|bancolombia|davivienda|paypal|modo|uala",
        "qr": r"(?:codigo )?qr",
    }.items()
}


def untrue_payments(reading: Reading) -> Iterator[Rejection]:
    """Every way to pay a reply grants and no fact lists."""
    is_listed = False
    for sentence in reading.sentences:
        said = reading.folded[slice(*sentence)]
        if _CUE.search(said) or is_listed:
            yield from _in_sentence(reading, sentence)
            is_listed = said.rstrip().endswith(":") or said.lstrip().startswith(
                ("•", "-", "*", "·")
            )
        else:
            is_listed = False


def _in_sentence(reading: Reading, sentence: Span) -> Iterator[Rejection]:
    whole = fold(
        reading.original
    )  # names stand blotted out elsewhere, "Google" of "Google Pay" too
    for pattern in _WAYS.values():
        match = pattern.search(whole, *sentence)
        if match is None or not reading.asserts(*match.span()):
            continue
        if any(m.start <= match.start() and match.end() <= m.end for m in reading.mentions):
            continue
        if pattern.search(reading.evidence.facts.folded):
            reading.rests_on("payment")
        else:
            yield reading.reject("payment", *match.span(), "not_held")
