"""A customer's words enter, the price limits they name and the words without them leave.

"menos de 600 mil", "entre 1 millón y 1.500.000", "max 600 mil", "under 500 dollars", "até 2 mil".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from catalog.analysis import fold
from catalog.money import parse_number

MIN_LIMIT = 1000
"""A bare number below this is a model, a size or a quantity rather than a price."""
MIN_LIMIT_SMALL_PRICES = 20
"""The same in a shop whose prices are small numbers (dollars, soles, euros)."""


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


_SPELLED = {
    "medio": Decimal("0.5"),
    "un": Decimal(1),
    "uno": Decimal(1),
    "one": Decimal(1),
    "um": Decimal(1),
    "dos": Decimal(2),
    "dois": Decimal(2),
    "tres": Decimal(3),
    "cuatro": Decimal(4),
    "cinco": Decimal(5),
    "diez": Decimal(10),
    "veinte": Decimal(20),
    "cien": Decimal(100),
    "quinientos": Decimal(500),
}
_SCALES = {
    "k": 1000,
    "mil": 1000,
    "lucas": 1000,
    "luca": 1000,
    "thousand": 1000,
    "millon": 1_000_000,
    "millones": 1_000_000,
    "million": 1_000_000,
    "milhao": 1_000_000,
    "milhoes": 1_000_000,
    "palo": 1_000_000,
    "palos": 1_000_000,
}
_SIGN = r"(?:us\$|u\$s|r\$|rd\$|c\$|s/\.?|bs\.?|[$€£₡₲])"
_MONEY_WORD = (
    r"(?:pesos?|cop|mxn|ars|clp|usd|dolares|dolar|dollars?|bucks|soles|sol|euros?|eur|reais|bs"
    r"|bolivares|bolivianos|quetzales|lempiras|colones|guaranies|cordobas|balboas|pe[sn])"
)
_DIGITS = r"[0-9]+(?:[.,' ](?=[0-9]{3}(?![0-9]))[0-9]{3})*(?:[.,][0-9]{1,2}(?![0-9]))?"
_SCALE = r"(?:mil(?:lon(?:es)?|lion|hao|hoes)?|lucas?|palos?|thousand|k)(?![a-z])"


def _amount(name: str) -> str:
    spelled = "|".join(_SPELLED)
    return (
        rf"(?P<{name}_sign>{_SIGN}\s*)?"
        rf"(?:(?P<{name}>{_DIGITS})\s*(?P<{name}_scale>{_SCALE})?"
        rf"|(?P<{name}_word>{spelled})\s+(?P<{name}_word_scale>{_SCALE})|(?P<{name}_mil>mil)\b)"
        rf"(?:\s*(?:de\s+)?(?P<{name}_money>{_MONEY_WORD})\b)?"
    )


_UP_TO = (
    r"(?:menos\s+(?:de|que)|no\s+mas\s+de|por\s+debajo\s+de|debajo\s+de|menor(?:es)?\s+(?:a|de|que)"
    r"|inferior(?:es)?\s+a|que\s+no\s+pasen?\s+de|no\s+pasen?\s+de|hasta|maximo|max\.?|tope"
    r"|(?:mi\s+)?presupuesto(?:\s+(?:es|maximo))?(?:\s+de)?|under|below|less\s+than|up\s+to|at\s+most"
    r"|cheaper\s+than|ate|abaixo\s+de|no\s+maximo|<=?)"
)
_FROM = (
    r"(?:mas\s+de|por\s+encima\s+de|encima\s+de|mayor(?:es)?\s+(?:a|de|que)|superior(?:es)?\s+a"
    r"|desde|minimo|a\s+partir\s+de|over|above|more\s+than|at\s+least|from|mais\s+de|acima\s+de|>=?)"
)
_BETWEEN = re.compile(
    rf"(?<![a-z])(?:entre|between|de|desde|from)\s+(?:los\s+)?{_amount('a')}"
    rf"\s*(?:y|a|hasta|and|to|e|-)\s+(?:los\s+)?{_amount('b')}"
)
_HIGH = re.compile(rf"(?<![a-z]){_UP_TO}\s*:?\s*(?:de\s+)?(?:los\s+|unos\s+)?{_amount('a')}")
_LOW = re.compile(rf"(?<![a-z]){_FROM}\s*(?:los\s+|unos\s+)?{_amount('a')}")
_ENDS = re.compile(r"\s*(?:$|[.,;:!?)\n]|(?:y|o|e|para|por|con|que|or|and|with|mas|maximo)\b)")


def read_limits(text: str, *, small_prices: bool = False) -> tuple[PriceLimits, str]:
    """Take the price limits out of a customer's words.

    Args:
        text: as written.
        small_prices: the shop's prices are small numbers, so "menos de 500" is a price there.
    Returns:
        The limits, and the folded text without them.
    """
    rest = fold(text)
    least = MIN_LIMIT_SMALL_PRICES if small_prices else MIN_LIMIT
    for match in _BETWEEN.finditer(rest):
        if _is_price(match, "b", least):
            low, high = sorted((_value(match, "a", scale_from="b"), _value(match, "b")))
            return PriceLimits(low, high), _without(match)
    high_match = next((m for m in _HIGH.finditer(rest) if _is_price(m, "a", least)), None)
    rest = _without(high_match) if high_match else rest
    low_match = next((m for m in _LOW.finditer(rest) if _is_price(m, "a", least)), None)
    rest = _without(low_match) if low_match else rest
    return (
        PriceLimits(
            low=_value(low_match, "a") if low_match else None,
            high=_value(high_match, "a") if high_match else None,
        ),
        rest,
    )


def _is_price(match: re.Match[str], name: str, least: int) -> bool:
    """Whether an amount is money rather than a size, a quantity or the number of a model."""
    value, scale = _value(match, name), match[f"{name}_scale"]
    if match[f"{name}_sign"] or match[f"{name}_money"]:
        return True
    if match[0].startswith(("max ", "max.")) or scale == "k":
        # "iphone 17 pro max 512", "hasta 4k"
        return value >= 10_000
    if value < least:
        return False
    # "menos de 1000 gramos", "hasta 20 personas": what follows says what is counted.
    return value >= 10_000 or _ENDS.match(match.string, match.end()) is not None


def _value(match: re.Match[str], name: str, scale_from: str | None = None) -> Decimal:
    if match[f"{name}_mil"]:
        return Decimal(1000)
    if spelled := match[f"{name}_word"]:
        return _SPELLED[spelled] * _SCALES[match[f"{name}_word_scale"]]
    number = parse_number(match[name])
    scale = match[f"{name}_scale"]
    if scale is None and scale_from and number < MIN_LIMIT:
        scale = match[f"{scale_from}_scale"]  # "entre 500 y 800 mil"
    return number * _SCALES[scale] if scale else number


def _without(match: re.Match[str]) -> str:
    return f"{match.string[: match.start()]} {match.string[match.end() :]}"
