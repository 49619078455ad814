"""The names of a file's columns enter, which of them holds which field of a product leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.money import named_currency
from catalog.words.analysis import fold
from core.errors import ImportRejected
from core.texts import text

FIELDS: dict[str, str] = {
    "id": "id|external id|product id|id producto|identificador|handle|uuid",
    "sku": "sku|codigo|referencia|clave|code|reference|numero parte|no parte|part number|cve",
    "barcode": "codigo barras|barcode|ean|ean13|gtin|upc|isbn|codigo ean",
    "name": "name|nombre|nome|titulo|title|producto|product|produto|articulo|item|denominacion",
    "brand": "brand|marca|fabricante|manufacturer|vendor",
    "category": "category|categoria|rubro|linea|familia|departamento|department|seccion|grupo"
    "|product type|type of product|tipo producto|tipo articulo|coleccion",
    "subcategory": "subcategory|subcategoria|sub categoria|subrubro|sub rubro|subfamilia|sublinea"
    "|subgrupo",
    "description": "description|descripcion|descricao|detalle|body html|caracteristica"
    "|especificacion|ficha tecnica",
    "short_description": "descripcion corta|descripcion breve|short description|descricao curta"
    "|descricao breve",
    "price": "price|precio|preco|pvp|valor|importe|tarifa",
    "sale_price": "sale price|precio oferta|precio promocional|precio promocion|precio promo"
    "|precio rebajado|precio descuento|precio liquidacion|preco promocional|preco oferta"
    "|preco desconto|promotional price|discount price|discounted price|special price"
    "|precio especial|precio con descuento|preco com desconto",
    "sale_from": "sale from|date sale price starts|date on sale from"
    "|dia que empieza precio rebajado|data preco promocional comeca",
    "sale_to": "sale to|date sale price ends|date on sale to"
    "|dia que termina precio rebajado|data preco promocional termina",
    "currency": "currency|moneda|divisa|moeda",
    "stock": "stock|existencia|inventario|inventory|estoque|cantidad|quantity|qty|quantidade"
    "|disponible|disponibilidad|available|availability|saldo",
    "image": "image|imagen|imagenes|imagem|imagens|foto|picture|photo",
    "url": "url|link|enlace|permalink|vinculo|pagina",
    "active": "active|activo|activa|ativo|habilitado|enabled|publicado|published|visible|visivel",
    "status": "status|estado|estatus",
}
"""Field of a product → what shops call its column, without little words; the likelier first.

`barcode` stands in where there is no other code; `short_description` where there is no name or no
description; `sale_price` wins over the price where it is set, on its days; `subcategory` is one
more level of the category; `status` may say that a product is not sold, or something else about it.
"""

QUALIFIERS: dict[str, str] = {
    "id": "externo external unico interno",
    "sku": "sku interno internal unico variante variant tienda no nro num numero n",
    "name": "comercial completo web largo",
    "brand": "comercial",
    "category": "principal main web",
    "description": "larga completa detallada tecnica web long full",
    "price": "venta venda publico sugerido unitario unidad unit unity final lista web tienda online"
    " normal regular actual vigente detal minorista menudeo retail contado efectivo con c iva igv"
    " itbis icms impuesto incluido incluida incl inc tax variant variante base cliente consumidor"
    " vista sale selling",
    "sale_price": "venta con",
    "currency": "precio venta code codigo",
    "stock": "actual total fisico real almacen bodega tienda unidad unit level on hand in cantidad"
    " quantity disponible available existencia inventario variant",
    "image": "url link principal main src featured destacada enlace 1",
    "url": "web tienda canonical publica public",
    "active": "tienda web online catalogo publicacion",
}
"""Words that may stand beside a field's name and change nothing about it.

Any other word makes it another column: `Precio costo` is no price, `Stock mínimo` no stock.
"""

EXACT = {"unidades": "stock", "unds": "stock", "uds": "stock", "p u": "price", "pu": "price"}
"""Names that mean something only as they stand: `Unidad` is what a thing is measured in."""

SHORT = {
    "cod": "codigo", "cdgo": "codigo", "ref": "referencia", "nom": "nombre", "prod": "producto",
    "art": "articulo", "desc": "descripcion", "descrip": "descripcion", "cat": "categoria",
    "categ": "categoria", "p": "precio", "pr": "precio", "prec": "precio", "pcio": "precio",
    "unit": "unitario", "vta": "venta", "vtas": "venta", "pub": "publico", "cant": "cantidad",
    "ctd": "cantidad", "exist": "existencia", "exis": "existencia", "inv": "inventario",
    "disp": "disponible", "img": "imagen", "mon": "moneda", "pvta": "precio venta", "nro": "numero",
    "num": "numero",
}  # fmt: skip
"""What people write instead of the whole word."""

_CURRENCY_MARK = re.compile(r"\b[a-z]{0,3}\$[a-z]?(?![a-z])|\b(?:s/|bs|gs)\.?(?![a-z])", re.I)
_SURE = 100
"""Ranks below are of names that are known as they stand."""
_LITTLE_WORDS = "de del la el los las al a the of do da dos das por para en em y e su tu"
_LITTLE = frozenset(_LITTLE_WORDS.split())
_SUBJECTS = frozenset(("producto", "product", "produto", "articulo", "item", "mercancia"))
REQUIRED = ("name", "price")


def plain_name(column: str) -> str:
    """A column's name in folded words, without marks: `¿En inventario?` → en inventario."""
    return " ".join(re.findall(r"[a-z0-9ñ]+", fold(column)))


@lru_cache(maxsize=4096)
def field_of(column: str) -> str | None:
    """The field a column's name stands for, or None."""
    ranked = _rank(column)
    return ranked[1] if ranked else None


