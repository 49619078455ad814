"""A record's cells enter, a product that can be stored leaves, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.analysis import fold
from catalog.money import (
    AmbiguousNumber,
    Mark,
    is_currency,
    named_currency,
    parse_number,
    parse_price,
)
from core.texts import text

MAX_CODE_CHARS = 200
MAX_NAME_CHARS = 500
MAX_BRAND_CHARS = 200
MAX_CATEGORY_CHARS = 500
MAX_LEVEL_CHARS = 200
MAX_DESCRIPTION_CHARS = 20_000
MAX_ADDRESS_CHARS = 2_000
MAX_STOCK = 1_000_000_000

_YES = "si s yes y true 1 x activo activa verdadero sim publicado active"
_NO = "no n false 0 inactivo inactiva falso nao inactive borrador"
_TRUE, _FALSE = frozenset(_YES.split()), frozenset(_NO.split())
_DAMAGED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


class BadRow(Exception):
    """A row cannot be taken in; carries the key of the reason and its fields."""

    def __init__(self, key: str, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields

    def reason(self, language: str) -> str:
        """The reason for the owner."""
        fields = dict(self.fields)
        if "column" in fields:
            fields["column"] = text(f"catalog.columns.{fields['column']}", language)
        return text(f"catalog.row.{self.key}", language, **fields)


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A checked row; the fields are those of the product table."""

    external_id: str
    sku: str
    name: str
    brand: str
    category: str
    description: str
    price_minor: int
    currency: str
    stock: int | None
    image_url: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class RowRules:
    """What all rows of one file share.

    Args:
        default_currency: of prices that name none.
        decimal_mark: the mark the file's prices prove to stand before decimals, if they do.
    """

    default_currency: str
    decimal_mark: Mark | None = None


def check_row(cells: Mapping[str, str], rules: RowRules) -> ProductRow:
    """Check one row.

    Args:
        cells: field → what stands in its column; fields without a column may be missing.
    Raises:
        BadRow: with the first fault found.
    """
    name = _line(cells, "name", MAX_NAME_CHARS)
    if not name:
        raise BadRow("no_name")
    code, sku = _code(cells, "id"), _code(cells, "sku")
    if not (code or sku):
        raise BadRow("no_code")
    currency = _currency(cells, rules)
    return ProductRow(
        external_id=code or sku,
        sku=sku or code,
        name=name,
        brand=_line(cells, "brand", MAX_BRAND_CHARS),
        category=_category(cells),
        description=_limited("description", cells.get("description", ""), MAX_DESCRIPTION_CHARS),
        price_minor=_price(cells, currency, rules.decimal_mark),
        currency=currency,
        stock=_stock(cells.get("stock", "")),
        image_url=_address(cells, "image"),
        url=_address(cells, "url"),
        active=_active(cells.get("active", "")),
    )


def _limited(field: str, value: str, limit: int) -> str:
    value = value.replace("\r\n", "\n").strip()
    if len(value) > limit:
        raise BadRow("too_long", column=field, limit=limit)
    return value


def _line(cells: Mapping[str, str], field: str, limit: int) -> str:
    return _limited(field, " ".join(cells.get(field, "").split()), limit)


def _code(cells: Mapping[str, str], field: str) -> str:
    value = _line(cells, field, MAX_CODE_CHARS)
    if _DAMAGED.fullmatch(value):
        raise BadRow("damaged_code", value=value)
    return value


def _category(cells: Mapping[str, str]) -> str:
    levels = [level.strip() for level in _line(cells, "category", MAX_CATEGORY_CHARS).split(">")]
    for level in levels:
        _limited("category", level, MAX_LEVEL_CHARS)
    return " > ".join(level for level in levels if level)


def _currency(cells: Mapping[str, str], rules: RowRules) -> str:
    given = cells.get("currency", "").strip()
    named = named_currency(cells.get("price", ""))
    if not given:
        # A file whose prices say "US$ 45" means dollars, whatever the shop's own currency is.
        return named or rules.default_currency
    code = given.upper() if is_currency(given.upper()) else named_currency(given)
    if code is None:
        raise BadRow("currency", value=given[:20])
    if named and named != code:
        raise BadRow("price_currency", value=cells["price"].strip(), found=named, currency=code)
    return code


def _price(cells: Mapping[str, str], currency: str, decimal_mark: Mark | None) -> int:
    value = cells.get("price", "").strip()
    if not value:
        raise BadRow("no_price")
    try:
        price_minor = parse_price(value, currency, decimal_mark)
    except AmbiguousNumber:
        raise BadRow("price_ambiguous", value=value[:40]) from None
    except ValueError:
        raise BadRow("price", value=value[:40], currency=currency) from None
    if price_minor <= 0:
        raise BadRow("price_not_positive", value=value[:40])
    return price_minor


def _stock(value: str) -> int | None:
    value = value.strip()
    if not value:
        return None
    try:
        count = parse_number(value) if value[0].isdigit() else None
    except ValueError:
        count = None
    if count is None or count != int(count) or count > MAX_STOCK:
        raise BadRow("stock", value=value[:40])
    return int(count)


def _address(cells: Mapping[str, str], field: str) -> str:
    value = _limited(field, cells.get(field, ""), MAX_ADDRESS_CHARS)
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", value, re.IGNORECASE)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadRow("address", column=field, value=value[:60])
    return value


def _active(value: str) -> bool:
    folded = fold(value).strip()
    if folded in _FALSE:
        return False
    if folded and folded not in _TRUE:
        raise BadRow("active", value=value.strip()[:20])
    return True
