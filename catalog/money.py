"""Prices as people write them enter, integers in the smallest unit leave, and back again.

A lone separator before exactly three digits is read as thousands ("1.299" is 1,299 in COP and in
USD alike): no currency used here prices in thousandths, and Spanish-speaking shops that sell in
dollars write thousands with a dot too. A leading zero ("0.5"), more than three digits in front
("1299.000"), or a decimal mark proven elsewhere in the same file say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Mark = Literal[".", ","]

MAX_PRICE_MINOR = 10**15


@dataclass(frozen=True, slots=True)
class Currency:
    """How one currency is counted and written.

    Args:
        exponent: decimals of the smallest unit (ISO 4217).
        symbol: what customers see, with its space when it takes one.
        thousands: mark between groups of three; the decimal mark is the other one.
        after: the symbol follows the number.
    """

    exponent: int
    symbol: str
    thousands: Mark = ","
    after: bool = False


CURRENCIES: dict[str, Currency] = {
    "ARS": Currency(2, "$", "."),
    "BOB": Currency(2, "Bs ", "."),
    "BRL": Currency(2, "R$ ", "."),
    "BZD": Currency(2, "BZ$"),
    "CAD": Currency(2, "CA$"),
    "CHF": Currency(2, "CHF "),
    "CLP": Currency(0, "$", "."),
    "COP": Currency(2, "$", "."),
    "CRC": Currency(2, "₡", "."),
    "CUP": Currency(2, "$"),
    "DOP": Currency(2, "RD$"),
    "EUR": Currency(2, " €", ".", after=True),
    "GBP": Currency(2, "£"),
    "GTQ": Currency(2, "Q"),
    "GYD": Currency(2, "G$"),
    "HNL": Currency(2, "L "),
    "HTG": Currency(2, "G "),
    "JMD": Currency(2, "J$"),
    "JPY": Currency(0, "¥"),
    "MXN": Currency(2, "$"),
    "NIO": Currency(2, "C$"),
    "PAB": Currency(2, "B/."),
    "PEN": Currency(2, "S/ "),
    "PYG": Currency(0, "₲", "."),
    "SRD": Currency(2, "Sr$", "."),
    "TTD": Currency(2, "TT$"),
    "USD": Currency(2, "US$"),
    "UYU": Currency(2, "$", "."),
    "VES": Currency(2, "Bs. ", "."),
    "XCD": Currency(2, "EC$"),
}

_NAMED = {
    "US$": "USD",
    "U$S": "USD",
    "U$D": "USD",
    "AR$": "ARS",
    "BZ$": "BZD",
    "CA$": "CAD",
    "CL$": "CLP",
    "CO$": "COP",
    "EC$": "XCD",
    "MX$": "MXN",
    "R$": "BRL",
    "RD$": "DOP",
    "SR$": "SRD",
    "TT$": "TTD",
    "UY$": "UYU",
    "$U": "UYU",
    "B/": "PAB",
    "S/": "PEN",
    "€": "EUR",
    "£": "GBP",
    "₡": "CRC",
    "₲": "PYG",
    "DÓLAR": "USD",
    "DOLAR": "USD",
    "DÓLARES": "USD",
    "DOLARES": "USD",
    "DLS": "USD",
    "SOL": "PEN",
    "SOLES": "PEN",
    "EURO": "EUR",
    "EUROS": "EUR",
    "REAIS": "BRL",
    "REALES": "BRL",
    "QUETZALES": "GTQ",
    "LEMPIRAS": "HNL",
    "COLONES": "CRC",
    "BOLIVIANOS": "BOB",
    "GUARANÍES": "PYG",
    "GUARANIES": "PYG",
}
"""Marks and words that mean one currency alone."""

_OTHER_CODES = """
AED AFN ALL AMD ANG AOA AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BSD BTN BWP BYN CDF CNY CVE CZK
DJF DKK DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GNF HKD HUF IDR ILS INR IQD IRR ISK JOD KES KGS KHR
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MYR MZN
NAD NGN NOK NPR NZD OMR PGK PHP PKR PLN QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SSP
STN SVC SYP SZL THB TJS TMT TND TOP TRY TWD TZS UAH UGX UZS VND VUV WST XAF XCG XOF XPF YER ZAR ZMW
"""
_ZERO_CODES = "BIF DJF GNF ISK KMF KRW RWF UGX VND VUV XAF XOF XPF"
_NO_DECIMALS = frozenset(_ZERO_CODES.split())
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_ISO_CODES = frozenset(CURRENCIES) | frozenset(_OTHER_CODES.split())

# Longer marks first: "US$" must not leave "US" behind.
_NAMES = "|".join(sorted((re.escape(mark) for mark in _NAMED), key=len, reverse=True))
_MARKS = (
    rf"(?:{_NAMES})(?![A-Z])\.?|C\$|J\$|G\$|Bs\.?S?|Gs\.?|Lps\.?|[$¥]|[GLQ](?=[\s\d])|pesos?\b"
    r"|[A-Z]{3}(?![A-Z])\$?"
)
_THREE_LETTERS = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])", re.IGNORECASE)
_SHORT_MARKS = _ISO_CODES | {"SOL", "DLS", "LPS"}
_PRICE = re.compile(
    rf"(?P<sign>-?)\s*(?:{_MARKS})?\s*(?:{_MARKS})?\s*(?P<sign2>-?)\s*"
    rf"(?P<number>[0-9](?:[0-9.,' ]*[0-9])?)\s*(?P<no_cents>[.,]-)?\s*(?:{_MARKS})?",
    re.IGNORECASE,
)
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u00b4": "'"})


def is_currency(code: str) -> bool:
    """Whether `code` is a currency in use (ISO 4217)."""
    return code in _ISO_CODES


def named_currency(text: str) -> str | None:
    """The currency a written price names beyond doubt, such as USD in `US$ 45`; else None."""
    if text.isdigit():
        return None
    written = re.sub(r"[\s\d.,'-]+", " ", text.upper().replace("GS.", "₲")).split()
    # Of the rare codes several are words too (ALL, TOP): only beside a number they are money.
    codes = _ISO_CODES if re.search(r"\d", text) else CURRENCIES
    for mark in written:
        code = _NAMED.get(mark) or (mark[:3] if mark.removesuffix("$") in codes else None)
        if code:
            return code
    return None


def exponent(currency: str) -> int:
    """Decimals of a currency's smallest unit (ISO 4217); 2 for an unknown one."""
    if currency in CURRENCIES:
        return CURRENCIES[currency].exponent
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


