"""A mark or name of money enters, the currencies it can mean leave."""

from __future__ import annotations

import re
from functools import lru_cache

from catalog.money import CURRENCIES

_PESOS = frozenset(("ARS", "CLP", "COP", "CUP", "DOP", "MXN", "UYU"))
_DOLLARS = frozenset(("USD", "CAD", "BZD", "GYD", "JMD", "TTD", "XCD", "SRD", "AUD"))
# Shops write a bare "$" in all of these; reais and cordobas too, now and then.
_DOLLAR_SIGN = _PESOS | _DOLLARS | {"BRL", "NIO"}
BY_MARK: dict[str, frozenset[str]] = {
    "$": _DOLLAR_SIGN,
    "peso": _PESOS,
    "dolar": _DOLLARS,
    "dollar": _DOLLARS,
    "mango": _PESOS,
    "varo": frozenset(("MXN",)),
    "buck": frozenset(("USD",)),
    **{
        mark: frozenset((code,))
        for code, marks in {
            "USD": "us$ u$s u$d usd$ dolares_americanos",
            "BRL": "r$ real reais reai",
            "PEN": "s/ s/. sol sole",
            "EUR": "€ euro",
            "GBP": "£ libra_esterlina",
            "MXN": "mx$ mxn$ peso_mexicano",
            "COP": "co$ cop$ peso_colombiano",
            "CLP": "cl$ clp$ peso_chileno",
            "ARS": "ar$ ars$ peso_argentino",
            "UYU": "$u uy$ uyu$ peso_uruguayo",
            "DOP": "rd$ peso_dominicano",
            "CAD": "ca$",
            "NIO": "c$ cordoba",
            "BZD": "bz$",
            "GYD": "g$",
            "JMD": "j$",
            "SRD": "sr$",
            "TTD": "tt$",
            "XCD": "ec$",
            "PAB": "b/. b/ balboa",
            "GTQ": "q quetzal quetzale",
            "HNL": "l l. lp lps lps. lempira",
            "HTG": "g",
            "CRC": "₡ colon colone",
            "PYG": "₲ gs gs. guarani guaranie",
            "JPY": "¥ yen",
        }.items()
        for mark in marks.split()
    },
    "us dollar": frozenset(("USD",)),
    "bs": frozenset(("BOB", "VES")),
    "bs.": frozenset(("BOB", "VES")),
    "boliviano": frozenset(("BOB",)),
    "bolivar": frozenset(("VES",)),
    "bolivare": frozenset(("VES",)),
    "reai": frozenset(("BRL",)),
}
CODES = "|".join(code.lower() for code in sorted({*CURRENCIES, "AUD"}))


@lru_cache(maxsize=256)
def meaning(mark: str | None) -> frozenset[str]:
    """The ISO codes of "us$", "pesos" or "COP"; none of what is no currency."""
    if not mark:
        return frozenset()
    word = mark.strip()
    if word.upper() in CURRENCIES:
        return frozenset((word.upper(),))
    if word.startswith("peso"):
        word = "peso"
    return BY_MARK.get(word) or BY_MARK.get(re.sub(r"(?:es|s)$", "", word)) or frozenset()
