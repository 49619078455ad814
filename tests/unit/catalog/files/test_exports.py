"""The exports of shop systems: products with variants over several rows become whole."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from catalog.files.checking import CheckedFile, check_content
from catalog.files.rows import ProductRow
from core.errors import ImportRejected


def export(header: str, *rows: str, encoding: str = "utf-8") -> CheckedFile:
    raw = "\n".join([header, *rows]).encode(encoding)
    return check_content(raw, default_currency="USD")


def by_id(checked: CheckedFile) -> dict[str, ProductRow]:
    assert checked.rejected == ()
    return {row.external_id: row for row in checked.rows}


SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,"
    "Image Src,Variant Image,Status"
)
SHIRT = (
    'camisa,Camisa de lino,"<p>Fresca.<br>Lavar a mano &amp; secar.</p>",Brisa,'
    "Apparel & Accessories > Clothing,Camisas,verano,TRUE,Color,Blanca,Talla,M,CAM-B-M,shopify,4,"
    "deny,49.90,60.00,https://x.example/1.jpg,,active",
    "camisa,,,,,,,,,Blanca,,L,CAM-B-L,shopify,-2,deny,51.90,,,https://x.example/l.jpg,",
    "camisa,,,,,,,,,Negra,,M,,,0,deny,49.90,,,,",
    "camisa,,,,,,,,,,,,,,,,,,https://x.example/2.jpg,,",
)


def test_shopify_variants_become_products_and_pictures_do_not() -> None:
    found = by_id(export(SHOPIFY, *SHIRT))
    assert {key: (row.name, row.sku, row.price_minor, row.stock) for key, row in found.items()} == {
        "camisa/blanca/m": ("Camisa de lino - Blanca / M", "CAM-B-M", 4990, 4),
        "camisa/blanca/l": ("Camisa de lino - Blanca / L", "CAM-B-L", 5190, 0),
        "camisa/negra/m": ("Camisa de lino - Negra / M", "camisa/negra/m", 4990, None),
    }


def test_a_shopify_variant_has_what_its_product_has() -> None:
    large = by_id(export(SHOPIFY, *SHIRT))["camisa/blanca/l"]
    assert (large.brand, large.category, large.description, large.image_url, large.active) == (
        "Brisa",
        "Camisas",
        "Fresca.\nLavar a mano & secar.",
        "https://x.example/l.jpg",
        True,
    )


@pytest.mark.parametrize(
    ("published", "status", "is_active"),
    [("TRUE", "active", True), ("TRUE", "draft", False), ("TRUE", "archived", False),
     ("FALSE", "active", False), ("true", "", True)],
)  # fmt: skip
def test_what_shopify_does_not_show_is_inactive(
    published: str, status: str, is_active: bool
) -> None:
    row = f"vela,Vela,,,,,,{published},Title,Default Title,,,V1,,,deny,5.00,,,,{status}"
    vela = by_id(export(SHOPIFY, row))["vela"]
    assert (vela.name, vela.active) == ("Vela", is_active)


def test_what_shopify_sells_without_stock_has_an_unknown_one() -> None:
    row = "vela,Vela,,,,,,TRUE,Title,Default Title,,,V1,shopify,-3,continue,5.00,,,,active"
    assert by_id(export(SHOPIFY, row))["vela"].stock is None


def test_a_colour_that_shopify_writes_as_a_key_is_left_out_of_the_name() -> None:
    row = "banco,Banco,,,,,,TRUE,Color,shopify--color-pattern-d9y1,Talla,S,B1,,,deny,5.00,,,,active"
    (banco,) = by_id(export(SHOPIFY, row)).values()
    assert banco.name == "Banco - S"


def test_shopifys_newer_header_is_known_too() -> None:
    header = (
        "Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,"
        "Option1 name,Option1 value,Price,Inventory tracker,Inventory quantity,Product image URL"
    )
    found = by_id(
        export(
            header,
            "Jarro,jarro,<p>Alto</p>,Alfar,Cocina,TRUE,Active,J-1,Color,Gris,30.00,shopify,7,",
            ",jarro,,,,,,J-2,,Verde,31.00,shopify,1,",
        )
    )
    assert {row.name: row.stock for row in found.values()} == {
        "Jarro - Gris": 7,
        "Jarro - Verde": 1,
    }


WOO_EN = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,In stock?,"
    "Stock,Backorders allowed?,Sale price,Regular price,Categories,Images,Parent,"
    "Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)"
)
WOO_ES = (
    "ID,Tipo,SKU,Nombre,Publicado,Visibilidad en el catálogo,Descripción corta,Descripción,"
    "¿En inventario?,Inventario,¿Permitir reservas de productos agotados?,Precio rebajado,"
    "Precio normal,Categorías,Imágenes,Superior,Nombre del atributo 1,Valor(es) del atributo 1,"
    "Nombre del atributo 2,Valor(es) del atributo 2"
)
WOO_PT = (
    "ID,Tipo,SKU,Nome,Publicado,Visibilidade no catálogo,Descrição curta,Descrição,Em estoque?,"
    "Estoque,São permitidas encomendas?,Preço promocional,Preço,Categorias,Imagens,Ascendente,"
    "Nome do atributo 1,Valores do atributo 1,Nome do atributo 2,Valores do atributo 2"
)
HAT = (
    "8,variation,GOR-A,Gorra - Azul,1,visible,,,1,parent,0,,25.00,,,GOR,Color,Azul,,",
    '7,variable,GOR,Gorra,1,visible,Corta.,"<p>De algodón</p>",1,12,0,,,"Ropa, Ropa > Gorras",'
    '"https://x.example/1.jpg, https://x.example/2.jpg",,Color,"Azul, Roja",Marca,Sol',
    "9,variation,GOR-R,Gorra,1,visible,,,0,,0,19.00,25.00,,,id:7,Color,Roja,,",
)


@pytest.mark.parametrize("header", [WOO_EN, WOO_ES, WOO_PT], ids=["en", "es", "pt"])
def test_woocommerce_variations_take_the_rest_from_their_parent(header: str) -> None:
    found = by_id(export(header, *HAT))
    assert {key: (row.name, row.price_minor, row.stock) for key, row in found.items()} == {
        "8": ("Gorra - Azul", 2500, 12),
        "9": ("Gorra - Roja", 1900, 0),
    }
    azul = found["8"]
    assert (azul.brand, azul.category, azul.description, azul.image_url) == (
        "Sol",
        "Ropa > Gorras",
        "Corta.\nDe algodón",
        "https://x.example/1.jpg",
    )


@pytest.mark.parametrize(
    ("published", "visibility", "is_active"),
    [("1", "visible", True), ("0", "visible", False), ("-1", "visible", False),
     ("1", "hidden", False)],
)  # fmt: skip
def test_what_woocommerce_does_not_show_is_inactive(
    published: str, visibility: str, is_active: bool
) -> None:
    row = f"3,simple,V,Vela,{published},{visibility},,,1,,0,,5.00,,,,,,,"
    assert by_id(export(WOO_EN, row))["3"].active is is_active


def test_a_hidden_parent_hides_its_variations() -> None:
    hidden = [row.replace("Gorra,1,visible,Corta", "Gorra,-1,visible,Corta") for row in HAT]
    assert {row.active for row in by_id(export(WOO_EN, *hidden)).values()} == {False}


def test_a_woocommerce_sale_that_is_over_does_not_count() -> None:
    header = f"{WOO_ES},Día en que termina el precio rebajado"
    row = "3,simple,V,Vela,1,visible,,,1,,0,4.00,5.00,,,,,,,,2026-03-04"
    checked = check_content(
        f"{header}\n{row}".encode(), default_currency="USD", today=date(2026, 3, 5)
    )
    assert by_id(checked)["3"].price_minor == 500


def test_a_woocommerce_product_without_variations_or_price_is_rejected_not_lost() -> None:
    checked = export(WOO_EN, HAT[1])
    assert [(bad.line, bad.code) for bad in checked.rejected] == [(2, "7")]


TIENDA_ES = (
    "Identificador de URL;Nombre;Categorías;Nombre de propiedad 1;Valor de propiedad 1;"
    "Nombre de propiedad 2;Valor de propiedad 2;Precio;Precio promocional;Stock;SKU;"
    "Mostrar en tienda;Descripción;Marca"
)
TIENDA_PT = (
    "Identificador URL;Nome;Categorias;Nome da variação 1;Valor da variação 1;"
    "Nome da variação 2;Valor da variação 2;Preço;Preço promocional;Estoque;SKU;Exibir na loja;"
    "Descrição;Marca"
)
SANDALS = (
    'sandalia;Sandalia "Playa";"Calzado, Calzado > Sandalias";Color;Café;Talle;38;'
    '"10,000.00";"8,500.50";3;S-38;SI;<p>Cómoda</p>;Ñandú',
    'sandalia;;;;Café;;39;"10,000.00";;;S-39;;;',
    ';;;;Negro;;39;"11,000.00";;0;;;;',
    'bolso;Bolso;;;;;;"2,500.00";;1;B;NO;;',
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
@pytest.mark.parametrize("header", [TIENDA_ES, TIENDA_PT], ids=["Tiendanube", "Nuvemshop"])
def test_tiendanube_variants_become_products(header: str, encoding: str) -> None:
    found = by_id(export(header, *SANDALS, encoding=encoding))
    assert {key: (row.name, row.price_minor, row.stock) for key, row in found.items()} == {
        "sandalia/cafe/38": ('Sandalia "Playa" - Café / 38', 850050, 3),
        "sandalia/cafe/39": ('Sandalia "Playa" - Café / 39', 1000000, None),
        "sandalia/negro/39": ('Sandalia "Playa" - Negro / 39', 1100000, 0),
        "bolso": ("Bolso", 250000, 1),
    }
    first = found["sandalia/cafe/39"]
    assert (first.brand, first.category, first.description, first.active) == (
        "Ñandú",
        "Calzado > Sandalias",
        "Cómoda",
        True,
    )
    assert not found["bolso"].active


def test_a_variant_that_is_rejected_can_be_brought_in_by_itself_when_mended() -> None:
    checked = export(SHOPIFY, SHIRT[0], SHIRT[1].replace("51.90", "pronto"))
    (bad,) = checked.rejected
    cells = dict(zip(checked.table.header, bad.cells, strict=True)) | {"price": "51.90"}
    assert (bad.line, bad.code) == (3, "camisa/blanca/l")

    mended = io.StringIO()
    csv.writer(mended).writerows([cells.keys(), cells.values()])
    (row,) = check_content(mended.getvalue().encode(), default_currency="USD").rows
    assert row == by_id(export(SHOPIFY, *SHIRT))["camisa/blanca/l"]


def test_choosing_columns_of_a_known_export_is_refused_in_words() -> None:
    raw = "\n".join([SHOPIFY, *SHIRT]).encode()
    with pytest.raises(ImportRejected, match="exportación de Shopify"):
        check_content(raw, default_currency="USD", mapping={"Tags": "category"})


def test_a_table_of_no_known_system_is_left_as_it_is() -> None:
    checked = export("Nombre,Precio,SKU,Valor de propiedad 1", "Mesa,5,A1,Roble")
    assert [row.name for row in checked.rows] == ["Mesa"]
