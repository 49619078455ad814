"""A text enters; what it claims about stock and about discounts leaves, denials left out.

The same reader goes over replies and over the facts they must rest on, so both sides agree on what
counts as a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.truth.amounts import fold, plain
from bot.truth.number_words import SMALL
from bot.truth.sentences import Span, asks_or_defers, clause_around, denies, is_question, sentences

StockSays = Literal["exactly", "at_least", "more_than", "some", "offered", "none"]


@dataclass(frozen=True, slots=True)
class StockClaim:
    """What a text says about stock; `units` is None for "some", "offered" and "none".

    "offered" is "sí, lo tenemos": true of a product of unknown stock, not of one that is sold out.
    """

    says: StockSays
    units: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DiscountClaim:
    """A discount a text grants.

    `kind` is one of discount, sale (says so, without a figure), free, bundle, interest_free, coupon
    and gift.

    Args:
        figure: "20%", "2x1", "12" (instalments), a coupon's code; "" when nothing is said.
    """

    kind: str
    figure: str
    start: int
    end: int


_COUNT = (
    rf"(?P<units>\d{{1,4}}(?![\d.,]*\d|%|/)|(?:{'|'.join(sorted(SMALL, key=len, reverse=True))})\b)"
)
_UNIT = (
    r"(?:unidad(?:es)?|unid\b\.?|uds?\b\.?|units?|unidades|piezas?|pzas?|pcs|pares?|pairs?"
    r"|ejemplar(?:es)?)"
)
_HELD = (
    r"(?:disponibles?|en (?:stock|existencia|inventario|bodega|almacen)|in stock|left"
    r"|available|disponive(?:l|is)|em estoque|restantes?)"
)
_LEFT = r"(?:(?:nos |me |te )?(?:queda[n]?|restan?)|there (?:is|are) only|only|solo hay|so restam?)"
_HAVE = (
    r"(?:hay|tenemos|tengo|contamos con|cuento con|disponemos de|we have|there are|temos|ha"
    r"|stock de|existencias? de)"
)
_MORE = (
    r"(?P<more>mas de |more than |over |al menos |por lo menos |at least |minimo |mais de "
    r"|pelo menos |unas |unos )?"
)
_EXACT = (
    r"(?:solo |solamente |unicamente |apenas |just |only |exactamente |aun |todavia "
    r"|las ultimas |ultimas |los ultimos )*"
)
_LABEL = (
    r"(?:stock|existencias?|inventario|disponib(?:les?|ilidad)|disponiveis|estoque|in stock"
    r"|unidades)(?: disponibles?| actual)?\s*[:=]"
)
_BARE_COUNT = _MORE.replace("more", "more2") + _COUNT.replace("units", "units2")
_COUNTS = re.compile(
    rf"(?<![a-z])(?:{_LEFT}|{_HAVE}|(?P<label>{_LABEL}))\s*{_EXACT}{_MORE}{_COUNT}"
    rf"(?! ?(?:[a-z]+)?\d)(?P<noun> ?{_UNIT})?(?P<held> (?:\w+ ){{0,2}}?{_HELD})?"
    rf"|(?<![a-z0-9.,$]){_BARE_COUNT} (?:{_UNIT}(?: \w+){{0,3}}? {_HELD}|{_HELD})"
    r"|\b(?P<last>(?:la )?ultima (?:unidad|pieza)|the last one|last unit|una sola unidad"
    r"|ultima unidade)\b"
)
_IS_LEFT = re.compile(rf"(?<![a-z])(?:{_LEFT})\b")
_NO_STOCK = re.compile(
    r"\s*(?:dias?|days?|horas?|hours?|minutos?|semanas?|meses|pasos?|opciones?|options?|modelos?"
    r"|models?|colores?"
    r"|tallas?|cupos?|puestos?|formas?|maneras?|cosas?|preguntas?|%|pesos|mil\b|productos?"
    r"|referencias?|cuotas?)"
)
_NONE = re.compile(
    r"\bagotad[oa]s?\b|\bagotamos\b|\bse agoto\b|\bse agotaron\b|\bsold out\b|\bout of stock\b"
    r"|\besgotad[oa]s?\b"
    r"|\bsin (?:stock|existencias?|inventario|unidades|disponibilidad)\b|\bfora de estoque\b"
    r"|\bsem estoque\b"
    r"|\bno (?:nos |me )?(?:hay|queda|quedan|tenemos|tengo|contamos con|disponemos de) (?:mas "
    r"|ningun\w* |de )*"
    r"(?:stock|existencias?|inventario|unidad(?:es)?|disponib\w+)"
    r"|\bno (?:l[oa]s? )?(?:hay|tenemos|tengo) (?:\w+ ){0,6}?(?:disponibles?|en (?:stock"
    r"|existencia|inventario))\b"
    r"|\bno (?:esta|estan|se encuentra|se encuentran|se halla) (?:\w+ ){0,2}?(?:disponibles?"
    r"|en (?:stock|existencia))"
    r"|\bya no (?:l[oa]s? )?(?:tenemos|hay|quedan?)\b(?! \w+ (?:en|de)\b)|\bno disponibles?\b"
    r"|\bnot available\b|\bunavailable\b|\bisn'?t available"
    r"|\bnot in stock|\bnone left|\bnao (?:esta|temos) (?:\w+ ){0,3}?(?:disponivel|em estoque)"
    r"|\bindisponive(?:l|is)\b"
    r"|\b(?:stock|existencias|disponibles|disponibilidad|unidades)\s*[:=]\s*(?:0|no\b|cero|ninguna)"
    r"|\bse nos (?:acabo|acabaron|termino)\b|\bse acab(?:o|aron)\b"
)
_SOME = re.compile(
    r"\b(?:s[i1] |aun |todavia |actualmente |l[oa]s? )?(?:hay|tenemos|tengo|contamos con|con|esta"
    r"|estan|sigue|siguen|se encuentra|se encuentran"
    r"|is|are|we have|esta|temos|queda|quedan)?\s*(?:\w+ ){0,2}?(?<![a-z])(?:disponibles?"
    r"|disponibilidad(?: inmediata)?"
    r"|en stock|en existencia|existencias|in stock|available|disponive(?:l|is)|em estoque"
    r"|en inventario)\b"
    r"|\b(?:s[i1]|yes|sim),? (?:l[oa]s? )?(?:tenemos|hay|contamos|quedan?|temos|have)\b"
    r"|\b(?:aun|todavia) (?:nos )?(?:quedan?|hay|tenemos)\b|\bentrega inmediata\b"
    r"|\blist[oa]s? para (?:entrega|envio|llevar|despacho)"
    r"|\bultimas (?:unidades|piezas|existencias)\b|\bpocas unidades\b|\b(?:quedan?"
    r"|hay) (?:pocas?|pocos?|varias?|varios|algunas?|muchas?|suficientes?|bastantes?)"
    r"(?: unidades| en)?\b|\b(?:suficiente|bastante|mucho) (?:stock|inventario)\b|\bplenty\b"
)
_OFFERED = re.compile(
    r"(?:s[i1]|yes|sim),? (?:l[oa]s? )?(?:tenemos|hay|contamos|quedan?|temos|have)"
)
_NOT_GOODS = re.compile(
    r"(?:pagos?|metodos?|medios?|formas?|horarios?|cuotas|colores|tallas|opciones|modelos|marcas"
    r"|atenderte|ayudarte"
    r"|asesor\w*|informacion|24|canales|numero|linea|servicio|sedes?|tiendas?|sucursales"
    r"|catalogo|envios?|domicilios?"
    r"|payment|options|colors|sizes|cores|tamanhos)\s*(?:\w+ ){0,2}$"
)
_NOT_GOODS_AFTER = re.compile(
    r"\s*(?:para (?:ayudar|atender|asesor|servir|ti\b|lo que)|to help|en (?:varios|diferentes"
    r"|distint|los siguientes|estos|color|colores|talla|tallas|negro|azul|blanco)"
    r"|in (?:several|different|various)|las 24|24|de lunes|colores|opciones|modelos|tallas|en:)"
)

_PERCENT = r"(?P<percent>\d{1,3}(?:[.,]\d+)?) ?(?:%|por ?ciento|percent|por cento)"
_DISCOUNT_WORD = (
    r"(?:descuent(?:o|os|ito|itos)|dcto\.?|dto\.?|dsct\w*|off\b|rebaj\w+|desconto[s]?"
    r"|discount(?:s|ed)?"
    r"|promo(?:s|cion|ciones|cional|cao|coes|tion|tions)?\b|oferta[s]?|ofert[oó]n|liquidacion"
    r"|remate|outlet|cashback"
    r"|bonificaci\w+|markdown|on sale\b|deal\b|deals\b|sale price|special offer|black friday"
    r"|cyber\w*|hot sale|ganga|precio especial|precios especiales"
    r"|special price|preco especial|mitad de precio|half price|half off|metade do preco"
    r"|descont\w+|ahorr(?:as|a|aras|arias) (?:un|el|hasta|mas|\$|\d)"
    r"|economiz\w+|mas barato que antes|antes costaba|precio anterior|regular price|antes (?:a "
    r"|en )?\$)"
)
# "segunda a sexta" is Portuguese for Monday to Friday.
_WEEKDAY = r"(?:terca|quarta|quinta|sexta|sabado|domingo)"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "bundle",
        re.compile(
            r"\b(?P<figure>[2-9] ?x ?[1-9])\b(?! ?(?:cm|mm|m|gb|tb|\d))|\b(?P<words>dos por uno"
            r"|tres por dos|two for one|dois por um|buy one get one|bogo)\b"
            rf"|\b(?:la |el )?segund[oa] (?:unidad |par |prenda )?(?:al?(?! {_WEEKDAY})|con"
            r"|a mitad|gratis|por la mitad)\b|\blleva(?:s|te)? \d y paga(?:s)? \d"
            r"|\bleve \d (?:e )?pague \d"
        ),
    ),
    (
        "interest_free",
        re.compile(
            r"(?:(?P<figure>\d{1,2}) )?(?:cuotas?|meses|pagos|parcelas|installments"
            r"|mensualidades|vezes|abonos)?\s*(?:fijas |iguales )?"
            r"\b(?:sin (?:ningun )?interes(?:es)?|sem juros|interest[- ]free|no interest"
            r"|0 ?% (?:de )?interes(?:es)?|cero interes(?:es)?|msi\b)"
        ),
    ),
    (
        "coupon",
        re.compile(
            r"\b(?:cupon(?:es)?|coupon|voucher|promo ?code|codigo (?:de (?:descuento|promo\w*"
            r"|cupon)|promocional)|discount code|cupom|bono de descuento)\b"
            r"(?:[^.\n]{0,18}?[\"'“: ](?P<figure>(?=[a-z]*\d)[a-z0-9]{4,15})\b)?"
            r"|\b(?:usa(?:ndo)?|ingresa|aplica|con|use) (?:el |the )?(?:codigo"
            r"|code)\s*:?\s*[\"'“]?(?P<code>[a-z0-9]{3,15})"
        ),
    ),
    (
        "discount",
        re.compile(
            rf"{_PERCENT}(?: (?:de|en|of|menos|mas|por|un|extra|adicional"
            rf"|special))*\s*(?:{_DISCOUNT_WORD}|menos\b|mas barat\w+|cheaper|less\b"
            r"|mais barat\w+)"
            rf"|(?<![a-z])(?:{_DISCOUNT_WORD}|menos|al|-|un) ?(?:\w+ ){{0,4}}?(?:hasta "
            rf"|up to )?{_PERCENT.replace('percent>', 'percent2>')}(?= (?:de descuento|off|desc)"
            r"|(?<=%)(?! ?(?:algodon|de (?:bater|carga|algod))))"
            rf"|(?<![a-z]){_DISCOUNT_WORD}"
        ),
    ),
    (
        "free",
        re.compile(
            r"\b(?:gratis|gratuit[oa]s?|gratuitamente|free\b(?! (?:to|time|of sugar|from))"
            r"|de cortesia|sin (?:ningun )?(?:costo|coste|cargo|recargo)(?: adicional| extra)?"
            r"|sem custo|gratis"
            r"|no (?:extra |additional )?(?:cost|charge)|at no cost|on the house|(?:no tiene"
            r"|sin) (?:ningun )?(?:costo|coste|cargo)"
            r"|(?:envio|domicilio|entrega|frete) (?:incluid[oa]|por nuestra cuenta"
            r"|bonificad[oa])|no (?:pagas|te cobramos) (?:el )?(?:envio|domicilio)"
            r"|0 ?(?:pesos )?de (?:envio|domicilio))\b"
        ),
    ),
    (
        "gift",
        re.compile(
            r"\b(?:te (?:l[oa]s? )?(?:regal|obsequi)(?:o|amos|aremos)|(?:te llevas|incluye"
            r"|viene con|recibes|recibe) (?:un |una |de )*(?:regalo|obsequio|brinde|sorpresa)"
            r"|de obsequio|obsequio|brindes?"
            r"|(?<!bono )(?<!tarjeta )(?<!caja )(?<!bolsa )(?<!papel )(?<!idea )(?<!opcion )"
            r"(?<!set )(?<!kit )(?<!empaque )de regalo"
            r"|free gift|as a gift from us|yapa|napa)\b"
        ),
    ),
)
_SALE = re.compile(
    r"ofert|rebaj|promo|liquidac|remate|outlet|sale|deal|offer|ganga|especial|special|mitad|half"
    r"|metade"
    r"|antes|anterior|regular|barat|black|cyber"
)
_NO_GRANT = re.compile(
    r"(?:libre|azucar|sugar|gluten|lactose|interest|manos|hands|alcohol|duty|oil|bpa|cruelty"
    r"|parabenos|sms|fat|wire)[- ]?$"
)


_AFFIRMATION = re.compile(r"\bsí\b", re.IGNORECASE)


def _fold_affirming(text: str) -> str:
    """The folded text, where "sí" (yes) stays apart from "si" (if)."""
    return fold(_AFFIRMATION.sub("s1", plain(text)))


def find_stock_claims(text: str, names: frozenset[int] = frozenset()) -> tuple[StockClaim, ...]:
    """What a text says about units on hand, questions and promises to find out left out.

    Args:
        names: where names of single products begin in `plain(text)`; a number before one
            counts units.
    """
    folded = _fold_affirming(text)
    found: list[StockClaim] = []
    for sentence in sentences(folded):
        if not is_question(folded, sentence) or "¿" in folded[slice(*sentence)][1:]:
            found += _stock_claims(folded, sentence, names)
        elif _COUNTS.search(folded, *sentence):
            found += [c for c in _stock_claims(folded, sentence, names) if c.units is not None]
    return tuple(found)


def _stock_claims(folded: str, sentence: Span, names: frozenset[int]) -> Iterator[StockClaim]:
    taken: list[Span] = []
    for match in _NONE.finditer(folded, *sentence):
        if not _defers(folded, sentence, match) and not _is_denied_absence(folded, sentence, match):
            yield StockClaim("none", None, *match.span())
        taken.append(match.span())
    for match in _COUNTS.finditer(folded, *sentence):
        claim = _count(match, folded, sentence, names)
        if claim is not None and not _overlaps(match.span(), taken):
            yield claim
            taken.append(match.span())
    for match in _SOME.finditer(folded, *sentence):
        if not _overlaps(match.span(), taken) and _grants_stock(match, folded, sentence):
            says: StockSays = "offered" if _OFFERED.fullmatch(match[0]) else "some"
            yield StockClaim(says, None, *match.span())


def _overlaps(span: Span, others: list[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _defers(folded: str, sentence: Span, match: re.Match[str]) -> bool:
    clause = clause_around(folded, sentence, match.start(), match.end())
    return asks_or_defers(folded, clause)


def _is_denied_absence(folded: str, sentence: Span, match: re.Match[str]) -> bool:
    """Whether "no" stands before it; "no hay stock" carries its own denial and does not count."""
    return match[0][:3] not in ("no ", "ya ", "not", "nao") and bool(
        re.search(r"\b(?:no|not|nao)\b (?:\w+ ){0,2}$", folded[sentence[0] : match.start()])
    )


def _count(
    match: re.Match[str], folded: str, sentence: Span, names: frozenset[int]
) -> StockClaim | None:
    if _defers(folded, sentence, match):
        return None
    if match["last"]:
        return StockClaim("exactly", 1, *match.span())
    written = match["units"] or match["units2"]
    units = int(written) if written.isdigit() else SMALL[written]
    said = match["noun"] or match["held"] or match["label"] or match["units2"]
    is_left = _IS_LEFT.match(folded, match.start()) and not _NO_STOCK.match(folded, match.end())
    ends = written.isdigit() and re.match(r"\s*(?:$|[\n.,;!?)])", folded[match.end() :])
    if not (said or is_left or ends or match.end() + 1 in names):
        return None
    clause = clause_around(folded, sentence, match.start(), match.end())
    if denies(folded, (clause[0], match.start()), match.start()):
        return None
    more = (match["more"] or match["more2"] or "").strip()
    says: StockSays = "exactly"
    if more:
        says = "more_than" if more.split()[0] in ("mas", "more", "over", "mais") else "at_least"
    return StockClaim(says, units, *match.span())


def _grants_stock(match: re.Match[str], folded: str, sentence: Span) -> bool:
    clause = clause_around(folded, sentence, match.start(), match.end())
    if asks_or_defers(folded, clause) or denies(folded, clause, match.end()):
        return False
    head = re.search(
        r"(?:disponib|disponiv|en stock|in stock|available|em estoque|existencia)", match[0]
    )
    around = folded[clause[0] : match.start() + (head.start() if head else 0)]
    return not (
        re.search(r"\bno\b|\bnao\b|\bnot\b|\bsi (?:esta|hay)\b", match[0])
        or (head and (_NOT_GOODS.search(around) or _NOT_GOODS_AFTER.match(folded, match.end())))
    )


def find_discount_claims(text: str) -> tuple[DiscountClaim, ...]:
    """Discounts, bundles, gifts, free things, coupons and interest-free payment a text grants."""
    folded = _fold_affirming(text)
    found: list[DiscountClaim] = []
    for sentence in sentences(folded):
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(folded, *sentence):
                if _is_granted(match, kind, folded, sentence):
                    found.append(_discount_claim(kind, match))
    return tuple(found)


def _discount_claim(kind: str, match: re.Match[str]) -> DiscountClaim:
    figure = _figure(match)
    if kind == "discount" and not figure and _SALE.search(match[0]):
        kind = "sale"
    return DiscountClaim(kind, figure, *match.span())


def _figure(match: re.Match[str]) -> str:
    groups = match.groupdict()
    percent = groups.get("percent") or groups.get("percent2")
    if percent:
        return percent.replace(",", ".") + "%"
    if groups.get("words"):
        return {"tres por dos": "3x2"}.get(groups["words"], "2x1")
    if "segund" in match[0]:
        return "second"
    return (groups.get("figure") or groups.get("code") or "").replace(" ", "")


def _is_granted(match: re.Match[str], kind: str, folded: str, sentence: Span) -> bool:
    clause = clause_around(folded, sentence, match.start(), match.end())
    if denies(folded, clause, match.start()):
        return False
    pair = re.fullmatch(r"(\d)x(\d)", _figure(match))
    if pair and pair[1] <= pair[2]:  # 4x4 and 2x2 are measures
        return False
    if kind == "free" and _NO_GRANT.search(folded[max(0, match.start() - 12) : match.start()]):
        return False
    if _figure(match):
        return not re.search(r"\bsi (?:hay|tenemos|aplica)\b", folded[slice(*clause)])
    return not asks_or_defers(folded, clause)
