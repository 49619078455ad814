"""Colours and sizes a customer asks for and products enter; which there are leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.offline.saying import Part, is_sold_out, listed, say
from bot.reading import traits
from bot.reading.intents import asked
from bot.reading.language import fold, words
from bot.reading.wishes import Wish
from bot.turn_context import TurnContext
from catalog.search import ProductView
from core.texts import text

_COLORS_TOLD = re.compile(
    r"(?:color(?:es)?|colou?rs?|cor(?:es)?|tonos?|disponibles? en)\b[^.;\n]{0,80}"
)
"""Where a description speaks of the article's own colour: "teclado iluminado en rojo" does not."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The colours and sizes somebody wants; false when none."""

    colors: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.colors or self.sizes)


def wanted(wish: Wish) -> Variant:
    """The variant a wish names."""
    said = " ".join((*wish.words, *wish.details, *wish.asks))
    return Variant(traits.colors(said), traits.sizes(said))


def has(product: ProductView, variant: Variant) -> bool:
    """Whether a product's name or description says it comes so."""
    own = _of(product)
    has_color = not variant.colors or bool(set(variant.colors) & set(own.colors))
    has_size = not variant.sizes or bool(set(variant.sizes) & set(own.sizes))
    return has_color and has_size


def head(context: TurnContext, variant: Variant, products: Sequence[ProductView]) -> str:
    """That these products are the wanted variant."""
    own = _all_of(products, colors=True, sizes=True)
    there = Variant(
        tuple(color for color in variant.colors if color in own.colors),
        tuple(size for size in variant.sizes if size in own.sizes),
    )
    lacking = Variant(
        tuple(color for color in variant.colors if color not in own.colors),
        tuple(size for size in variant.sizes if size not in own.sizes),
    )
    key = "variant_sold_out" if all(map(is_sold_out, products)) else "variant"
    told = say(context, key, variant=_worded(context, there))
    if not lacking:
        return told
    return f"{say(context, 'no_variant', variant=_worded(context, lacking))} {told}"


def absent(
    context: TurnContext, variant: Variant, products: Sequence[ProductView], most: int
) -> Part:
    """That the catalog names none of the wanted variant, and which variants it does name."""
    sentence = say(context, "no_variant", variant=_worded(context, variant))
    others = _all_of(products, colors=bool(variant.colors), sizes=bool(variant.sizes))
    return listed(context, f"{sentence} {_told(context, others)}", products[:most])


def which(
    context: TurnContext, wish: Wish, products: Sequence[ProductView], most: int
) -> Part | None:
    """The colours or sizes there are, for whoever asks which; None for anybody else."""
    said = words(asked(context.waiting))
    named = wanted(wish)
    colors = traits.asks_for_colors(said) and not named.colors
    sizes = traits.asks_for_sizes(said) and not named.sizes
    if not (colors or sizes):
        return None
    shown = [product for product in products if has(product, named)] or products
    return listed(context, _told(context, _all_of(shown, colors=colors, sizes=sizes)), shown[:most])


def _all_of(products: Sequence[ProductView], *, colors: bool, sizes: bool) -> Variant:
    known = [_of(product) for product in products]
    return Variant(
        tuple(dict.fromkeys(c for own in known for c in own.colors)) if colors else (),
        tuple(dict.fromkeys(s for own in known for s in own.sizes)) if sizes else (),
    )


def _told(context: TurnContext, known: Variant) -> str:
    if not known:
        return say(context, "variants_unknown")
    return say(context, "other_variants", variants=_worded(context, known))


def _of(product: ProductView) -> Variant:
    described = " ".join(_COLORS_TOLD.findall(fold(product.description)))
    return Variant(
        tuple(dict.fromkeys((*traits.colors(product.name), *traits.colors(described)))),
        traits.sizes(f"{product.name}\n{product.description}"),
    )


def _worded(context: TurnContext, variant: Variant) -> str:
    colors = [text(f"customer.color.{color}", context.language) for color in variant.colors]
    sizes = ", ".join(size.upper() for size in variant.sizes)
    sized = [say(context, "size", size=sizes)] if sizes else []
    return ", ".join([*colors, *sized])
