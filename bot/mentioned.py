"""A talk enters; the products the shop's last replies named leave, in the order they were named.

"El segundo", "ese" and "los dos" are resolved by them. Prices and stock are today's, whatever the
reply said then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from bot.messages import TalkMessage
from bot.truth.mentions import ProductNames
from catalog.search import Catalog, ProductView

REPLIES_WITH_PRODUCTS = 2
"""How many replies back "ese" may reach; those that named nothing do not count."""
_REPLIES_LOOKED_AT = 6
_MOST_NAMED = 40


def products_of(catalog: Catalog, talk: Sequence[TalkMessage]) -> Mapping[int, ProductView]:
    """The products still sold that the replies of a talk named, by id."""
    ids = (id_ for message in reversed(talk) for id_ in message.products)
    newest = list(islice(dict.fromkeys(ids), _MOST_NAMED))
    return catalog.products(newest) if newest else {}


def mentioned(
    talk: Sequence[TalkMessage], known: Mapping[int, ProductView]
) -> tuple[ProductView, ...]:
    """The products of the last replies, those of the newest one first; each once.

    Args:
        known: as `products_of` found them.
    """
    found: dict[int, ProductView] = {}
    for reply in _replies(talk):
        named = tuple(known[id_] for id_ in reply.products if id_ in known)
        for product in _as_named(reply.body, named) if len(named) > 1 else named:
            found.setdefault(product.id, product)
    return tuple(found.values())


def _replies(talk: Sequence[TalkMessage]) -> Iterator[TalkMessage]:
    """The newest replies that named products, newest first."""
    spoken = [message for message in talk if message.author == "bot"]
    named = [message for message in spoken[-_REPLIES_LOOKED_AT:] if message.products]
    yield from reversed(named[-REPLIES_WITH_PRODUCTS:])


@lru_cache(maxsize=1024)
def _as_named(text: str, products: tuple[ProductView, ...]) -> tuple[ProductView, ...]:
    """Products in the order a text names them; behind them those it means without a name.

    A name that fits several products ("laptops Lenovo") says less than one that fits just one.
    """
    first: dict[int, tuple[bool, int]] = {}
    for mention in ProductNames(products).find(text):
        for position in mention.products:
            place = (len(mention.products) > 1, mention.start)
            first[position] = min(place, first.get(position, place))
    unnamed = (True, len(text))
    order = sorted(range(len(products)), key=lambda position: first.get(position, unnamed))
    return tuple(products[position] for position in order)
