"""Hits enter; compact lines a model reads its candidates from leave, within so many tokens."""

from __future__ import annotations

from collections.abc import Sequence

from bot.prompts.inert import BAR, inert
from bot.prompts.tokens import clipped, estimate_tokens
from bot.turn_context import MENTIONED, TurnContext
from catalog.money import format_price
from catalog.search import Hit, ProductView
from core.texts import text

TOKENS = 300
"""Room of eight candidates, their head included; what the lines leave free goes to details."""
_SKU_TOKENS = 12
_NAME_TOKENS = (60, 30, 22, 16)
"""Long names are shortened only when the lines would not fit."""
_DETAIL_TOKENS = 120
_LEAST_DETAIL_TOKENS = 8


def lines(context: TurnContext, most: int, *, with_details: bool) -> str:
    """The first `most` candidates, one line each, under the names of their columns.

    Args:
        with_details: add what the descriptions say, the best candidate's first, while it fits.
    """
    hits = context.hits[:most]
    head = text("prompt.products_head", context.language)
    room = TOKENS - estimate_tokens(head) - 1
    cells = _fitting(hits, context.language, room)
    room -= sum(map(_cost, cells))
    if with_details:
        cells = _with_details(cells, hits, room)
    return "\n".join([head, *(BAR + line for line in cells)])


def _cost(line: str) -> int:
    return estimate_tokens(BAR + line) + 1


def _fitting(hits: Sequence[Hit], language: str, room: int) -> list[str]:
    """The lines with names as long as the room allows."""
    for name_tokens in _NAME_TOKENS:
        found = [_line(hit, language, name_tokens) for hit in hits]
        if sum(map(_cost, found)) <= room:
            break
    return found


def _line(hit: Hit, language: str, name_tokens: int) -> str:
    product = hit.product
    cells = [
        clipped(inert(product.sku), _SKU_TOKENS),
        clipped(_name(product), name_tokens),
        format_price(product.price_minor, product.currency, language),
        _stock(product.stock, language),
    ]
    if hit.reason == MENTIONED:
        cells.append(text("prompt.mentioned", language))
    return BAR.join(f"{cell} " for cell in cells).rstrip()


def _name(product: ProductView) -> str:
    """With the brand where the name does not say it."""
    name, brand = inert(product.name), inert(product.brand)
    return name if brand.casefold() in name.casefold() else f"{name} ({brand})"


def _stock(stock: int | None, language: str) -> str:
    if stock is None:
        return text("prompt.unknown_stock", language)
    return str(stock) if stock > 0 else text("prompt.out_of_stock", language)


def _with_details(cells: Sequence[str], hits: Sequence[Hit], room: int) -> list[str]:
    detailed = []
    for line, hit in zip(cells, hits, strict=True):
        detail = inert(hit.product.description)
        if detail and room >= _LEAST_DETAIL_TOKENS:
            longer = f"{line} {BAR}{clipped(detail, min(_DETAIL_TOKENS, room - 3))}"
            room -= _cost(longer) - _cost(line)
            line = longer
        detailed.append(line)
    return detailed
