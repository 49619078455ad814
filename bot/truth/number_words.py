"""Numbers as people write them in es, en and pt enter (digits, words, "600 mil"), decimals leave.

Texts are expected folded: lower case, no accents, plain spaces (see `bot.truth.amounts.fold`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

_ONES = (
    "un uno una um uma one|dos dois duas two|tres three|cuatro quatro four|cinco five|seis six"
    "|siete sete seven|ocho oito eight|nueve nove nine|diez dez ten|once onze eleven"
    "|doce doze twelve"
    "|trece treze thirteen|catorce catorze quatorze fourteen|quince quinze fifteen"
    "|dieciseis dezesseis sixteen|diecisiete dezessete seventeen|dieciocho dezoito eighteen"
    "|diecinueve dezenove nineteen|veinte vinte twenty|veintiun veintiuno veintiuna|veintidos"
    "|veintitres|veinticuatro|veinticinco|veintiseis|veintisiete|veintiocho|veintinueve"
)
_TENS = (
    "treinta trinta thirty|cuarenta quarenta forty|cincuenta cinquenta fifty|sesenta sessenta sixty"
    "|setenta seventy|ochenta oitenta eighty|noventa ninety"
)
_HUNDREDS = (
    "cien ciento cem cento|doscientos doscientas duzentos|trescientos trescientas trezentos"
    "|cuatrocientos cuatrocientas quatrocentos|quinientos quinientas quinhentos"
    "|seiscientos seiscientas seiscentos|setecientos setecientas setecentos"
    "|ochocientos ochocientas oitocentos|novecientos novecientas novecentos"
)


def _table(groups: str, start: int, step: int) -> dict[str, int]:
    return {
        word: start + step * position
        for position, group in enumerate(groups.split("|"))
        for word in group.split()
    }


SMALL = {"cero": 0, "zero": 0} | _table(_ONES, 1, 1) | _table(_TENS, 30, 10)
_HUNDRED_WORDS = _table(_HUNDREDS, 100, 100)
WORDS = SMALL | _HUNDRED_WORDS | {"hundred": 100}
SCALES = {
    **dict.fromkeys(("mil", "thousand", "grand", "k", "luca", "lucas"), 1_000),
    **dict.fromkeys(("millon", "millones", "million", "millions", "milhao", "milhoes"), 1_000_000),
    **dict.fromkeys(("palo", "palos", "m", "mm"), 1_000_000),
}
HALVES = frozenset(("medio", "media", "meio", "meia", "half"))

NUMBER = (
    r"(?:\d{1,3}(?:[.,']\d{3})+(?:[.,]\d{1,2})?(?![.,']?\d)"
    r"|\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?![.,' ]?\d)"
    r"|\d+(?:[.,]\d+)?)"
)
"""Digits with either thousands mark, spaces between groups, or a decimal part."""


def _one_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_WORD = rf"{_one_of(WORDS)}\b"
_SPOKEN = rf"\b{_WORD}(?:[ -]+(?:(?:y|e|and) )?{_WORD})*"
_MILL = r"(?:millon(?:es)?|millions?|milhao|milhoes|palos?)\b"
_MILL_SHORT = r"mm?\b"
_THOU = r"(?:mil|thousand|grand|k|lucas?)\b"
_TAIL = rf"(?: (?:(?:e|and) )?{_SPOKEN}| \d{{3}}(?![\d]|[.,]\d))"
_THOUSANDS = rf"(?:(?:{NUMBER} ?|{_SPOKEN}[ -]))?(?<![a-z]){_THOU}(?: y medi[oa]\b|{_TAIL})?"
_MILLIONS = (
    rf"(?:{NUMBER} ?{_MILL}|{NUMBER}{_MILL_SHORT}|{_SPOKEN} {_MILL}"
    rf"|(?:medio|meio|half a) {_MILL}|(?<![a-z]){_MILL})"
    rf"(?: (?:y medio|e meio)\b| (?:(?:y|e|and|con) )?{_THOUSANDS}|{_TAIL})?"
)
QUANTITY = rf"(?:{_MILLIONS}|{_THOUSANDS}|{_SPOKEN}|{NUMBER})"
"""A whole number phrase: "1,3 millones", "un millon doscientos mil", "600 mil", "45.90"."""

_TOKEN = re.compile(rf"{NUMBER}|[a-z]+")


_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,' ]\d{3})+|[1-9]\d{3,}[.,]\d{3}")


def parse_digits(number: str) -> Decimal:
    """The value of digits with any thousands mark; three digits behind a mark are thousands."""
    mark = max(number.rfind("."), number.rfind(","))
    if mark < 0 or _GROUPED.fullmatch(number):
        return Decimal(re.sub("[.,' ]", "", number))
    return Decimal(re.sub("[.,' ]", "", number[:mark]) + "." + number[mark + 1 :])


def value_of(phrase: str) -> Decimal:
    """The value of a number phrase that `QUANTITY` matched.

    Raises:
        ValueError: the phrase holds no number.
    """
    total, current, scale, seen = Decimal(0), Decimal(0), 0, False
    for word in _TOKEN.findall(phrase):
        if word[0].isdigit():
            current, seen = current + parse_digits(word), True
        elif word in SCALES:
            scale, seen = SCALES[word], True
            total, current = total + (current or 1) * scale, Decimal(0)
        elif word in HALVES:
            # "un millon y medio" adds half of what was named; "medio millon" halves what follows.
            total, current = (
                (total + Decimal(scale) / 2, current) if scale else (total, Decimal("0.5"))
            )
        elif word == "hundred":
            current = max(current, Decimal(1)) * 100
        elif word in WORDS:
            current, seen = current + WORDS[word], True
    if not seen:
        raise ValueError(f"no number in {phrase!r}")
    return total + current
