"""The names of a file's columns enter, which of them holds which field of a product leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from catalog.analysis import fold
from core.errors import ImportRejected
from core.texts import text

FIELDS: dict[str, str] = {
    "id": "id|external id|product id|id producto|id del producto|identificador",
    "sku": "sku|referencia|ref|codigo|cod|codigo producto|codigo del producto|reference|code|clave"
    "|item code",
    "name": "name|nombre|nome|producto|product|product name|nombre producto|nombre del producto"
    "|titulo|title|articulo",
    "brand": "brand|marca|fabricante|manufacturer",
    "category": "category|categoria|categorias|categories|linea|rubro|familia",
    "description": "description|descripcion|descricao|detalle|detalles",
    "price": "price|precio|preco|precio venta|precio de venta|pvp|valor|precio unitario"
    "|precio publico|unit price|sale price",
    "currency": "currency|moneda|divisa|moeda",
    "stock": "stock|existencia|existencias|inventario|cantidad|quantity|qty|disponible|disponibles"
    "|inventory|estoque|unidades",
    "image": "image|imagen|image url|imagen url|url imagen|foto|fotos|imagem|image link|picture",
    "url": "url|link|enlace|pagina|product url|url producto|vinculo",
    "active": "active|activo|activa|habilitado|publicado|published|enabled|visible|ativo",
}
"""Field of a product → the names shops give its column, folded."""

_KNOWN = {name: field for field, names in FIELDS.items() for name in names.split("|")}
REQUIRED = ("name", "price")


def field_of(column: str) -> str | None:
    """The field a column's name stands for, or None."""
    return _KNOWN.get(re.sub(r"[^a-z0-9ñ]+", " ", fold(column)).strip())


def count_known(header: Sequence[str]) -> int:
    """How many different fields a header names."""
    return len({field for column in header if (field := field_of(column))})


def parse_mapping(entries: Sequence[str], language: str = "es") -> dict[str, str]:
    """Read `--map COL=FIELD` entries.

    Raises:
        ImportRejected: an entry has no "=", or names no field.
    """
    mapping: dict[str, str] = {}
    for entry in entries:
        column, mark, field = entry.rpartition("=")
        if not mark or not column.strip():
            raise _rejected("map_form", language, entry=entry)
        known = field_of(field)
        if known is None:
            raise _rejected("map_field", language, field=field, fields=", ".join(FIELDS))
        mapping[column.strip()] = known
    return mapping


def locate(
    header: Sequence[str], mapping: Mapping[str, str], language: str = "es"
) -> dict[str, int]:
    """Field → position of its column.

    Args:
        header: the column names as written.
        mapping: column → field, chosen by the owner; wins over the names.
    Raises:
        ImportRejected: a column is missing, or two stand for one field.
    """
    found: dict[str, list[int]] = {}
    chosen = _chosen(header, mapping, language)
    for position, column in enumerate(header):
        field = chosen.get(position) or field_of(column)
        if field and (position in chosen or field not in chosen.values()):
            found.setdefault(field, []).append(position)
    for field, positions in found.items():
        if len(positions) > 1:
            columns = ", ".join(f"«{header[position]}»" for position in positions)
            raise _rejected("column_twice", language, columns=columns, field=field)
    _require(found, header, language)
    return {field: positions[0] for field, positions in found.items()}


def _chosen(header: Sequence[str], mapping: Mapping[str, str], language: str) -> dict[int, str]:
    by_name = {fold(column): position for position, column in enumerate(header)}
    chosen: dict[int, str] = {}
    for column, field in mapping.items():
        position = by_name.get(fold(column))
        if position is None:
            raise _rejected("map_column", language, column=column, found=_listed(header))
        chosen[position] = field
    return chosen


def _require(found: Mapping[str, object], header: Sequence[str], language: str) -> None:
    missing = [field for field in REQUIRED if field not in found]
    if not ("id" in found or "sku" in found):
        missing.append("id_or_sku")
    if missing:
        names = ", ".join(text(f"catalog.columns.{field}", language) for field in missing)
        raise _rejected("columns_missing", language, missing=names, found=_listed(header))


def _listed(header: Sequence[str]) -> str:
    return ", ".join(f"«{column}»" for column in header if column) or "—"


def _rejected(key: str, language: str, **fields: object) -> ImportRejected:
    return ImportRejected(text(f"catalog.file.{key}", language, **fields))
