"""The export of WooCommerce: a variation stands in a row of its own and names its parent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from catalog.files.columns import plain_name
from catalog.files.layout import Export, Product, Row, deepest_category
from catalog.files.variants import variant_id, variant_name

NOT_SOLD = "grouped"
BRAND = ("marca", "brand")
FROM_PARENT = ("brand", "category", "description", "short", "image")

_NO_PARENT = Row(0, {}, (), ())


def _products(rows: Iterable[Row]) -> Iterator[Product]:
    parents, named = _parents(rows)
    for row in rows:
        kinds = _kinds(row)
        if NOT_SOLD in kinds or ("variable" in kinds and named & set(_names_of(row))):
            continue  # its variations are sold, not itself
        parent = parents.get(row["parent"].lower(), _NO_PARENT)
        yield row.line, _whole(row, parent if "variation" in kinds else _NO_PARENT)


def _kinds(row: Row) -> set[str]:
    """`variation, downloadable` is both."""
    return {kind.strip().lower() for kind in row["type"].split(",")}


def _names_of(row: Row) -> list[str]:
    """What variations may call this row."""
    names = [row["sku"].lower(), f"id:{row['id']}" if row["id"] else ""]
    return [name for name in names if name]


def _parents(rows: Iterable[Row]) -> tuple[dict[str, Row], set[str]]:
    """Products with variations by every name they go by, and the names that are used."""
    parents: dict[str, Row] = {}
    named: set[str] = set()
    for row in rows:
        if "variable" in _kinds(row):
            parents.update(dict.fromkeys(_names_of(row), row))
        if row["parent"]:
            named.add(row["parent"].lower())
    return parents, named


def _whole(row: Row, parent: Row) -> dict[str, str]:
    own = {name: row[name] or parent[name] for name in FROM_PARENT}
    values = row.options if parent is not _NO_PARENT else ()
    name = variant_name(parent["name"], values) if any(values) else row["name"] or parent["name"]
    is_hidden = row.says_no("published") or parent.says_no("published")
    return {
        "id": row["id"] or row["sku"] or variant_id(parent["sku"], values),
        "sku": row["sku"],
        "barcode": row["barcode"],
        "name": name,
        "brand": own["brand"].split(",")[0] or _brand(row) or _brand(parent),
        "category": deepest_category(own["category"]),
        "description": _description(own),
        "price": row["price"],
        "sale_price": row["sale_price"],
        "sale_from": row["sale_from"],
        "sale_to": row["sale_to"],
        "stock": _stock(row, parent),
        "image": own["image"],
        "active": "no" if is_hidden or row.says_no("shown") else "sí",
    }


def _brand(row: Row) -> str:
    """The brand as the attribute it was before WooCommerce had brands."""
    named = zip(row.option_names, row.options, strict=False)
    return next((value for name, value in named if plain_name(name) in BRAND), "")


def _description(texts: Mapping[str, str]) -> str:
    both = [part for part in (texts["short"], texts["description"]) if part]
    return "\n".join(both).replace("\\n", "\n")


def _stock(row: Row, parent: Row) -> str:
    """Empty when WooCommerce does not count it, or takes orders without any."""
    counted = parent["stock"] if row["stock"] == "parent" else row["stock"]
    is_gone = row["in_stock"] == "0" or counted.startswith("-") or counted == "0"
    if not is_gone:
        return counted
    return "" if row["backorders"] in ("1", "notify") else "0"


WOOCOMMERCE = Export(
    system="WooCommerce",
    columns={
        "id": "id",
        "type": "type|tipo",
        "sku": "sku",
        "barcode": "gtin upc ean or isbn|gtin upc ean o isbn|gtin upc ean ou isbn",
        "name": "name|nombre|nome",
        "published": "published|publicado",
        "shown": "visibility in catalog|visibilidad en el catalogo|visibilidade no catalogo",
        "short": "short description|descripcion corta|descricao curta",
        "description": "description|descripcion|descricao",
        "in_stock": "in stock|en inventario|existencias|hay existencias|em estoque",
        "stock": "stock|inventario|estoque",
        "backorders": "backorders allowed|permitir reservas de productos agotados"
        "|sao permitidas encomendas",
        "sale_price": "sale price|precio rebajado|preco promocional",
        "sale_from": "date sale price starts|dia en que empieza el precio rebajado"
        "|data de preco promocional comeca em",
        "sale_to": "date sale price ends|dia en que termina el precio rebajado"
        "|data de preco promocional termina em",
        "price": "regular price|precio normal|preco normal|preco",
        "category": "categories|categorias",
        "image": "images|imagenes|imagens",
        "parent": "parent|superior|ascendente|padre|produto ascendente",
        "brand": "brands|marcas|marca",
    },
    options="attribute {} value s|valor es del atributo {}|valores del atributo {}"
    "|valores do atributo {}|valor es do atributo {}",
    option_names="attribute {} name|nombre del atributo {}|nome do atributo {}",
    required=("type", "name", "price", "parent"),
    products=_products,
)
