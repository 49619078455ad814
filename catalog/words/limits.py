"""A customer's words enter, the price limits they name and the words without them leave.

"menos de 600 mil", "entre 1 millón y 1.500.000", "unas 20 lucas", "under 500 dollars".
An amount that is plainly money limits the price even by itself: "algo por 300 mil", "R$ 200".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from catalog.money import parse_number
from catalog.words.analysis import fold

MIN_LIMIT = 1000
"""A bare number below this is a model, a size or a quantity rather than a price."""
MIN_LIMIT_SMALL_PRICES = 2
"""The same in a shop whose prices are small numbers (dollars, soles, euros)."""
MIN_AFTER_WEAK_WORD = 20
"""The same after "de", "desde" or "max", which stand before sizes and models too."""
MIN_PLAIN_MONEY = 10_000
"""From here on thousands ("20k", not "4k") and numbers in groups ("600.000") are plainly money."""
STORAGE_SIZES = frozenset({64, 128, 256, 512, 1024})
ABOUT = Decimal("0.25")
"""How far from "unos 300" a price may be, as a share of it."""


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """Bounds in major units, both inclusive; None where the customer set none."""

    low: Decimal | None = None
    high: Decimal | None = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None

    def allow(self, price: Decimal) -> bool:
        """Whether a price in major units lies within."""
        return (self.low is None or price >= self.low) and (self.high is None or price <= self.high)


def _table(text: str) -> dict[str, Decimal]:
    pairs = (line.split(":") for line in text.split(";"))
    return {word: Decimal(value) for value, words in pairs for word in words.split()}


_SPELLED = _table(
    "0.5:medio media meio half;1:un uno una one um uma;2:dos dois two;3:tres three;"
    "4:cuatro quatro four;5:cinco five;6:seis six;7:siete sete seven;8:ocho oito eight;"
    "9:nueve nove nine;10:diez dez ten;12:doce doze;15:quince quinze;20:veinte vinte twenty;"
    "30:treinta trinta thirty;40:cuarenta quarenta forty;50:cincuenta cinquenta fifty;"
    "60:sesenta sessenta;70:setenta;80:ochenta oitenta;90:noventa;100:cien cem hundred;"
    "150:cientocincuenta;200:doscientos duzentos;300:trescientos trezentos;400:cuatrocientos;"
    "500:quinientos quinhentos;600:seiscientos;700:setecientos;800:ochocientos;900:novecientos"
)
_SCALES = _table(
    "1000:k mil lucas luca thousand;"
    "1000000:millon millones million millions milhao milhoes palo palos"
)
_SIGN = (
    r"(?:us\$|u\$s|r\$|rd\$|c\$|b/\.?|s/\.?|bs\.?|[$€£₡₲]"
    r"|(?:usd|cop|mxn|ars|clp|pen|eur|brl)(?=\s*[0-9]))"
)
_MONEY_WORD = (
    r"(?:pes(?:it)?os?|cop|mxn|ars|clp|usd|dolar(?:es|itos?)?|dollars?|bucks|sol(?:es|cito)?|euros?"
    r"|eur|reais|real|bs|bolivares|bolivianos?|bolos|quetzales|lempiras|colones|guaranies|cordobas"
    r"|balboas|mangos|varos|pavos|contos|pen)"
)
_DIGITS = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,2})?|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,2})?"
    r"|[0-9]{1,3}(?:[' ][0-9]{3}){1,4}(?:[.,][0-9]{1,2})?|[0-9]{1,12}(?:[.,][0-9]{1,2})?)"
    r"(?![0-9]|[.,'][0-9])"
)
"""What `parse_number` reads; of "1.500.00" nobody can tell what is meant."""
_HAS_AMOUNT = re.compile(rf"[0-9]|(?:{'|'.join(_SCALES)})(?![a-z0-9])")
"""Without a digit or a scale nothing below finds an amount; most messages have neither."""
_SCALE = rf"(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-z0-9])"


def _amount(name: str) -> str:
    return (
        rf"(?P<{name}_sign>{_SIGN}\s*)?"
        rf"(?:(?P<{name}>{_DIGITS})(?:\s*(?P<{name}_scale>{_SCALE}))?"
        rf"|(?P<{name}_word>{'|'.join(_SPELLED)})\s+(?P<{name}_word_scale>{_SCALE})"
        rf"|(?P<{name}_one>mil|millon)\b)"
        rf"(?P<{name}_half>\s+[ye]\s+(?:medio|media|meio)\b)?"
        rf"(?:\s*(?:de\s+)?(?P<{name}_money>{_MONEY_WORD})\b)?"
    )


_UP_TO = (
    r"(?:(?:por|a|en)?\s*menos\s+(?:de|que)|no\s+mas\s+de|(?:por\s+)?debajo\s+de"
    r"|(?:menor|inferior)(?:es)?\s+(?:a|de|que)|(?:que\s+)?no\s+(?:pasen?|excedan?|superen?)(?:\s+de)?"
    r"|sin\s+pasar(?:me)?\s+de|hasta|(?:como\s+)?maximo|(?<!pro\s)max\.?|tope(?:\s+(?:de|es))?"
    r"|(?:mi\s+)?presupuesto(?:\s+(?:es|maximo))?(?:\s+de)?|under|below|(?:less|cheaper)\s+than"
    r"|no\s+more\s+than|up\s+to|at\s+most|(?:my\s+)?budget(?:\s+(?:is|of))?|ate|abaixo\s+de"
    r"|mais\s+barato\s+que|no\s+maximo|orcamento(?:\s+de)?|<=?)"
)
_FROM = (
    r"(?:mas\s+de|(?:por\s+)?encima\s+de|(?:mayor|superior)(?:es)?\s+(?:a|de|que)"
    r"|desde|minimo|a\s+partir\s+de|over|above|more\s+than|at\s+least|from|mais\s+de|acima\s+de|>=?)"
)
_AROUND = (
    r"(?:(?:al)?rededor\s+de|aprox(?:imadamente)?\.?|cerca\s+de|(?:como\s+)?(?:de\s+)?un[oa]s|uns|umas"
    r"|mas\s+o\s+menos|tipo|around|about|por\s+volta\s+de)"
)
_MORE_WORDS = r"\s*:?\s*(?:de\s+)?(?:los\s+|las\s+|un[oa]s\s+|uns\s+)?"
_BETWEEN = re.compile(
    rf"(?<![a-z])(?P<cue>entre|between|de|desde|from)\s+(?:los\s+)?{_amount('b')}"
    rf"\s*(?:y|a|hasta|and|to|e|ate|-)\s+(?:los\s+)?{_amount('a')}"
)
_DASHED = re.compile(rf"(?<![a-z0-9])(?P<cue>){_amount('b')}\s*-\s*{_amount('a')}")
_HIGH = re.compile(rf"(?<![a-z])(?P<cue>{_UP_TO}){_MORE_WORDS}{_amount('a')}")
_LOW = re.compile(rf"(?<![a-z])(?P<cue>{_FROM}){_MORE_WORDS}{_amount('a')}")
_NEAR = re.compile(rf"(?<![a-z])(?P<cue>{_AROUND})\s+{_amount('a')}")
_BARE = re.compile(
    rf"(?<![a-z0-9.,/#-])(?P<cue>(?:por|bajo|tengo|cuento\s+con|con|de|a|em|tenho)\s+)?{_amount('a')}"
)
_ENDS = re.compile(
    r"\s*(?:$|[.,;:!?)\n]|(?:y|o|e|para|por|pra|con|com|que|or|and|with|mas|maximo|cada|cu|c/u"
    r"|aprox\w*|en|no|pero|si|porfa\w*|gracias)(?![a-z]))"
)
_COUNTED = re.compile(
    r"\s*(?:mah|lumen|btu|w(?:att)?s?(?![a-z])|rpm|personas|unid|uds|gr?(?![a-z])|gramos|km|kilom|horas"
    r"|pixel|hojas|piezas|metros|litros|ml|copias|paginas|ciclos|vueltas)"
)
_WEAK = frozenset({"de", "desde", "from", "max", "max."})


def read_limits(text: str, *, small_prices: bool = False) -> tuple[PriceLimits, str]:
    """Take the price limits out of a customer's words.

    Args:
        text: as written.
        small_prices: the shop's prices are small numbers, so "menos de 500" is a price there.
    Returns:
        The limits, and the folded text without them.
    """
    rest = fold(text)
    if not _HAS_AMOUNT.search(rest):
        return PriceLimits(), rest
    least = MIN_LIMIT_SMALL_PRICES if small_prices else MIN_LIMIT
    if match := _first((*_BETWEEN.finditer(rest), *_DASHED.finditer(rest)), least):
        bounds = sorted((_value(match, "b", like="a"), _value(match, "a")))
        return PriceLimits(*bounds), _without(match)
    if high := _first(_HIGH.finditer(rest), least):
        rest = _without(high)
    if low := _first(_LOW.finditer(rest), least):
        rest = _without(low)
    if high or low:
        lowest, highest = (match and _value(match, "a") for match in (low, high))
        return PriceLimits(lowest, highest), rest
    if near := _first(_NEAR.finditer(rest), least):
        value = _value(near, "a")
        return PriceLimits(value * (1 - ABOUT), value * (1 + ABOUT)), _without(near)
    if bare := next((match for match in _BARE.finditer(rest) if _is_money(match)), None):
        return PriceLimits(high=_value(bare, "a")), _without(bare)
    return PriceLimits(), rest


def _first(matches: Iterable[re.Match[str]], least: int) -> re.Match[str] | None:
    return next((match for match in matches if _is_limit(match, least)), None)


def _is_limit(match: re.Match[str], least: int) -> bool:
    """Whether an amount after a word of limit is money: no size, quantity or number of a model."""
    if _is_money(match):
        return True
    value, cue = _value(match, "a"), match["cue"].strip()
    if scale := match["a_scale"] or match["a_word_scale"]:
        least = MIN_PLAIN_MONEY if scale == "k" else MIN_LIMIT
        return value >= least and _COUNTED.match(match.string, match.end()) is None
    if cue in _WEAK:
        least = max(least, MIN_AFTER_WEAK_WORD)
    return value >= least and value not in STORAGE_SIZES and _ends(match)


def _is_money(match: re.Match[str]) -> bool:
    """Whether an amount is money whatever stands before it."""
    if match["a_sign"] or match["a_money"]:
        return True
    if match["a_one"]:
        return bool(match["cue"]) and _ends(match)
    value, scale = _value(match, "a"), match["a_scale"] or match["a_word_scale"]
    is_grouped = bool(re.search(r"[.,'][0-9]{3}(?![0-9])", match["a"] or ""))
    is_slang = scale is not None and scale not in ("k", "mil", "thousand")
    return (is_slang or ((scale or is_grouped) and value >= MIN_PLAIN_MONEY)) and _ends(match)


def _ends(match: re.Match[str]) -> bool:
    return _ENDS.match(match.string, match.end()) is not None


def _value(match: re.Match[str], name: str, like: str | None = None) -> Decimal:
    """The amount; "entre 500 y 800 mil" counts both in thousands."""
    if match[f"{name}_one"]:
        number, scale = Decimal(1), match[f"{name}_one"]
    elif spelled := match[f"{name}_word"]:
        number, scale = _SPELLED[spelled], match[f"{name}_word_scale"]
    else:
        number, scale = parse_number(match[name]), match[f"{name}_scale"]
    if scale is None and like and number < MIN_LIMIT:
        scale = match[f"{like}_scale"] or match[f"{like}_word_scale"]
    if scale is None:
        return number
    half = Decimal("0.5") if match[f"{name}_half"] else Decimal(0)
    return (number + half) * _SCALES[scale]


def _without(match: re.Match[str]) -> str:
    return f"{match.string[: match.start()]} {match.string[match.end() :]}"
