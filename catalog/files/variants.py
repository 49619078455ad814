"""A product and what sets one of its variants apart enter, the variant's own name and id leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from catalog.words.analysis import fold, without_tilde

_LINKED = re.compile("shopify--")
"""Shopify writes a colour of its own palette as a key that tells people nothing."""
NO_CHOICE = ("default title", "titulo predeterminado", "titulo padrao")
"""What a shop system calls the only variant of a product that has none."""


def variant_name(name: str, values: Sequence[str]) -> str:
    """`Camiseta básica` and Negro, M → `Camiseta básica - Negro / M`."""
    told = " / ".join(value for value in _telling(values) if not _LINKED.match(value))
    return f"{name} - {told}" if name and told else name


def variant_id(product_id: str, values: Sequence[str]) -> str:
    """`camiseta-basica` and Negro, M → `camiseta-basica/negro/m`."""
    parts = [_slug(value) for value in _telling(values)] if product_id else []
    return "/".join([product_id, *(part for part in parts if part)])


def _telling(values: Sequence[str]) -> list[str]:
    plain = [" ".join(value.split()) for value in values]
    return [value for value in plain if value and fold(value) not in NO_CHOICE]


@lru_cache(maxsize=4096)
def _slug(value: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", without_tilde(fold(value))).strip("-")
