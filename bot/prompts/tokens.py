"""A text enters, about how many tokens it is leaves; or as much of it as some tokens hold."""

from __future__ import annotations

import math
import re
from functools import lru_cache

_PER_PLAIN = 1 / 4
"""Tokens of an ASCII letter or a space: what words are made of."""
_PER_MARK = 0.7
"""Of a digit, a punctuation mark or a letter with an accent: prices, model numbers, "teléfono"."""
_PER_OTHER = 1.5
"""Of an emoji or a character of another script."""
# Measured on Spanish, English and Portuguese prose and on product lines of three catalogs: 1.03 to
# 1.18 times what o200k counts, 0.9 to 1.1 times what cl100k counts (Llama 3 splits much like it).

_PLAIN_BYTES = bytes(c for c in range(0x80) if chr(c).isalpha() or chr(c).isspace())
_BLANKS = re.compile(r"\s+")
_OTHER = re.compile("[^\\u0000-\\u024f\\u2010-\\u2026]+")


@lru_cache(maxsize=256)
def estimate_tokens(words: str) -> int:
    """About how many tokens a text is, rounded up; the provider counts for real.

    One answer asks it of the same texts again and again, the whole prompt among them.
    """
    left = words.encode("utf-8", "surrogatepass").translate(None, _PLAIN_BYTES)
    marks, others = len(left), 0
    if not left.isascii():
        rest = _BLANKS.sub("", left.decode("utf-8", "surrogatepass"))
        others = sum(map(len, _OTHER.findall(rest)))
        marks = len(rest) - others
    plain = len(words) - marks - others
    return math.ceil(plain * _PER_PLAIN + marks * _PER_MARK + others * _PER_OTHER)


def clipped(words: str, limit_tokens: int, *, keep_end: bool = False) -> str:
    """As much of a text as the tokens hold, whole words where possible, "…" for the rest."""
    total = estimate_tokens(words)
    if total <= limit_tokens:
        return words
    kept = words
    while kept and estimate_tokens(kept) >= limit_tokens:  # one token is left for the "…"
        chars = min(len(kept) - 1, len(kept) * limit_tokens // total)
        kept = kept[-chars:] if keep_end and chars else kept[:chars]
        total = estimate_tokens(kept)
    if keep_end:
        return f"…{kept}"
    head, space, _ = kept.rpartition(" ")
    return f"{(head if space else kept).rstrip(' ,;:-/')}…"
