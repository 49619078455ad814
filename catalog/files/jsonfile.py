"""The text of a JSON file of products enters, records with the names of its fields leave."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.files.columns import field_of
from catalog.files.table import Cells, Record, Table, number_text, storable
from catalog.files.variants import variant_id, variant_name
from core.errors import ImportRejected
from core.texts import LANGUAGES, text

LISTS = ("products", "productos", "produtos", "items", "data", "results", "catalog", "catalogo")
VARIANTS = ("variants", "variantes", "variations")
TELLING = ("name", "nombre", "src", "url", "value", "amount", "title", "valor")
"""Which part of an object stands for the whole of it."""

_OF_THE_VARIANT_ALONE = ("id", "title", "name", "product_id", "handle", "position")


def read_json(content: str, language: str) -> Table:
    """Take a JSON file apart: a list of products, or an object that holds one.

    Variants become products of their own. The line of a product is its place in the list.

    Raises:
        ImportRejected: no JSON, or no list of products in it.
    """
    try:
        products = _products(json.loads(content, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise ImportRejected(text("catalog.file.json", language, reason=reason)) from None
    if products is None:
        raise ImportRejected(text("catalog.file.json_no_list", language))
    header = tuple(
        dict.fromkeys(name for one in products for row in _expanded(one) for name in row)
    )
    return Table(header, _Records(products, header))


@dataclass(frozen=True, slots=True)
class _Records:
    """The products' records, made anew each time they are gone through."""

    products: Sequence[Mapping[str, Any]]
    header: Cells

    def __iter__(self) -> Iterator[Record]:
        for line, product in enumerate(self.products, start=1):
            for row in _expanded(product):
                cells = tuple(row.get(name, "") for name in self.header)
                if any(cells):
                    yield Record(line, cells)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _products(value: Any) -> list[Mapping[str, Any]] | None:
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return value
    if not isinstance(value, dict):
        return None
    names = [name for name in LISTS if name in value] or list(value)
    return next((found for name in names if (found := _products(value[name])) is not None), None)


def _expanded(product: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The product as one row, or one row for each of its variants."""
    own = {name: _plain(value) for name, value in product.items() if name not in VARIANTS}
    variants = next((product[name] for name in VARIANTS if product.get(name)), None)
    if not isinstance(variants, list) or not all(isinstance(one, dict) for one in variants):
        yield own
        return
    name_key = _called(own, "name")
    own_id = own.get("handle") or own.get(_called(own, "id")) or own.get(_called(own, "sku"), "")
    for variant in variants:
        values = _options(variant)
        row = own | {
            name: plain
            for name, value in variant.items()
            if name not in _OF_THE_VARIANT_ALONE and (plain := _plain(value))
        }
        row["id"] = variant_id(own_id, values)
        row[name_key] = variant_name(own.get(name_key, ""), values)
        yield row


def _called(row: Mapping[str, str], field: str) -> str:
    """What this file calls a field."""
    return next((name for name in row if field_of(name) == field), field)


def _options(variant: Mapping[str, Any]) -> list[str]:
    """What sets a variant apart: its options, its list of values, its title, or its own words."""
    values: Sequence[Any] = [variant.get(f"option{number}") for number in (1, 2, 3)]
    if not any(values):
        listed = variant.get("values") or variant.get("attributes") or variant.get("title")
        values = listed if isinstance(listed, list) else [listed]
    if not any(values):
        words = {name: value for name, value in variant.items() if isinstance(value, str)}
        values = [value for name, value in words.items() if field_of(name) is None]
    return [_plain(value) for value in values]


def _plain(value: Any) -> str:
    """A value as a cell's text; of a list its first entry counts, of an object what names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return _plain(value[0]) if value else ""
    if isinstance(value, dict):
        known = next((name for name in (*LANGUAGES, *TELLING) if value.get(name)), None)
        return _plain(value[known]) if known else ""
    return storable(value) if isinstance(value, str) else ""