def _words(column: str) -> list[str]:
    """The words of a name in one form: whole, singular, without little ones and currencies."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)  # unitPrice
    # What is paid is no "Precio + IVA", and "Desc. %" is no description.
    apart = _CURRENCY_MARK.sub(" ", apart).replace("+", " mas ").replace("%", " por ciento ")
    whole = " ".join(SHORT.get(word, word) for word in plain_name(apart).split())
    words = [_singular(word) for word in whole.split() if word not in _LITTLE]
    return [word for word in words if not _is_currency(word)] or words


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _is_currency(word: str) -> bool:
    return word in ("us", "usd") or named_currency(word) is not None


@lru_cache(maxsize=4096)
def _rank(column: str) -> tuple[int, str] | None:
    """How sure it is (the lower the surer), and the field."""
    if exact := EXACT.get(plain_name(column)):
        return 0, exact
    words = _words(column)
    told = [word for word in words if word not in _SUBJECTS]
    whole = _NAMED.get(" ".join(words)) or _NAMED.get(" ".join(told))
    return whole or _qualified(told)


def _qualified(words: Sequence[str]) -> tuple[int, str] | None:
    """A field's name among words that change nothing about it."""
    for size in (2, 1):
        for start in range(len(words) - size + 1):
            found = _NAMED.get(" ".join(words[start : start + size]))
            others = {*words[:start], *words[start + size :]}
            if found and others <= _ALLOWED[found[1]]:
                return _SURE + 10 * len(others) + found[0], found[1]
    return None


def _index() -> dict[str, tuple[int, str]]:
    """Name in the form of `_words` → its place among the names of its field, and the field."""
    return {
        " ".join(_singular(word) for word in name.split()): (place, field)
        for field, names in FIELDS.items()
        for place, name in enumerate(names.split("|"))
    }


_NAMED = _index()
_ALLOWED = {
    name: {
        _singular(word)
        for word in (*QUALIFIERS.get(name, "").split(), *names.split("|"))
        if " " not in word
    }
    for name, names in FIELDS.items()
}


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """The columns whose names mean something: by themselves, or because the owner said so.

    Args:
        chosen: column → field (see `parse_mapping`); wins over the names.
    """

    chosen: Mapping[str, str]

    def count(self, header: Sequence[str]) -> int:
        """How many different fields a header names."""
        by_owner = {fold(column): name for column, name in self.chosen.items()}
        fields = {by_owner.get(fold(column)) or field_of(column) for column in header}
        return len(fields - {None})

    def locate(self, header: Sequence[str], language: str = "es") -> dict[str, int]:
        """Field → position of its column.

        Args:
            header: the column names as written.
        Raises:
            ImportRejected: a column is missing, or two may be meant by one field.
        """
        found = self._chosen(header, language)
        ranked: dict[str, list[tuple[int, int]]] = {}
        for position, column in enumerate(header):
            rank = _rank(column)
            if rank and position not in found.values() and rank[1] not in found:
                ranked.setdefault(rank[1], []).append((rank[0], position))
        for name, columns in ranked.items():
            found[name] = _surest(name, sorted(columns), header, language)
        for field_name, stand_in in STAND_INS:
            if field_name not in found and stand_in in found:
                found[field_name] = found.pop(stand_in)
        _require(found, header, language)
        return found

    def _chosen(self, header: Sequence[str], language: str) -> dict[str, int]:
        by_name = {fold(column): position for position, column in enumerate(header)}
        found: dict[str, int] = {}
        for column, field_name in self.chosen.items():
            position = by_name.get(fold(column))
            if position is None:
                raise _rejected("map_column", language, column=column, found=_listed(header))
            found[field_name] = position
        return found


STAND_INS = (
    ("name", "short_description"),
    ("name", "description"),
    ("description", "short_description"),
    ("price", "sale_price"),
    ("category", "subcategory"),
)
"""Which column is meant when the other is not there: many lists of prices call the name so."""


def _surest(
    name: str, ranked: Sequence[tuple[int, int]], header: Sequence[str], language: str
) -> int:
    """The column most surely meant; of prices never one of two that both might be."""
    best = ranked[0][0]
    limit = _SURE if name == "price" and best < _SURE else best + 1
    rivals = [position for rank, position in ranked if rank < limit]
    if len(rivals) > 1:
        columns = ", ".join(f"«{header[position]}»" for position in rivals)
        raise _rejected("column_twice", language, columns=columns, field=name)
    return ranked[0][1]


def parse_mapping(entries: Sequence[str], language: str = "es") -> dict[str, str]:
    """Read `--map COL=FIELD` entries.

    Raises:
        ImportRejected: an entry has no "=", or names no field.
    """
    mapping: dict[str, str] = {}
    for entry in entries:
        column, mark, name = entry.rpartition("=")
        if not mark or not column.strip():
            raise _rejected("map_form", language, entry=entry)
        known = name if name in FIELDS else field_of(name)
        if known is None:
            raise _rejected("map_field", language, field=name, fields=", ".join(FIELDS))
        mapping[" ".join(column.split())] = known
    return mapping


def _require(found: Mapping[str, object], header: Sequence[str], language: str) -> None:
    missing = [name for name in REQUIRED if name not in found]
    if not found.keys() & {"id", "sku", "barcode"}:
        missing.append("id_or_sku")
    if missing:
        names = ", ".join(text(f"catalog.columns.{name}", language) for name in missing)
        raise _rejected("columns_missing", language, missing=names, found=_listed(header))


def _listed(header: Sequence[str]) -> str:
    return ", ".join(f"«{column}»" for column in header if column) or "—"


def _rejected(key: str, language: str, **fields: object) -> ImportRejected:
    return ImportRejected(text(f"catalog.file.{key}", language, **fields))
