"""Hits and the products a message names enter; which hit answers which of them leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.reading import traits
from bot.reading.language import fold, words
from bot.reading.wishes import Wish
from catalog.search import Hit, ProductView
from catalog.words.analysis import is_measure
from catalog.words.analysis import words as analysed

_FAR_WORSE = 0.5
"""Share of another hit's score below which a hit by the same words only touches what was asked."""
_MADE_FOR = re.compile(r"\b(?:para|pra|for)\b|\bp/")
_PARTS = re.compile(r"[a-z]+|\d+")
_MOST_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Match:
    """What the catalog has for one wish.

    Args:
        products: those that fit best, best first; [] when nothing fits.
        missing: the words of the wish that none of them has; the catalog lacks just that.
    """

    wish: Wish
    products: tuple[ProductView, ...]
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The wish in the customer's words, short enough to be repeated."""
        said = [word for word in self.wish.words if not (word.isdigit() and len(word) > 4)]
        return " ".join(said)[:_MOST_QUOTED].strip()


def match(wishes: Sequence[Wish], hits: Sequence[Hit]) -> list[Match]:
    """For every wish its own hits; a hit goes to the wish it fits most of."""
    kept = [hit for hit in hits if not _is_outdone(hit, hits)]
    own: list[list[Hit]] = [[] for _ in wishes]
    for hit in kept:
        fits = [_share(wish, hit) for wish in wishes]
        if max(fits) > 0 or len(wishes) == 1:
            own[fits.index(max(fits))].append(hit)
    return [_best(wish, found) for wish, found in zip(wishes, own, strict=True)]


def _share(wish: Wish, hit: Hit) -> float:
    """The part of a wish's words a hit was found by, or has."""
    named = _telling(wish)
    return sum(_has(word, hit) for word in named) / len(named) if named else 0.0


def _best(wish: Wish, hits: Sequence[Hit]) -> Match:
    """The hits that have most of what tells the wish; of its colours and sizes later."""
    named = _telling(wish)
    hits = _of_the_kind(named, hits)
    counts = [sum(_has(word, hit) for word in named) for hit in hits]
    most = max(counts, default=0)
    best = [hit for hit, count in zip(hits, counts, strict=True) if count == most]
    best = _as_measured(_as_detailed(wish, _for_purpose(wish, hits, best)))
    missing = tuple(word for word in named if best and not any(_has(word, hit) for hit in best))
    return Match(wish, tuple(hit.product for hit in best), missing)


def _of_the_kind(named: Sequence[str], hits: Sequence[Hit]) -> Sequence[Hit]:
    """Without what is only made for the thing asked for, where there is the thing itself."""
    own = [hit for hit in hits if not _is_made_for(named, hit.product)]
    return own or hits


def _is_made_for(named: Sequence[str], product: ProductView) -> bool:
    """Whether a name holds the words asked for only behind "para": "soporte para televisor"."""
    before, mark, behind = _MADE_FOR.sub("\0", fold(product.name), count=1).partition("\0")
    stems = {stem(word) for word in words(before)}
    held = {stem(word) for word in words(behind)}
    asked = {stem(word) for word in named}
    return bool(mark) and bool(asked & held) and not asked & stems


def _for_purpose(wish: Wish, hits: Sequence[Hit], best: list[Hit]) -> list[Hit]:
    """What serves the purpose, where the search puts it before what only is called alike:
    "pastillas para la presión" are no other pills."""
    serving = [hit for hit in hits if set(words(hit.reason)) & set(wish.details)]
    is_first = bool(serving) and serving[0] is hits[0]
    return serving if is_first and serving[0] not in best else best


def _as_measured(hits: list[Hit]) -> list[Hit]:
    """Those found by the most measures, where some were: a rod of 1/2 inch is none of 3/8."""
    counts = [sum(map(is_measure, analysed(hit.reason))) for hit in hits]
    most = max(counts, default=0)
    return [hit for hit, count in zip(hits, counts, strict=True) if count == most]


def _as_detailed(wish: Wish, hits: list[Hit]) -> list[Hit]:
    """Those found by most of the details, or with them in their names: "tenis para mujer"."""
    said = [{*words(hit.reason), *map(stem, words(hit.product.name))} for hit in hits]
    counts = [sum(bool({word, stem(word)} & own) for word in wish.details) for own in said]
    return [hit for hit, count in zip(hits, counts, strict=True) if count == max(counts)]


def _telling(wish: Wish) -> list[str]:
    """The words that tell one kind or model from another: no colours, sizes, units or boxes."""
    sizes = traits.sizes(" ".join(wish.words))
    telling = [word for word in wish.words if word not in sizes and not _tells_little(word)]
    exact = [word for word in wish.details if any(map(str.isdigit, word))]
    return [*telling, *exact] or list(wish.words)


def _tells_little(word: str) -> bool:
    return traits.is_trait(word) or traits.is_unit(word) or traits.is_package(word)


def _has(word: str, hit: Hit) -> bool:
    """Whether a hit was found by a word or has it in its texts."""
    return word in words(hit.reason) or has_word(word, hit.product)


def has_word(word: str, product: ProductView) -> bool:
    """Whether a product's texts hold a word; of a measure ("128gb"), both of its parts."""
    said = words(f"{product.name} {product.brand} {product.category} {product.description}")
    if stem(word) in map(stem, said):
        return True
    parts = _PARTS.findall(word)
    is_measure = len(parts) == 2 and parts[0].isdigit() and traits.is_unit(parts[1])
    return is_measure and " ".join(parts) in " ".join(p for w in said for p in _PARTS.findall(w))


def stem(word: str) -> str:
    """Without plural and gender, near enough to tell whether a word is there."""
    plain = word.removesuffix("s") if len(word) > 3 else word
    return plain[:-1] if len(plain) > 3 and plain[-1] in "aeo" else plain


def _is_outdone(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether another hit was found by the same words and matches far better."""
    said = set(words(hit.reason))
    return any(
        hit.score < _FAR_WORSE * other.score and said <= set(words(other.reason)) for other in hits
    )