class AmbiguousNumber(ValueError):
    """Three digits behind a mark that stands before decimals elsewhere in the same source."""


def parse_price(text: str, currency: str, decimal_mark: Mark | None = None) -> int:
    """Read a price as shops and customers write it.

    Args:
        text: such as `$1.299.000`, `1,299.00`, `S/ 45.90`, `1299000` or `12,5`.
        currency: ISO 4217 code; decides the unit of the result.
        decimal_mark: the mark this source is known to write before decimals, when it is known.
    Returns:
        The price in minor units; may be zero or negative.
    Raises:
        AmbiguousNumber: `1.299` where the point is known to stand before decimals.
        ValueError: not one price, or finer than the currency's smallest unit.
    """
    match = _matched(text)
    if match is None:
        raise ValueError(f"not a price: {text!r}")
    amount = parse_number(_number_of(match), decimal_mark)
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value() or minor > MAX_PRICE_MINOR:
        raise ValueError(f"not a price in {currency}: {text!r}")
    return -int(minor) if match["sign"] or match["sign2"] else int(minor)


def _matched(text: str) -> re.Match[str] | None:
    """Of words only currencies count: in "20 mil" a thousand would be lost."""
    words = _THREE_LETTERS.findall(text)
    if any(word.upper() not in _SHORT_MARKS for word in words):
        return None
    return _PRICE.fullmatch(text.translate(_SPACES).strip())


def _number_of(match: re.Match[str]) -> str:
    """The digits of a price; in `1.299,-` the dash stands for the cents."""
    number, no_cents = match["number"], match["no_cents"]
    if no_cents and no_cents[0] not in number:
        return f"{number}{no_cents[0]}00"
    return number


