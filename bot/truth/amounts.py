"""A text in es, en or pt enters, every amount of money in it leaves with its value and currencies.

Offsets count in `plain(text)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.truth.currencies import BY_MARK, CODES, meaning
from bot.truth.folding import fold, plain
from bot.truth.number_words import HALVES, NUMBER, QUANTITY, SCALES, WORDS, parse_digits, value_of


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money as a text names it.

    Args:
        value: in major units.
        currencies: ISO codes the wording can mean; empty when it names none.
        start, end: where it stands in `plain(text)`.
        is_marked: a currency, magnitude or price word says it is money; else only its form does.
        is_approximate: said as "casi", "about" and the like.
    """

    value: Decimal
    currencies: frozenset[str]
    start: int
    end: int
    is_marked: bool = True
    is_approximate: bool = False

    def fits(self, currency: str) -> bool:
        """Whether the wording can mean this currency."""
        return not self.currencies or currency in self.currencies


_SIGNS = (
    r"(?:us|rd|bz|ca|mxn?|ec|tt|sr|ars?|cop?|clp?|uyu?|usd|r|c|j|g)\$|u\$[sd]|\$u\b|[$€£¥₡₲]"
    rf"|(?<![a-z])(?:s/\.?|b/\.?|bs\.?|gs\.|lps?\.?|{CODES})(?![a-z])"
)
_NATIONAL = r"colombian|mexican|argentin|chilen|uruguay|dominican"
_NAMES = (
    rf"(?:pesos?(?: (?P<nation>(?:{_NATIONAL})[oa]s?))?|dolar(?:es)?|(?:us )?dollars?|bucks?|mangos"
    r"|varos|soles|sol|reais|real|euros?|quetzal(?:es)?|lempiras?|colon(?:es)?|cordobas?|balboas?"
    rf"|bolivianos?|bolivar(?:es)?|guaranies|guarani|yenes|yen|{CODES})(?![a-z])"
)
_CENTS = (
    r"(?: (?:con|y|com|e|and) (?P<cents>\d\d)(?: (?:centavos?|centimos?|cents?)\b"
    r"|(?=\s*(?:$|[\n,;!?)]|\.(?!\d)))))?"
)
"""As one speaks: "28 pesos con 50 centavos", "289 soles con 90"."""
_LETTER = r"(?<![a-z0-9])(?:q\.?(?= ?\d)|[lg]\.?(?= \d))"
_AMOUNT = re.compile(
    rf"(?:(?P<code>(?<![a-z])(?:{CODES}) ?)?(?P<sign>{_SIGNS})\s*"
    rf"|(?P<letter>{_LETTER}) ?|(?<![a-z\d]))"
    rf"(?P<number>{QUANTITY})"
    rf"(?:(?: ?(?:de )?)(?P<name>{_NAMES}){_CENTS}"
    r"| ?(?P<after>[€₡₲£]|\$(?! ?\d)|r\$(?! ?\d)|bs\b\.?"
    r"|gs\b\.?))?"
)
_START = re.compile(r"[$€£¥₡₲]|\d+|[a-z]+")
_SIGN_WORDS = "us|rd|bz|ca|mx|mxn|ec|tt|sr|ar|ars|co|cl|uy|r|c|j|g|u|s|b|bs|gs|lp|lps|q|l"
_STARTERS = frozenset((*WORDS, *SCALES, *HALVES, *CODES.split("|"), *_SIGN_WORDS.split("|")))

