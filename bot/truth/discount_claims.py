"""A text enters; the discounts, gifts and other favours it grants leave, denials left out.

The same reader goes over replies and over the facts they must rest on, so both sides agree on what
counts as a claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.truth.gates import Gated
from bot.truth.number_words import SMALL
from bot.truth.sentences import (
    Span,
    asks_or_defers,
    clause_around,
    denies,
    fold_affirming,
    sentences,
)


@dataclass(frozen=True, slots=True)
class DiscountClaim:
    """A discount a text grants.

    `kind` is one of discount, percent (a figure alone), sale (says so, without a figure), free,
    bundle, interest_free, coupon, gift and included (something said to come along).

    Args:
        figure: "20%", "2x1", "12" (instalments), a coupon's code; "" when nothing is said.
    """

    kind: str
    figure: str
    start: int
    end: int


_SPOKEN = rf"(?:{'|'.join(sorted(SMALL, key=len, reverse=True))})"
_COUNT = rf"(?:[1-9]|{_SPOKEN})\b"
_PERCENT_SIGN = r"(?:%|por ?ciento\b|percent\b|por cento\b)"
_TENS = rf"{_SPOKEN}(?: (?:y|e|and) {_SPOKEN})?"
_DISCOUNT_WORD = (
    r"(?:descuent\w+|dcto\.?|dto\.?|dsct\w*|off\b|rebaj\w+|descontos?"
    r"|discount(?:s|ed)?|promo(?:s|cion|ciones|cional|cao|coes|tion|tions)?\b|ofertas?|ofert[oó]n"
    r"|liquidac\w+|remate|outlet|cashback|bonificaci\w+|markdown|(?:on sale|sale on)\b|deals?\b"
    r"|sale price"
    r"|special offer|black friday|cyber\w*|hot sale|ganga|precios? especial(?:es)?|special price"
    r"|preco especial|mitad de precio|half[- ]price|metade do preco|descont\w+|ahorros?"
    r"|(?:a|por|en|pagas?|paga apenas) la mitad\b(?! de (?:la|las|los|tu)\b)|pela metade"
    r"|ahorr(?:as|a|aras|arias) (?:un|el|hasta|mas|\$|\d)|economiz\w+|mas barato que antes"
    r"|antes costaba|precio anterior|regular price|antes (?:a |en )?\$)"
)
# "segunda a sexta" is Portuguese for Monday to Friday.
_WEEKDAY = r"(?:terca|quarta|quinta|sexta|sabado|domingo)"
_TAKE = r"(?:llev|lev|take|get|compr|buy)\w*(?: (?:un|una|um|uma|el|la))?"
_PAY = r"(?:pag|pay)\w*(?: for| solo| apenas| only)?"
_CHARGE = r"(?:costo|coste|cargo|recargo|custo|cobro)"
_DELIVERED = r"(?:envios?|domicilios?|entregas?|frete|delivery|shipping|despacho)"

# "19% incluido", "95% algodón": a share of something, no discount; "15% en el …" is one.
_SHARE = (
    r" ?(?:de (?!descuent|ahorr|rebaj|econom)|(?!(?:en|on|no|na|off|a|al|para|por|si|con|com|in"
    r"|y|extra|hoy|hoje|ahora"
    r"|today|adicional|pagando|todo|e|and|activad[oa]|aplicad[oa])\b)[a-z])"
)

_KINDS: dict[str, tuple[str, ...]] = {
    "bundle": (
        r"\b(?P<figure>[2-9](?: ?x ?| por |[ -]for[ -])[1-9])\b(?! ?(?:cm|mm|m|gb|tb|mil|\d))",
        r"\b(?P<words>(?:dos|tres) por (?:uno|dos)|two[ -]for[ -]one|three[ -]for[ -]two"
        r"|dois por um|buy one get one|bogo)\b",
        rf"\bsegund[oa] (?:unida\w+ |par |prenda )?(?:x+ |d[eo] \w+ )?(?:al?(?! {_WEEKDAY})|con|com"
        r"|a mitad|gratis|pela metade|por la mitad|pagas?|(?:te )?sale)\b",
        r"\bsecond (?:unit|one|item|pair|x+) (?:is |at |for )",
        rf"\b{_TAKE} {_COUNT}[^.\n]{{0,80}}?\b{_PAY} {_COUNT}",
        rf"\b{_PAY} {_COUNT}[^.\n]{{0,60}}?\b{_TAKE} {_COUNT}",
        rf"\b{_TAKE} [^.\n]{{0,80}}?\b(?:llev\w+|gan\w+|recib\w+|get|leve) (?:el |a |o )?"
        r"(?:otr[oa]|outr[oa]|one)\b",
    ),
    "interest_free": (
        r"(?:(?P<instalments>\d{1,2}) ?)?(?:cuotas?|meses|pagos|parcelas|installments|instalments"
        r"|months|mensualidades|vezes|abonos|x)?\s*(?:fijas |iguales |with |con |de )*"
        r"\b(?:sin (?:ningun )?interes(?:es)?|sem juros|interest[- ]free|no interest"
        r"|0 ?% (?:de )?interes(?:es)?|cero interes(?:es)?|msi\b)",
    ),
    "coupon": (
        r"\b(?:cupon(?:es)?|coupon|voucher|promo ?code|codigo (?:de (?:descuento|promo\w*|cupon)"
        r"|promocional)|discount code|cupom|bono de descuento)\b"
        r"(?:[^.\n]{0,18}?[\"'“: ](?P<coupon>(?=[a-z]*\d)[a-z0-9]{4,15})\b)?",
        r"\b(?:usa(?:ndo)?|ingresa|aplica|con|com|use|insira|digite|enter) (?:el |the |o )?"
        r"(?:codigo|code)\s*:?\s*[\"'“]?(?P<code>[a-z0-9]{3,15})",
        r"\b(?:codigo|code|cupom)\s*:?\s*[\"'“]?(?P<word>(?=[a-z]+\d)[a-z0-9]{4,15})\b",
    ),
    "discount": (
        rf"(?:(?<![a-z]){_DISCOUNT_WORD} (?:\w+ ){{0,4}}?)?(?:(?<![\d.,])(?P<percent>\d{{1,3}}"
        rf"(?:[.,]\d+)?) ?|\b(?P<percent_words>{_TENS}) ){_PERCENT_SIGN}"
        rf"(?:(?: (?:de|en|of|menos|mas|por|un|extra|adicional|special))* ?{_DISCOUNT_WORD}"
        rf"| (?:menos|mas barat\w+|cheaper|less|mais barat\w+)\b|(?!{_SHARE}))",
        rf"(?<![a-z]){_DISCOUNT_WORD}",
    ),
    "free": (
        r"\b(?:gratis|gratuit[oa]s?|gratuitamente|free\b(?! (?:to|time|of sugar|from))"
        r"|(?:de )?cortesia|de graca|on the house"
        rf"|(?:sin|sem|no tiene|at no|no)(?: ningun| extra| additional)? (?:{_CHARGE}|cost|charge)"
        rf"|{_DELIVERED} (?:incluid[oa]|bonificad[oa]|is on us|included)"
        r"|(?:por|va por|corre por) (?:nuestra|nossa) (?:cuenta|conta)|on us\b"
        rf"|no {_DELIVERED} (?:charge|cost|fee)"
        rf"|(?:no (?:pagas?|te cobramos|cobramos)|nao (?:cobramos|paga)) (?:el |o |a )?{_DELIVERED}"
        r"|por conta da casa|(?:de|por) nuestra parte|exoner\w+|cero pesos"
        rf"|{_DELIVERED} (?:l[oa]s? )?(?:pagamos|asumimos|cubrimos|invitamos|regalamos)"
        rf"|(?:asumimos|pagamos|invitamos)(?: nosotros)? (?:el |los )?(?:costos? (?:de"
        rf"|del) )?{_DELIVERED}"
        rf"|0 ?(?:pesos )?de {_DELIVERED})\b",
    ),
    "included": (r"\bcon (?:\w+ ){1,3}?(?<!iva )(?<!impuestos )(?<!envio )incluid[oa]s?\b",),
    "gift": (
        r"\b(?:(?:te|le|les|os) (?:l[oa]s? )?(?:regal|obsequi)(?:o|amos|aremos)|throw in"
        r"|presenteamos"
        r"|(?:te llevas|incluye|viene con|recibes|recibe|ganha|vem com) (?:un |una |um |uma |de )*"
        r"(?:regalo|obsequio|brinde|sorpresa)|de obsequio|obsequio|brindes?|yapa|napa"
        r"|(?:voce |tambem )ganha (?:um|uma)\b|acumul\w+ puntos|free gift|as a gift from us)\b",
        r"(?<!bono )(?<!tarjeta )(?<!caja )(?<!bolsa )(?<!papel )(?<!idea )(?<!opcion )(?<!set )"
        r"(?<!kit )(?<!empaque )\bde regalo\b",
    ),
}
_PATTERNS = {kind: Gated("|".join(rows)) for kind, rows in _KINDS.items()}
_SAYS_LESS = re.compile(rf"{_DISCOUNT_WORD}|menos|less|cheap|barat")
_RHETORICAL = re.compile(r"100 ?%(?! (?:de descuento|off|algod|cotton))")
_SALE = re.compile(
    r"ofert|rebaj|promo|liquidac|remate|outlet|sale|deal|offer|ganga|especial|special|mitad|half"
    r"|metade|antes|anterior|regular|barat|black|cyber"
)
_NO_GRANT = re.compile(
    r"(?:libre|azucar|sugar|gluten|lactose|interest|manos|hands|alcohol|duty|oil|bpa|cruelty"
    r"|parabenos|sms|fat|wire)[- ]?$"
)
_WHETHER = re.compile(r"\bsi (?:hay|tenemos|aplica)\b")


def find_discount_claims(text: str) -> tuple[DiscountClaim, ...]:
    """Discounts, bundles, gifts, free things, coupons and interest-free payment a text grants."""
    folded = fold_affirming(text)
    return tuple(
        _claim(kind, match)
        for sentence in sentences(folded)
        for kind, pattern in _PATTERNS.items()
        for match in pattern.finditer(folded, *sentence)
        if _is_granted(match, kind, folded, sentence)
    )


def _claim(kind: str, match: re.Match[str]) -> DiscountClaim:
    figure = _figure(match)
    if kind == "discount" and not figure and _SALE.search(match[0]):
        kind = "sale"
    if kind == "discount" and figure and not _SAYS_LESS.search(match[0]):
        kind = "percent"
    return DiscountClaim(kind, figure, *match.span())


def _figure(match: re.Match[str]) -> str:
    said = {name: value for name, value in match.groupdict().items() if value}
    if "percent" in said:
        return said["percent"].replace(",", ".") + "%"
    if "percent_words" in said:
        return f"{sum(SMALL.get(word, 0) for word in said['percent_words'].split())}%"
    if "words" in said:
        return "3x2" if said["words"].startswith(("tres", "three")) else "2x1"
    if "segund" in match[0] or "second" in match[0]:
        return "second"
    return re.sub(r"[^a-z0-9]|por|for", "", "".join(said.values()))


def _is_granted(match: re.Match[str], kind: str, folded: str, sentence: Span) -> bool:
    clause = clause_around(folded, sentence, match.start(), match.end())
    if denies(folded, clause, match.start()) or _RHETORICAL.match(folded, match.start()):
        return False
    pair = re.fullmatch(r"(\d)x?(\d)", _figure(match)) if kind == "bundle" else None
    if pair and pair[1] <= pair[2]:  # 4x4 and 2x2 are measures
        return False
    if kind == "free" and _NO_GRANT.search(folded[max(0, match.start() - 12) : match.start()]):
        return False
    if _figure(match):
        return not _WHETHER.search(folded[slice(*clause)])
    return not asks_or_defers(folded, clause)
