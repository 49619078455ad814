"""A text enters; what it claims about units on hand leaves, denials left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.truth.gates import Gated
from bot.truth.number_words import SMALL
from bot.truth.sentences import (
    Span,
    asks_or_defers,
    clause_around,
    denies,
    fold_affirming,
    is_question,
    sentences,
)

StockSays = Literal["exactly", "at_least", "more_than", "less_than", "some", "offered", "none"]


@dataclass(frozen=True, slots=True)
class StockClaim:
    """What a text says about stock; `units` is None for "some", "offered" and "none".

    "offered" is "sí, lo tenemos": true of a product of unknown stock, not of one that is sold out.
    """

    says: StockSays
    units: int | None
    start: int
    end: int


_COUNT = (
    rf"(?P<units>\d{{1,4}}(?![\d.,]*\d|%|/)|(?:{'|'.join(sorted(SMALL, key=len, reverse=True))})\b)"
)
_UNIT = (
    r"(?:unidad(?:es)?|pecas?|pieces?|unid\b\.?|uds?\b\.?|units?|unidades|piezas?|pzas?|pcs"
    r"|pares?|pairs?"
    r"|ejemplar(?:es)?)"
)
_HELD = (
    r"(?:disponibles?|en (?:stock|existencia|inventario|bodega|almacen)|in stock|left"
    r"|available|disponive(?:l|is)|em estoque|restantes?)"
)
_LEFT = (
    r"(?:(?:nos |me |te )?(?:quedan?|restan?|restam)|there (?:is|are) only|only|solo hay"
    r"|so restam?)"
)
_HAVE = (
    r"(?:(?:me |nos )?(?:llegaron|ingresaron)|hay|tenemos|tengo|contamos con|cuento con"
    r"|disponemos de|we(?: \w+)? have|there are"
    r"|temos|ha"
    r"|stock de|existencias? de)"
)
_MORE = (
    r"(?P<more>menos de |less than |fewer than |mas de |more than |over |al menos |por lo menos "
    r"|at least |minimo |mais de |pelo menos |unas |unos )?"
)
_MORE_SAYS: dict[str, StockSays] = {
    **dict.fromkeys(("mas", "more", "over", "mais"), "more_than"),
    **dict.fromkeys(("menos", "less", "fewer"), "less_than"),
}
_EXACT = (
    r"(?:solo |solamente |unicamente |apenas |just |only |exactamente |aun |todavia "
    r"|las ultimas |ultimas |los ultimos )*"
)
_LABEL = (
    r"(?:stock|existencias?|inventario|disponib(?:les?|ilidad)|disponiveis|estoque|in stock"
    r"|unidades)(?: disponibles?| actual| limitad[oa]s?)?"
    r"(?: (?:del?|of|do|da) [^:\n]{1,60}?)?\s*[:=]|[✅📦✔]\ufe0f?"
)
_BARE_COUNT = _MORE.replace("more", "more2") + _COUNT.replace("units", "units2")
_COUNTS = Gated(
    rf"(?<![a-z])(?:{_LEFT}|{_HAVE}|(?P<label>{_LABEL}))\s*{_EXACT}{_MORE}{_COUNT}"
    rf"(?! ?(?:[a-z]+)?\d)(?P<noun> ?{_UNIT})?(?P<held> (?:[\w-]+ ){{0,6}}?{_HELD})?"
    rf"|(?<![a-z0-9.,$]){_BARE_COUNT} (?:{_UNIT}(?: \w+){{0,3}}? {_HELD}|{_HELD})"
    rf"|\b(?:menos de|less than|fewer than) (?P<fewer>\d{{1,3}})(?= ?(?:$|[\n.,;!)]|{_UNIT}))"
    rf"|\b(?:ultim[oa]s|last) (?P<lasts>\d{{1,3}})(?= ?(?:$|[\n.,;!)]|{_UNIT}))"
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
_NONE = Gated(
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
    r"|\bya no (?:nos |l[oa]s? )?(?:tenemos|hay|quedan?)\b(?! \w+ (?:en|de)\b)|\bno disponibles?\b"
    r"|\bnot available\b|\bunavailable\b|\bisn'?t available"
    r"|\bnot in stock|\bnone left|\bnao (?:esta|temos) (?:\w+ ){0,3}?(?:disponivel|em estoque)"
    r"|\bindisponive(?:l|is)\b"
    r"|\b(?:stock|existencias|disponibles|disponibilidad|unidades)\s*[:=]\s*(?:0|no\b|cero|ninguna)"
    r"|\b(?:acabou|esgotou)(?:-se)?\b|\b(?:se )?(?:me |nos )?(?:acabo|agoto"
    r"|termino)(?:ron)? (?:el|la|los|las) x+"
    r"|\bse (?:nos|me|le) agot\w+|\bno longer available\b|\bem falta\b"
    r"|\b(?:no|nao|don't|do not) (?:tenemos|tengo|contamos con|cuento con|disponemos de|hay"
    r"|temos|have)"
    r" (?:\w+ ){0,2}?x{3,}(?! (?:en(?! (?:el |este )?(?:momento|inventario|stock|existencia))"
    r"|con|de|in"
    r"|with|em)\b)"
    r"|\bse nos (?:acabo|acabaron|termino)\b|\bse acab(?:o|aron)\b"
)
_SOME = Gated(
    r"\b(?:s[i1] |aun |todavia |actualmente |l[oa]s? )?(?:hay|tenemos|tengo|contamos con|con|esta"
    r"|estan|sigue|siguen|se encuentra|se encuentran"
    r"|is|are|we have|esta|temos|queda|quedan)?\s*(?:\w+ ){0,2}?(?<![a-z])(?:disponibles?"
    r"|disponibilidad(?: inmediata)?"
    r"|en stock|en existencia|existencias|in stock|available|disponive(?:l|is)|em estoque"
    r"|en inventario)\b"
    r"|\b(?:hay|tenemos|tengo|queda|contamos con|cuento con|con|temos|ha|we have) (?:\w+ )?"
    r"(?:stock|existencias?|disponibilidad|disponibilidade|inventario|estoque)\b"
    r"|\b(?:s[i1]|yes|sim),? (?:l[oa]s? )?(?:tenemos|hay|contamos|quedan?|temos|(?:we )?have)\b"
    r"(?! (?:unidad|existencia|units))"
    r"|\b(?:tenemos|tengo|contamos con|we (?:have|carry)|temos) (?:\w+ ){0,2}?x{3,}"
    r"|(?<!no )(?<!si )\bl[oa]s? (?:tenemos|tengo)\b(?! (?:que|en cuenta|registrad))"
    r"|\b(?:aun|todavia) (?:nos )?(?:quedan?|hay|tenemos)\b|\bentrega inmediata\b"
    r"|\blist[oa]s? para (?:entrega|envio|llevar|despacho)"
    r"|\b(?:hay|tenemos|tengo|temos) (?:bastantes?|much[oa]s?|suficientes?|muit[oa]s?) x+"
    r"|\bpor agotarse\b|\bse esta(?:n)? (?:acabando|agotando)\b|\balmost (?:gone|sold out)\b"
    r"|\bultimas (?:unidades|piezas|existencias)\b|\bpocas unidades\b|\b(?:quedan?|hay|tengo"
    r"|tenemos|temos)"
    r" (?:unidades\b|existencias\b|unas cuantas|unos cuantos|pocas?|pocos?|varias?|varios"
    r"|algunas?|muchas?|suficientes?"
    r"|bastantes?)"
    r"(?: unidades| en)?\b|\b(?:suficiente|bastante|mucho) (?:stock|inventario)\b|\bplenty\b"
)
_IN_CATALOG = re.compile(r" (?:in our|in the|en (?:el|nuestro)|no|em nosso) catalogo?\b")
_OFFERED = re.compile(
    r"(?:s[i1]|yes|sim),? (?:l[oa]s? )?(?:tenemos|hay|contamos|quedan?|temos|(?:we )?have)"
    r"|(?:tenemos|tengo|contamos con|we (?:have|carry)|temos) (?:\w+ ){0,2}?x{3,}"
    r"|l[oa]s? (?:tenemos|tengo)"
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


def find_stock_claims(text: str, names: frozenset[int] = frozenset()) -> tuple[StockClaim, ...]:
    """What a text says about units on hand, questions and promises to find out left out.

    Args:
        names: where names of single products begin in `plain(text)`; a number before one
            counts units.
    """
    folded = fold_affirming(text)
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
        if _IN_CATALOG.match(folded, match.end()):
            continue
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
    if match["lasts"]:
        return StockClaim("exactly", int(match["lasts"]), *match.span())
    if match["fewer"]:
        is_stock = _IS_LEFT.search(folded, *sentence)
        return StockClaim("less_than", int(match["fewer"]), *match.span()) if is_stock else None
    written = match["units"] or match["units2"]
    units = int(written) if written.isdigit() else SMALL[written]
    label = (match["label"] or "").strip("✅📦✔\ufe0f")
    said = match["noun"] or match["held"] or label or match["units2"]
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
        says = _MORE_SAYS.get(more.split()[0], "at_least")
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