_CUE_WORDS = (
    r"cuestan?|costo|costar(?:ia|a)n?|vale[n]?|valdr(?:ia|a)n?|valor|precios?|importe|tarifa|salen?"
    r"|ronda[n]?|quedar?(?:ia|a)?n? (?:en|a|por|por solo)|dejo|dejamos|dejar(?:ia)?|deja|total"
    r"|subtotal"
    r"|ser(?:ia|a)n?|suman?|cobr\w+"
    r"|pag\w+|descont\w+|costs?|price[sd]?|worth|custam?|precos?|ficam?|sai|saem|por solo"
    r"|por apenas"
    r"|a solo|for only|for just|por so|comes to"
)
_CUE = re.compile(
    rf"(?<![a-z])(?:{_CUE_WORDS})(?: (?:es|son|de|del|en|a|por|final|actual|normal|unitario|is|at"
    r"|for|e|em"
    r"|solo|apenas|tan|only|just|so|seria|serian|would|be|total|unos|casi|aprox\.?|aproximadamente"
    r"|alrededor|about|around|el|la|los|las|cada|uno|una|unidad|to|te|me|les))*\s*[:=]?\s*$"
)
_APPROXIMATE = re.compile(
    r"(?:\bcasi|\baprox(?:imad\w+)?\.?|alrededor de|cerca de|\bunos|\baround|\babout|\broughly"
    r"|\balmost"
    r"|\bnearly|\bquase|por volta de|en torno a|mais ou menos|mas o menos)(?: de| a| los| las)? *$"
)
_LABEL = re.compile(
    r"(?:#|\bn[o°º]\.?|\bnro\.?|\bnum(?:ero)?\.?|\bpedido|\borden|\border|\bcod(?:igo)?\.?"
    r"|\bref(?:erencia)?\.?"
    r"|\bsku|\bmodelo|\bmodel|\btel(?:efono)?\.?|\bcel(?:ular)?\.?|\bwhatsapp|\bnit|\bruc|\brut"
    r"|\bcuit|\brfc"
    r"|\bcalle|\bcarrera|\bcra\.?|\bcl\.?|\bavenida|\bav\.?|\bano|\byear|\bserie|\bstock|\btalla"
    r"|\bcuenta"
    r"|\bguia|\bfactura|\bpostal|\bcp|\bid|\bversion)\s*[:#]?\s*$"
)
_UNIT = re.compile(
    r"\s*(?:[\"”“°%‰×]|''?(?!\d)|(?:x|por) ?\d|(?:de )?(?:gb|tb|mb|kb|mah|wh|mpx?|megapixel\w*"
    r"|pulgadas?|inch\w*"
    r"|polegadas|hz|khz|mhz|ghz|fps|watts?|w|v|volt\w*|amp\w*|btu|rpm|dpi|ppi|nits|lumens"
    r"|lumenes|lm|mm|cm|mt?s?"
    r"|metros?|km|kms|kilometros|kg|kgs|kilos?|g|gr|grs|gramos?|mg|ml|cc|lt?s?|litros?|oz|onzas?"
    r"|lb|libras"
    r"|disponib\w+|disponiv\w+|available|(?:in|en|em) (?:stock|existencias?|estoque)"
    r"|unidad(?:es)?|unid|uds?|units?|unidades|piezas?|pzas?|pcs|pares?|dias?|days?|horas?"
    r"|hours?|hrs?|h"
    r"|min|minutos?|minutes?|seg\w*|meses|mes|months?|anos?|years?|semanas?|weeks?|noches"
    r"|clientes?|clients"
    r"|customers|personas?|people|pessoas|seguidores|nucleos|cores|cuotas|parcelas|veces|vezes"
    r"|times"
    r"|productos?|produtos|products|articulos|referencias|opciones|opcoes|options|modelos?|models"
    r"|puntos|pontos|points|paginas|hojas|paginas|ciclos|lavados|usos|recargas|estrellas|tiendas"
    r"|lojas"
    r"|sedes|sucursales|gracias|disculpas|cosas|maneras|formas|perdones|obrigad\w+|thanks"
    r"|por ciento"
    r"|percent|por cento|ram|pixel\w*|p|am|pm|a\.m|p\.m)(?![a-z]))"
)
_GLUED_BEFORE = re.compile(r"[a-z0-9#]$|\d[.,/:x-]$|\d x $|[/+]$")
_DATE_OR_TIME = re.compile(
    r"\s*(?:[/:]\s*\d|-\d|de (?:ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic|jan|fev|mai|set"
    r"|out|dez))"
)
_OPEN_END = re.compile(
    r"\s*(?:$|[\n.,;:!?)\]|/—–-]|(?:y|e|o|and|or|ou|mas|plus|pero|but|mas|con|with|com|cada|c/u"
    r"|each|en|el|la"
    r"|los|las|por|si|que|the|per|para|nada|total|iva|ya|no|incl\w*|aprox\w*|entrega\w*"
    r"|envio)(?![a-z])|[^\w\s])"
)
_DIGIT = re.compile(r"\d")
_RANGE_HEAD = re.compile(
    r"(?:\b(?:entre|de|desde|between|from|unos|tus|los|cuestan?|vale|por|a)\s+"
    rf"|[$€£]\s*)(?P<low>{NUMBER})"
    r"\s*(?:y|a|o|e|u|ou|or|and|to|hasta|ate|-|–|—)\s*$"
)


def find_amounts(text: str, names: Sequence[tuple[int, int]] = ()) -> tuple[Amount, ...]:
    """Every amount of money in a text, in the order it stands there.

    Model numbers, quantities, measures, dates, hours, phones, percentages and order numbers are
    left out. A bare number counts when a price word stands before it, or when it has the form of
    a price (thousands marks, four digits or more, two decimals); the latter is not `is_marked`.

    Args:
        names: stretches of `plain(text)` that are names; their digits are no money.
    """
    original = plain(text)
    for start, end in names:
        original = original[:start] + " " * (end - start) + original[end:]
    folded = fold(original)
    return tuple(_amounts(original, folded))


def _candidates(folded: str) -> Iterator[re.Match[str]]:
    """Where an amount may stand; trying the whole pattern at every letter is five times slower."""
    end = 0
    for start in _START.finditer(folded):
        if start.start() < end or (start[0].isalpha() and start[0] not in _STARTERS):
            continue
        match = _AMOUNT.match(folded, start.start())
        if match is not None:
            end = match.end()
            yield match


def _amounts(original: str, folded: str) -> Iterator[Amount]:
    for match in _candidates(folded):
        amount = _read(match, original, folded)
        if amount is None:
            continue
        low = _low_end(match, amount, folded)
        if low is not None:
            yield low
        yield amount


