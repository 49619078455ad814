"""Exports that group a product's rows by its web address: Shopify, and Tiendanube or Nuvemshop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from catalog.files.layout import Export, Product, Row, deepest_category
from catalog.files.variants import variant_id, variant_name


def _grouped(whole: Callable[[Row, Row], dict[str, str]], rows: Iterable[Row]) -> Iterator[Product]:
    """One product for each row that can be bought.

    Args:
        whole: a row, and the first one of its product → what it sells.
    """
    first: Row | None = None
    for row in rows:
        is_new = row["handle"] != first["handle"] if first and row["handle"] else bool(row["name"])
        if first is None or is_new:
            first = row
        elif not (any(row.options) or row["sku"] or row["price"]):
            continue  # one more picture of the same product
        yield row.line, _common(row, first) | whole(row, first)


def _common(row: Row, first: Row) -> dict[str, str]:
    return {
        "id": variant_id(first["handle"], row.options),
        "sku": row["sku"],
        "barcode": row["barcode"],
        "name": variant_name(first["name"], row.options),
        "brand": first["brand"],
        "description": first["description"],
        "price": row["price"],
        "sale_price": row["sale_price"],
    }


def _shopify(row: Row, first: Row) -> dict[str, str]:
    is_shown = first["status"].lower() in ("", "active") and not first.says_no("published")
    return {
        # The owner's own words; the other is Shopify's, and English.
        "category": first["type"] or first["taxonomy"],
        "stock": _shopify_stock(row, first),
        "image": row["variant_image"] or first["image"],
        "active": "sí" if is_shown else "no",
    }


def _shopify_stock(row: Row, first: Row) -> str:
    """Empty when Shopify does not count it, or goes on selling without any."""
    counted = row["stock"].removeprefix("-")
    if not counted or ("tracker" in row.cells and not row["tracker"]):
        return ""
    is_gone = row["stock"].startswith("-") or counted == "0"
    if is_gone and row["policy"].lower() in ("continue", "true"):
        return ""
    return "0" if is_gone else counted


SHOPIFY = Export(
    system="Shopify",
    columns={
        "handle": "handle|url handle",
        "name": "title",
        "description": "body html|description",
        "brand": "vendor",
        "type": "type|custom product type",
        "taxonomy": "product category|standard product type",
        "sku": "variant sku|sku",
        "barcode": "variant barcode|barcode",
        "price": "variant price|price",
        "stock": "variant inventory qty|inventory quantity",
        "tracker": "variant inventory tracker|inventory tracker",
        "policy": "variant inventory policy|continue selling when out of stock",
        "image": "image src|product image url",
        "variant_image": "variant image|variant image url",
        "published": "published|published on online store",
        "status": "status",
    },
    options="option{} value",
    option_names="option{} name",
    required=("handle", "name", "price"),
    products=partial(_grouped, _shopify),
)


def _tiendanube(row: Row, first: Row) -> dict[str, str]:
    return {
        "category": deepest_category(first["category"]),
        "stock": row["stock"],
        "image": row["image"] or first["image"],
        "active": "no" if first.says_no("shown", "visible") else "sí",
    }


TIENDANUBE = Export(
    system="Tiendanube",
    columns={
        "handle": "identificador de url|identificador url",
        "name": "nombre|nome",
        "description": "descripcion|descricao",
        "brand": "marca",
        "category": "categorias",
        "sku": "sku",
        "barcode": "codigo de barras",
        "price": "precio|preco",
        "sale_price": "precio promocional|preco promocional",
        "stock": "stock|estoque",
        "image": "imagenes|imagens",
        "shown": "mostrar en tienda|exibir na loja",
        "visible": "visibilidad|visibilidade",
    },
    options="valor de propiedad {}|valor da variacao {}",
    option_names="nombre de propiedad {}|nome da variacao {}",
    required=("handle", "name", "price"),
    products=partial(_grouped, _tiendanube),
)
