import pytest

from catalog.columns import FIELDS, field_of, locate, parse_mapping
from core.errors import ImportRejected
from core.texts import has_text


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
        ("color", None),
        ("", None),
    ],
)
def test_columns_are_known_by_many_names(column: str, field: str | None) -> None:
    assert field_of(column) == field


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
    "header", [["sku", "nombre", "precio", "precio"], ["ref", "sku", "nombre", "pvp"]]
)
def test_two_columns_for_one_field_are_refused(header: list[str]) -> None:
    with pytest.raises(ImportRejected, match="deja una sola"):
        locate(header, {})


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


def test_every_field_is_explained_to_the_owner() -> None:
    assert all(has_text(f"catalog.columns.{field}") for field in FIELDS)
