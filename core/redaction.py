"""Text on its way to a log enters, the same text without keys and whole addresses leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "***"
SHORTEST_SECRET = 6
"""Shorter values are not hidden by value: they would blank out ordinary words."""

_known_secrets: set[str] = set()


def register_secrets(values: Iterable[str]) -> None:
    """Hide these values wherever they appear from now on, whatever their form."""
    forms = (form for value in values for form in (value, quote(value, safe="")))
    _known_secrets.update(form for form in forms if len(form) >= SHORTEST_SECRET)
    redact.cache_clear()


def mask_address(address: str) -> str:
    """`whatsapp:+573001234567` becomes `whatsapp:+57…67`: enough to tell two customers apart."""
    channel, colon, rest = address.rpartition(":")
    return f"{channel}{colon}{rest[:3]}…{rest[-2:]}" if len(rest) > 5 else f"{channel}{colon}…"


def _masked(match: re.Match[str]) -> str:
    plain = re.sub("%3A", ":", match[0], flags=re.IGNORECASE)
    return mask_address(re.sub("%2B", "+", plain, flags=re.IGNORECASE))


_OUR_EXAMPLES = "USUARIO:CLAVE@SERVIDOR/|USER:PASSWORD@SERVER/|USUARIO:SENHA@SERVIDOR/"
"""What our own sentences tell an owner to write, letter by letter."""

# Each with what must stand in a text, as it is or with small letters, for the pattern to be in it:
# looking for that takes a fraction of the time, and most lines of a log hold none of it.
_RULES: tuple[
    tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...
] = (
    (
        ("basic", "bearer"),
        re.compile(r"\b(Basic|Bearer)(\s+)[^\s'\",;)}\]]+", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (
        ("gsk_", "sk-", "AIza", "tgp_"),
        re.compile(r"\b(gsk_|sk-|AIza|tgp_)[\w-]{8,}"),
        rf"\1{HIDDEN}",
    ),
    (("AC", "SK"), re.compile(r"\b(AC|SK)[0-9a-fA-F]{32}\b"), rf"\1{HIDDEN}"),
    (
        ("@",),
        re.compile(rf"(://)(?!{_OUR_EXAMPLES})(?:[^\s/@]*:[^\s/]*|[^\s/@'\"]+)@"),
        rf"\1{HIDDEN}@",
    ),
    (
        ("?", "&"),
        re.compile(r"([?&]\w*(?:key|token|secret|password|sig|signature)=)[^&\s'\"]+", re.I),
        rf"\1{HIDDEN}",
    ),
    (
        ("whatsapp", "+"),
        re.compile(r"whatsapp(?::|%3A)(?:\+|%2B)?[\w.]+|(?<![\w+])\+\d{8,15}(?!\d)", re.IGNORECASE),
        _masked,
    ),
)


@lru_cache(maxsize=512)
def redact(text: str) -> str:
    """Hide keys, tokens, authorization headers, passwords in addresses, and customers' numbers.

    Remembers: most lines of a log are among the last few hundred different ones.
    """
    for secret in sorted(_known_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    small = text.casefold()
    for signs, pattern, replacement in _RULES:
        for sign in signs:
            if sign in small or sign in text:
                text = pattern.sub(replacement, text)
                break
    return text
