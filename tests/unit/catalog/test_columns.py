import pytest

from catalog.files.columns import FIELDS, KnownColumns, field_of, parse_mapping
from core.errors import ImportRejected
from core.texts import LANGUAGES, has_text, text


def locate(header: list[str], mapping: dict[str, str]) -> dict[str, int]:
    return KnownColumns(mapping).locate(header)


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("PRECIO", "price"),
        ("Precio_de_Venta", "price"),
        ("Código", "sku"),
        ("  nombre del producto ", "name"),
        ("Categoría", "category"),
        ("Existencias", "stock"),
        ("Description", "description"),
        ("image url", "image"),
        ("activo?", "active"),
        ("Precio Venta (COP)", "price"),
        ("P. Unit.", "price"),
        ("PVP", "price"),
        ("Precio U$S", "price"),
        ("Precio S/.", "price"),
        ("Preço de venda (R$)", "price"),
        ("unitPrice", "price"),
        ("Precio Final (IVA incluido)", "price"),
        ("Preço promocional", "sale_price"),
        ("Precio con descuento", "sale_price"),
        ("Cód.", "sku"),
        ("Cód. Artículo", "sku"),
        ("Nro. de parte", "sku"),
        ("Código de barras", "barcode"),
        ("Existencia", "stock"),
        ("stock_quantity", "stock"),
        ("Quantidade em estoque", "stock"),
        ("Unidades", "stock"),
        ("Descripción del artículo", "description"),
        ("Imágenes", "image"),
        ("Sub-categoría", "subcategory"),
        ("Estado", "status"),
        ("Día en que empieza el precio rebajado", "sale_from"),
        ("Date sale price ends", "sale_to"),
        ("Data de preço promocional termina em", "sale_to"),
    ],
)
def test_columns_are_known_by_many_names(column: str, field: str) -> None:
    assert field_of(column) == field


@pytest.mark.parametrize(
    "column",
    [
        "color",
        "",
        "Precio costo",
        "Desc. %",
        "Precio mayorista",
        "Precio anterior",
        "Precio + IVA",
        "Precio s/IVA",
        "compare_at_price",
        "Stock mínimo",
        "Unidad de medida",
        "Unidad",
        "Título para SEO",
        "Nombre del proveedor",
        "Código postal",
    ],
)
def test_a_word_that_makes_it_another_column_is_heeded(column: str) -> None:
    assert field_of(column) is None


def test_columns_stand_in_any_order() -> None:
    assert locate(["stock", "precio", "color", "sku", "nombre"], {}) == {
        "stock": 0,
        "price": 1,
        "sku": 3,
        "name": 4,
    }


def test_missing_columns_are_named_with_those_found() -> None:
    with pytest.raises(ImportRejected) as caught:
        locate(["Artículo", "color"], {})
    said = str(caught.value)
    assert "price (precio)" in said
    assert "id o sku" in said
    assert "«Artículo», «color»" in said


@pytest.mark.parametrize(
    "header", [["sku", "nombre", "precio", "precio"], ["sku", "nombre", "precio", "pvp"]]
)
def test_two_columns_that_may_both_be_the_price_are_refused(header: list[str]) -> None:
    with pytest.raises(ImportRejected, match="deja una sola"):
        locate(header, {})


@pytest.mark.parametrize(
    ("header", "field", "position"),
    [
        pytest.param(["Referencia", "SKU", "nombre", "precio"], "sku", 1, id="the likelier name"),
        pytest.param(["sku", "nombre", "Precio lista", "Precio"], "price", 3, id="the plain name"),
    ],
)
def test_of_two_columns_the_surer_one_is_read(header: list[str], field: str, position: int) -> None:
    assert locate(header, {})[field] == position


def test_lists_of_prices_that_call_the_name_description_are_understood() -> None:
    located = locate(["Código", "Descripción", "Precio"], {})
    assert located == {"sku": 0, "name": 1, "price": 2}


@pytest.mark.parametrize(
    ("header", "name", "description"),
    [
        pytest.param(["Descripción corta", "Detalle"], 0, 1, id="beside the details"),
        pytest.param(["Descripción", "Descripción corta"], 1, 0, id="beside the long one"),
        pytest.param(["Nombre comercial", "Descripción corta"], 0, 1, id="beside a name"),
        pytest.param(["Nombre", "Descripción corta", "Detalle"], 0, 2, id="beside both"),
    ],
)
def test_a_short_description_stands_in_for_what_is_not_there(
    header: list[str], name: int, description: int
) -> None:
    located = locate([*header, "sku", "precio"], {})
    assert (located["name"], located["description"]) == (name, description)


def test_a_sale_price_alone_is_the_price() -> None:
    assert locate(["sku", "nombre", "Precio oferta"], {})["price"] == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("added", ["line", "reason", "reason_marked"])
def test_the_columns_added_to_rejected_rows_mean_no_field(added: str, language: str) -> None:
    assert field_of(text(f"catalog.rejects.{added}", language, mark=".")) is None


def test_the_owners_choice_wins_over_the_names() -> None:
    header = ["sku", "nombre", "precio", "Precio web"]
    assert locate(header, {"precio web": "price"})["price"] == 3


def test_a_chosen_column_must_exist() -> None:
    with pytest.raises(ImportRejected, match="«total»"):
        locate(["sku", "nombre", "precio"], {"total": "price"})


def test_map_entries_take_fields_by_any_name() -> None:
    assert parse_mapping(["Precio web=precio", "a=b=sku"]) == {"Precio web": "price", "a=b": "sku"}


@pytest.mark.parametrize("entry", ["precio", "=price", "Total=color"])
def test_map_entries_that_say_nothing_are_refused(entry: str) -> None:
    with pytest.raises(ImportRejected, match="--map"):
        parse_mapping([entry])


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_known_by_its_own_name(field: str) -> None:
    assert field_of(field) == field


def test_every_field_is_explained_to_the_owner() -> None:
    assert all(has_text(f"catalog.columns.{field}") for field in FIELDS)
