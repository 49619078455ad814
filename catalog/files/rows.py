"""A record's cells enter, a product that can be stored leaves, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import unescape

from catalog.files.markup import plain_text
from catalog.money import (
    AmbiguousNumber,
    Mark,
    is_currency,
    named_currency,
    parse_number,
    parse_price,
)
from catalog.words.analysis import fold
from core.texts import text

MAX_CODE_CHARS = 200
MAX_NAME_CHARS = 500
MAX_BRAND_CHARS = 200
MAX_CATEGORY_CHARS = 500
MAX_LEVEL_CHARS = 200
MAX_DESCRIPTION_CHARS = 20_000
MAX_ADDRESS_CHARS = 2_000
MAX_STOCK = 1_000_000_000
CATEGORY_FIELDS = ("category", "subcategory")


def _words(listed: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in listed.split())


_TRUE = _words(
    "si s yes y sim true verdadero 1 x activo activa ativo ativa active publicado published publish"
    " visible visivel habilitado enabled disponible"
)
_FALSE = _words(
    "no n nao false falso 0 -1 inactivo inactiva inativo inativa inactive borrador rascunho draft"
    " unpublished private pending trash archived hidden oculto deshabilitado disabled"
    " descontinuado suspendido"
)
_NONE_LEFT = _words(
    "no nao false agotado agotada sin_stock sin_existencias no_disponible esgotado indisponivel"
    " out_of_stock outofstock sold_out"
)
_SOME_LEFT = _words(
    "si sim yes true disponible disponivel available hay en_stock con_stock em_estoque in_stock"
    " instock consultar onbackorder ilimitado infinito unlimited"
)
_LOCAL_MONEY = frozenset(("", "$", "peso", "pesos"))
"""What a column of currencies may say that leaves it to the price, or to the shop."""
_COUNT = re.compile(
    r"[>+]?\s*([0-9][0-9.,]*)\s*(?:\+|u|und?s?|unid|unidad(?:es)?|uni|pzs?|pza?s?|piezas?|pcs|pares)?"
    r"\.?",
    re.IGNORECASE,
)
_SEVERAL_ADDRESSES = re.compile(r"[\s,;|]+(?=https?:)", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)(?!\d)")
_MONTHS = "ene feb mar abr may jun jul ago sep sept oct nov dic jan apr aug dec fev mai set out dez"
_DAMAGED = re.compile(
    r"\d(?:[.,]\d+)?[Ee]\+\d+|\d{4}-\d\d-\d\d 00:00:00|#{3,}"
    # What it makes of the codes 1-1 and 3/15; in capitals (01-MAR) it is a code of the shop's own.
    rf"|\d\d?-(?:{'|'.join((*_MONTHS.split(), *_MONTHS.title().split()))})\.?"
)
"""Codes that a spreadsheet took for a number or a date, or had no room for."""


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
        today: the day sale prices must be set for; None takes them all.
    """

    default_currency: str
    decimal_mark: Mark | None = None
    today: date | None = None


def check_row(cells: Mapping[str, str], rules: RowRules) -> ProductRow:
    """Check one row.

    Args:
        cells: field → what stands in its column; fields without a column may be missing.
    Raises:
        BadRow: with the first fault found.
    """
    name = plain_text(_line(cells, "name", MAX_NAME_CHARS))
    if not name:
        raise BadRow("no_name")
    code, sku = _code(cells, "id"), _code(cells, "sku")
    if not (code or sku):
        sku = _code(cells, "barcode")
    if not (code or sku):
        raise BadRow("no_code")
    written = _written_price(cells, rules.today)
    currency = _currency(cells, written, rules)
    return ProductRow(
        external_id=code or sku,
        sku=sku or code,
        name=name,
        brand=_line(cells, "brand", MAX_BRAND_CHARS),
        category=_category(*(_line(cells, f, MAX_CATEGORY_CHARS) for f in CATEGORY_FIELDS)),
        description=_limited(
            "description", plain_text(cells.get("description", "")), MAX_DESCRIPTION_CHARS
        ),
        price_minor=_price(written, currency, rules.decimal_mark),
        currency=currency,
        stock=_stock(cells.get("stock", "")),
        image_url=_address(cells, "image"),
        url=_address(cells, "url"),
        active=_active(cells.get("active", "")) and not _is_withdrawn(cells.get("status", "")),
    )


def _limited(field: str, value: str, limit: int) -> str:
    value = value.replace("\r\n", "\n").strip()
    if len(value) > limit:
        raise BadRow("too_long", column=field, limit=limit)
    return value


def _line(cells: Mapping[str, str], field: str, limit: int) -> str:
    value = " ".join(cells.get(field, "").split())
    if len(value) > limit:
        raise BadRow("too_long", column=field, limit=limit)
    return value


