"""Hits enter; compact lines a model reads its candidates from leave, within so many tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.prompts.inert import BAR, inert
from bot.prompts.tokens import clipped, estimate_tokens
from bot.reading import intents
from bot.reading.language import words
from bot.turn_context import MENTIONED, TurnContext
from catalog.money import format_price
from catalog.search import Hit, ProductView
from core.texts import text

TOKENS = 285
"""Room of eight candidates, their head included; what the lines leave free goes to details.

300 by the tokenizers themselves: lines full of digits cost up to a tenth more than estimated.
"""
_SKU_TOKENS = 12
_NAME_TOKENS = (60, *range(40, 14, -2))
"""Long names are shortened only when the lines would not fit, and no more than they must."""
_DETAIL_TOKENS = 120
_ANSWER_TOKENS = 30
_LEAST_DETAIL_TOKENS = 8
PRODUCTS_KEPT = 1024
"""Of so many products the last used keep their lines, and their descriptions taken apart."""
_LEAST_CANDIDATES = 4
"""So many stay when those behind them make way for details that were asked for."""
_CLAUSE_END = re.compile(r"[.;]\s+|,\s+|\n")
_TELLING_LETTERS = 4
_STEM_LETTERS = 5


def lines(context: TurnContext, most: int, *, with_details: bool) -> str:
    """The `most` wanted candidates, one line each, under the names of their columns.

    Args:
        with_details: add what the descriptions say on what was asked ("¿tiene garantía?"), then
            what else they say, the best candidate's first, while it fits.
    """
    head = text("prompt.products_head", context.language)
    room = TOKENS - estimate_tokens(head) - 1
    hits = _wanted(context, most)
    if not with_details:
        return _under(head, _fitting(hits, context.language, room))
    asked = _stems(intents.asked(context.waiting))
    while True:
        cells = _fitting(hits, context.language, room)
        details = [_detail(hit.product, asked) for hit in hits]
        answered = [_joined(*pair) for pair in zip(cells, (d.asked for d in details), strict=True)]
        fits = sum(map(_cost, answered)) <= room
        if fits or answered == cells or len(hits) <= _LEAST_CANDIDATES:
            break
        hits = _wanted(context, len(hits) - 1)
    return _under(head, _filled_up(cells, answered, details, room))


def _under(head: str, cells: Sequence[str]) -> str:
    return "\n".join([head, *(BAR + line for line in cells)])


def _wanted(context: TurnContext, most: int) -> list[Hit]:
    """The hits to show; where the question names none itself, those talked about stay first."""
    by_need = list(context.hits)
    if not intents.read(intents.asked(context.waiting)).content:
        named = [product.id for product in context.mentioned]
        by_need.sort(key=lambda hit: hit.product.id not in named)
    kept = {hit.product.id for hit in by_need[:most]}
    return [hit for hit in context.hits if hit.product.id in kept]


@lru_cache(maxsize=4096)
def _cost(line: str) -> int:
    return estimate_tokens(BAR + line) + 1


def _fitting(hits: Sequence[Hit], language: str, room: int) -> list[str]:
    """The lines with names as long as the room allows."""
    found: list[str] = []
    for name_tokens in _NAME_TOKENS:
        found = [_line(hit, language, name_tokens) for hit in hits]
        if sum(map(_cost, found)) <= room:
            break
    return found


def _line(hit: Hit, language: str, name_tokens: int) -> str:
    cells = _cells(hit.product, language, name_tokens)
    if hit.reason == MENTIONED:
        return f"{cells} {BAR}{text('prompt.mentioned', language)}"
    return cells


@lru_cache(maxsize=PRODUCTS_KEPT)
def _cells(product: ProductView, language: str, name_tokens: int) -> str:
    return f" {BAR}".join(
        [
            clipped(inert(product.sku), _SKU_TOKENS),
            clipped(_name(product), name_tokens),
            format_price(product.price_minor, product.currency, language),
            _stock(product.stock, language),
        ]
    )


def _name(product: ProductView) -> str:
    """With the brand where the name does not say it."""
    name, brand = inert(product.name), inert(product.brand)
    return name if brand.casefold() in name.casefold() else f"{name} ({brand})"


def _stock(stock: int | None, language: str) -> str:
    if stock is None:
        return text("prompt.unknown_stock", language)
    return str(stock) if stock > 0 else text("prompt.out_of_stock", language)


def _joined(line: str, detail: str) -> str:
    return f"{line} {BAR}{detail}" if detail else line


@dataclass(frozen=True, slots=True)
class _Detail:
    """What a description says: on what was asked, and all of it with that in front."""

    asked: str
    whole: str


def _detail(product: ProductView, asked: frozenset[str]) -> _Detail:
    """The clauses that speak of what was asked and the name does not say, then the others."""
    wanted = asked - _stems(product.name)
    clauses = _clauses(product.description)
    told = [clause for clause, stems in clauses if not wanted.isdisjoint(stems)]
    if not told:
        return _Detail("", _one_line(product.description))
    others = [clause for clause, _ in clauses if clause not in told]
    return _Detail(
        clipped(inert(", ".join(told)), _ANSWER_TOKENS), inert(", ".join([*told, *others]))
    )


@lru_cache(maxsize=PRODUCTS_KEPT)
def _clauses(description: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The clauses of a description, each with the beginnings of its longer words."""
    return tuple((clause, _stems(clause)) for clause in _CLAUSE_END.split(description))


_one_line = lru_cache(maxsize=PRODUCTS_KEPT)(inert)


def _filled_up(
    cells: Sequence[str], answered: Sequence[str], details: Sequence[_Detail], room: int
) -> list[str]:
    """The lines with what was asked; what is left of the room goes to the rest, best hit first."""
    found = list(answered)
    room -= sum(map(_cost, found))
    for at, detail in enumerate(details):
        if room < _LEAST_DETAIL_TOKENS:
            break
        free = room + _cost(found[at]) - _cost(cells[at])
        longer = _joined(cells[at], clipped(detail.whole, min(_DETAIL_TOKENS, free - 2)))
        if len(longer) > len(found[at]):
            room -= _cost(longer) - _cost(found[at])
            found[at] = longer
    return found


@lru_cache(maxsize=256)
def _stems(said: str) -> frozenset[str]:
    """The beginnings of the longer words of a text: "garantía" and "garantizado" share theirs."""
    return frozenset(word[:_STEM_LETTERS] for word in words(said) if len(word) >= _TELLING_LETTERS)