def parse_number(text: str, decimal_mark: Mark | None = None) -> Decimal:
    """Read digits with thousands and decimal marks in either style; see the module's rule.

    Raises:
        AmbiguousNumber: see `parse_price`.
        ValueError: the marks do not make a number, such as `1.29.000`.
    """
    if text.isascii() and text.isdigit():
        return Decimal(text)
    plain = re.sub(r"(?<=\d)[' ](?=\d{3}(?!\d))", "", text)
    if decimal_mark and _is_ambiguous(plain) and decimal_mark in plain:
        raise AmbiguousNumber("thousands or decimals?")
    mark = _decimal_mark(plain)
    whole, _, decimals = plain.rpartition(mark) if mark else (plain, "", "")
    groups = re.split(r"[.,]", whole)
    if len(set(re.findall(r"[.,]", whole))) > 1 or (mark and mark in whole):
        raise ValueError(f"not a number: {text!r}")
    well_grouped = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    are_digits = all(part.isdecimal() for part in (*groups, decimals or "0"))
    if not are_digits or (len(groups) > 1 and not well_grouped):
        raise ValueError(f"not a number: {text!r}")
    return Decimal("".join(groups) + (f".{decimals}" if decimals else ""))


def _is_ambiguous(number: str) -> bool:
    return re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", number) is not None


def _decimal_mark(number: str) -> Mark | None:
    """The mark that can only stand before decimals in this number."""
    marks = re.findall(r"[.,]", number)
    if not marks:
        return None
    last: Mark = "." if marks[-1] == "." else ","
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else None
    if len(marks) > 1 or _is_ambiguous(number):
        return None
    return last


def common_decimal_mark(prices: Iterable[str]) -> Mark | None:
    """The decimal mark that a column of prices proves, or None when it proves none or both.

    With it given to `parse_price`, a price that could be read both ways ("1.299" beside "45.90")
    is refused rather than guessed.
    """
    found: set[Mark] = set()
    for price in prices:
        if price.isdigit():
            continue
        match = _matched(price)
        number = _number_of(match).replace(" ", "") if match else ""
        if mark := _decimal_mark(number):
            found.add(mark)
        elif len(re.findall(r"[.,]", number)) > 1:
            found.add("," if "." in number else ".")
    return found.pop() if len(found) == 1 else None


def format_price(price_minor: int, currency: str, language: str = "es") -> str:
    """Write a price as customers of the currency's country expect; decimals only when not zero.

    An unknown currency is named by its code in front: `ABC 1,234.50`.
    """
    style = CURRENCIES.get(currency) or Currency(exponent(currency), f"{currency} ")
    if currency == "EUR" and language == "en":
        style = Currency(2, "€")
    units, rest = divmod(abs(price_minor), 10**style.exponent)
    number = f"{units:,}".replace(",", style.thousands)
    if rest:
        number += f"{'.' if style.thousands == ',' else ','}{rest:0{style.exponent}d}"
    sign = "-" if price_minor < 0 else ""
    return f"{sign}{number}{style.symbol}" if style.after else f"{sign}{style.symbol}{number}"


def minor_from_major(amount: Decimal | float | int | str, currency: str) -> int:
    """A number in major units as minor units, rounded half up.

    Raises:
        ValueError: not a finite number.
    """
    try:
        minor = Decimal(str(amount)).scaleb(exponent(currency))
        return int(minor.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"not an amount: {amount!r}") from error


def major_from_minor(price_minor: int, currency: str) -> int | float:
    """Minor units as a number for JSON: an int when whole, else a float."""
    major = Decimal(price_minor).scaleb(-exponent(currency))
    return int(major) if major == major.to_integral_value() else float(major)


def plain_price(price_minor: int, currency: str) -> str:
    """Minor units as digits with a decimal point, as files carry them: `1299000`, `45.90`."""
    places = exponent(currency)
    units, rest = divmod(abs(price_minor), 10**places)
    sign = "-" if price_minor < 0 else ""
    return f"{sign}{units}.{rest:0{places}d}" if rest else f"{sign}{units}"