def code_of(cells: Mapping[str, str]) -> str:
    """What a row calls its product, also when the rest of it cannot be read; "" when nothing."""
    found = (_unmarked(cells.get(name, "")) for name in ("id", "sku", "barcode"))
    code = next(filter(None, found), "")
    return "" if _DAMAGED.fullmatch(code) else code


def _unmarked(code: str) -> str:
    """Without the apostrophe that keeps spreadsheets from taking a code for a number."""
    return " ".join(code.split()).lstrip("'")


def _code(cells: Mapping[str, str], field: str) -> str:
    value = _unmarked(_line(cells, field, MAX_CODE_CHARS))
    if _DAMAGED.fullmatch(value):
        raise BadRow("damaged_code", value=value.removesuffix(" 00:00:00"))
    return value


@lru_cache(maxsize=4096)
def _category(category: str, subcategory: str) -> str:
    levels = [level.strip() for level in f"{category} > {subcategory}".split(">")]
    for level in levels:
        _limited("category", level, MAX_LEVEL_CHARS)
    path = " > ".join(unescape(level) for level in levels if level)
    return _limited("category", path, MAX_CATEGORY_CHARS)


def _written_price(cells: Mapping[str, str], today: date | None) -> str:
    """The price as it stands in the file: the sale price where one is set for today."""
    price = cells.get("price", "").strip()
    sale = cells.get("sale_price", "").strip()
    if not re.search("[1-9]", sale):
        return price
    if today is None:
        return sale
    try:
        starts, ends = (_day(cells.get(name, "")) for name in ("sale_from", "sale_to"))
    except ValueError:
        return price  # better no offer than one that is over
    is_over = (starts and today < starts) or (ends and ends < today)
    return price if is_over else sale


def _day(value: str) -> date | None:
    """A day as programs (`2025-11-25T…`) and spreadsheets (`25/11/2025 23:59`) write it."""
    value = value.strip()
    if not value:
        return None
    if match := _DAY_FIRST.match(value):
        day, month, year = map(int, match.groups())
        return date(year + 2000 if year < 100 else year, month, day)
    return date.fromisoformat(value[:10].replace("/", "-"))


def _currency(cells: Mapping[str, str], written: str, rules: RowRules) -> str:
    given = cells.get("currency", "").strip()
    named = named_currency(written)
    if fold(given) in _LOCAL_MONEY:
        # A file whose prices say "US$ 45" means dollars, whatever the shop's own currency is.
        return named or rules.default_currency
    code = given.upper() if is_currency(given.upper()) else named_currency(given)
    if code is None:
        raise BadRow("currency", value=given[:20])
    if named and named != code:
        raise BadRow("price_currency", value=written[:40], found=named, currency=code)
    return code


def _price(written: str, currency: str, decimal_mark: Mark | None) -> int:
    if not written:
        raise BadRow("no_price")
    try:
        price_minor = parse_price(written, currency, decimal_mark)
    except AmbiguousNumber:
        raise BadRow("price_ambiguous", value=written[:40]) from None
    except ValueError:
        raise BadRow("price", value=written[:40], currency=currency) from None
    if price_minor <= 0:
        raise BadRow("price_not_positive", value=written[:40])
    return price_minor


@lru_cache(maxsize=4096)
def _stock(value: str) -> int | None:
    """Units; None when the cell says nothing, or only that there are some."""
    value = value.strip()
    word = fold(value)
    if not word or word in _SOME_LEFT:
        return None
    if word in _NONE_LEFT:
        return 0
    try:
        match = _COUNT.fullmatch(value)
        count = parse_number(match[1]) if match else None
    except ValueError:
        count = None
    if count is None or count != int(count) or count > MAX_STOCK:
        raise BadRow("stock", value=value[:40])
    return int(count)


def _address(cells: Mapping[str, str], field: str) -> str:
    """The first address of the cell; shops put several pictures into one."""
    value = _SEVERAL_ADDRESSES.split(cells.get(field, "").strip(), maxsplit=1)[0]
    value = _limited(field, value, MAX_ADDRESS_CHARS)
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", value, re.IGNORECASE)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadRow("address", column=field, value=value[:60])
    return value


@lru_cache(maxsize=4096)
def _is_withdrawn(status: str) -> bool:
    """Whether a state, which may as well be `nuevo` or `usado`, says that it is not sold."""
    return fold(status).strip() in _FALSE


@lru_cache(maxsize=4096)
def _active(value: str) -> bool:
    folded = fold(value).strip()
    if folded in _FALSE:
        return False
    if folded and folded not in _TRUE:
        raise BadRow("active", value=value.strip()[:20])
    return True