def _read(match: re.Match[str], original: str, folded: str) -> Amount | None:
    number, start, end = match["number"], match.start(), match.end()
    if number[0].isdigit() and not match["sign"] and _is_glued(match, folded):
        return None
    before = folded[max(0, start - 48) : start]
    sure = bool(match["sign"] or match["name"] or match["after"])
    if not sure and match["letter"]:
        if not original[start].isupper():
            return None
        sure = bool(_CUE.search(before))
    elif not sure:
        kind = _is_money_without_mark(match, original, folded, before)
        if kind is None:
            return None
        sure = kind
    return Amount(
        value=value_of(number) + Decimal(match["cents"] or 0) / 100,
        currencies=_currencies(match),
        start=start,
        end=end,
        is_marked=sure,
        is_approximate=bool(_APPROXIMATE.search(before)),
    )


def _is_glued(match: re.Match[str], folded: str) -> bool:
    """Part of a longer token: A15, 128gb, 12/05, 10:30, 300-123-4567, 19%."""
    start, end = match.start("number"), match.end("number")
    if not match["letter"] and re.search(_GLUED_BEFORE, folded[max(0, start - 6) : start]):
        return True
    tail = folded[end : end + 12]
    return bool(
        re.match(r"[a-z](?<!x)" if match["name"] is None else r"(?!)", tail)
        or re.match(r" ?x ?\d| ?%|[\"”°]", tail)
        or (not match["name"] and not match["after"] and _DATE_OR_TIME.match(tail))
        or re.match(r"[ -]?\(?\d{3,}", tail)
    )


def _is_money_without_mark(
    match: re.Match[str], original: str, folded: str, before: str
) -> bool | None:
    """None: no money; True: said to be money; False: only looks like it."""
    number, end = match["number"], match.end()
    tail = folded[end : end + 24]
    has_digits = any(character.isdigit() for character in number)
    has_scale = _scale_of(number) > 1
    if _UNIT.match(tail) or _LABEL.search(before) or _is_model(match, original):
        return None
    cue = bool(_CUE.search(before))
    if has_scale and has_digits:
        return _is_scaled_money(number, original[match.start() : end], cue)
    if not has_digits:
        is_large = has_scale and number not in ("mil", "k", "m", "mm", "thousand", "grand")
        return True if (cue and _OPEN_END.match(tail)) or is_large else None
    if cue and (_OPEN_END.match(tail) or _priced_form(number)):
        return True
    return False if _priced_form(number) and not _is_year(number) else None


def _is_model(match: re.Match[str], original: str) -> bool:
    """The number of "RTX 4050" or of the end of a phone number."""
    number, before = match["number"], original[max(0, match.start() - 20) : match.start()]
    named = r"\b[A-Z]{2,4} $|\d{3} $" if len(number) > 4 else r"\b[A-Z]\w+ $|\d{3} $"
    return number.isdigit() and bool(re.search(named, before))


def _is_scaled_money(number: str, written: str, cue: bool) -> bool | None:
    """Whether it is money: "600 mil", "1.3M" and "1299k" are; "4K" and "20 m" are not."""
    if re.search(r"\dm+$", number):
        return True if written.endswith("M") or cue else None
    if re.search(r"\d ?k$", number):
        is_price = cue or value_of(number) >= 10_000
        return True if is_price or (written.endswith("k") and number[0] not in "2458") else None
    return True


def _scale_of(number: str) -> int:
    return max(
        (SCALES[word] for word in re.findall(r"[a-z]+", number) if word in SCALES), default=1
    )


def _priced_form(number: str) -> bool:
    """Thousands marks, four digits or more, or exactly two decimals."""
    return bool(re.search(r"\d[.,' ]\d{3}|\d{4}|[.,]\d\d$", number))


def _is_year(number: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", number))


def _low_end(match: re.Match[str], amount: Amount, folded: str) -> Amount | None:
    """The first number of "entre 300 y 600 mil", which borrows magnitude and currency."""
    if not amount.is_marked or not match["number"][0].isdigit():
        return None
    before = folded[max(0, match.start() - 40) : match.start()]
    head = _RANGE_HEAD.search(before) if _DIGIT.search(before) else None
    if head is None:
        return None
    start = max(0, match.start() - 40) + head.start("low")
    value = parse_digits(head["low"])
    if value >= 1000 or folded[max(0, start - 2) : start].strip(" ").endswith("$"):
        return None
    scale = _scale_of(match["number"])
    if scale == 1 and not match["name"] and not match["after"]:
        return None
    return replace(amount, value=value * scale, start=start, end=start + len(head["low"]))


def _currencies(match: re.Match[str]) -> frozenset[str]:
    named = [meaning(match[group]) for group in ("code", "sign", "letter", "after", "name")]
    if match["name"] and match["nation"]:
        named.append(BY_MARK[f"peso_{match['nation'].rstrip('s')[:-1]}o"])
    found = [each for each in named if each]
    if not found:
        return frozenset()
    common = frozenset.intersection(*found)
    return common or found[-1]
