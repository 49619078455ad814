"""A shop's file goes in, is reported row by row, and comes out as it went in."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from catalog.exporter import export_file
from catalog.files.changes import FieldChange
from catalog.files.columns import parse_mapping
from catalog.files.rejects import rejects_path, write_rejects
from catalog.importer import ImportReport, import_file, read_file
from catalog.products import count_products, find_by_sku
from catalog.revision import CatalogMoved, revision
from catalog.sample import is_sample_catalog, load_sample_products
from catalog.search import CatalogSearch
from catalog.store import apply_plan, make_plan
from catalog.tables import Category, Product, ProductTerms
from core.database import Database
from core.errors import ImportRejected

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HEAD = "sku,nombre,marca,categoría,precio,existencias\n"
TWO = HEAD + "A1,Mesa,Roble,Hogar > Mesas,100.000,4\nB2,Silla,Roble,Hogar > Sillas,50.000,\n"


class Shop:
    """A database and a file to import into it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder

    def bring_in(self, content: str | bytes, **options: Any) -> ImportReport:
        path = self.folder / "productos.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(self.database, path, now=NOW, default_currency="COP", **options)

    def names(self) -> list[str]:
        query = select(Product.name).order_by(Product.id)
        return list(self.database.read(lambda c: c.execute(query).scalars().all()))

    def count(self, table: Any) -> int:
        query = select(func.count()).select_from(table)
        return self.database.read(lambda c: c.execute(query).scalar_one())


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return Shop(database, tmp_path)


def figures(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Added, updated, unchanged, removed, rejected."""
    return (
        report.added,
        report.updated,
        report.unchanged,
        report.removed,
        len(report.rejected),
    )


def test_a_file_goes_in_with_all_its_fields(shop: Shop) -> None:
    assert figures(shop.bring_in(TWO)) == (2, 0, 0, 0, 0)
    product = shop.database.read(lambda c: find_by_sku(c, "A1"))
    assert product is not None
    assert (product.brand, product.category, product.price_minor, product.currency) == (
        "Roble",
        "Hogar > Mesas",
        10_000_000,
        "COP",
    )
    assert product.stock == 4


def test_an_unknown_stock_stays_unknown(shop: Shop) -> None:
    shop.bring_in(TWO)
    product = shop.database.read(lambda c: find_by_sku(c, "B2"))
    assert product is not None
    assert product.stock is None


def test_the_same_file_again_changes_nothing(shop: Shop) -> None:
    shop.bring_in(TWO)
    before = shop.database.read(revision)
    assert figures(shop.bring_in(TWO)) == (0, 0, 2, 0, 0)
    assert shop.database.read(revision) == before


def test_only_what_differs_is_updated(shop: Shop) -> None:
    shop.bring_in(TWO)
    assert figures(shop.bring_in(TWO.replace("50.000", "45.000"))) == (0, 1, 1, 0, 0)
    product = shop.database.read(lambda c: find_by_sku(c, "B2"))
    assert product is not None
    assert product.price_minor == 4_500_000


def test_columns_the_file_lacks_keep_what_is_stored(shop: Shop) -> None:
    shop.bring_in(TWO)
    shop.bring_in("sku,nombre,precio\nA1,Mesa,90.000\n")
    product = shop.database.read(lambda c: find_by_sku(c, "A1"))
    assert product is not None
    assert (product.price_minor, product.brand, product.stock) == (9_000_000, "Roble", 4)


def test_a_new_text_is_found_and_the_old_one_no_longer(shop: Shop) -> None:
    shop.bring_in("sku,nombre,precio\nA1,Mesa,1\n")
    shop.bring_in("sku,nombre,precio\nA1,Armario,1\n")
    search = CatalogSearch()
    found = shop.database.read(lambda c: search.search(c, "armario"))
    assert [hit.product.sku for hit in found] == ["A1"]
    assert shop.database.read(lambda c: search.search(c, "mesa")) == []


def test_good_rows_go_in_and_bad_ones_are_reported_by_line(shop: Shop) -> None:
    report = shop.bring_in(HEAD + "A1,Mesa,,,0,\n\n,Silla,,,5,\nC3,Sofá,,,7,1\nC3,Otro,,,7,1\n")
    assert report.as_json() == {
        "added": 1,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "rejected": [
            {"line": 2, "reason": "el precio «0» debe ser mayor que cero"},
            {"line": 4, "reason": "falta el id o el sku"},
            {"line": 6, "reason": "el id «C3» ya está en la línea 5"},
        ],
    }
    assert shop.names() == ["Sofá"]


def test_a_row_of_too_many_cells_is_rejected_rather_than_shifted(shop: Shop) -> None:
    report = shop.bring_in("sku,nombre,precio\nA1,Mesa,1,299\n")
    assert [bad.line for bad in report.rejected] == [2]


def test_replace_removes_what_the_file_does_not_name(shop: Shop) -> None:
    shop.bring_in(TWO)
    report = shop.bring_in(HEAD + "B2,Silla,,,50.000,\n", replace=True)
    assert figures(report) == (0, 1, 0, 1, 0)
    assert shop.names() == ["Silla"]
    assert shop.count(Category) == 0


def test_replace_changes_nothing_when_a_row_is_rejected(shop: Shop) -> None:
    shop.bring_in(TWO)
    report = shop.bring_in(HEAD + "A1,Mesa nueva,,,1,\nC3,Sofá,,,gratis,\n", replace=True)
    assert figures(report) == (0, 0, 0, 0, 1)
    assert shop.names() == ["Mesa", "Silla"]


def test_a_dry_run_tells_and_changes_nothing(shop: Shop) -> None:
    shop.bring_in(TWO)
    changed = TWO.replace("50.000", "1") + "C3,Sofá,,,7,\n"
    assert figures(shop.bring_in(changed, dry_run=True)) == (1, 1, 1, 0, 0)
    assert figures(shop.bring_in(TWO)) == (0, 0, 2, 0, 0)


def test_the_first_own_import_removes_the_sample(shop: Shop) -> None:
    shop.database.write(lambda c: load_sample_products(c, NOW))
    assert shop.database.read(is_sample_catalog)
    assert figures(shop.bring_in(TWO)) == (2, 0, 0, 0, 0)
    assert shop.names() == ["Mesa", "Silla"]
    assert not shop.database.read(is_sample_catalog)


def test_the_sample_stays_when_no_row_is_good(shop: Shop) -> None:
    shop.database.write(lambda c: load_sample_products(c, NOW))
    shop.bring_in(HEAD + "A1,Mesa,,,0,\n")
    assert shop.database.read(is_sample_catalog)


def test_the_sample_is_loaded_once_and_only_into_an_empty_catalog(shop: Shop) -> None:
    assert shop.database.write(lambda c: load_sample_products(c, NOW))
    assert not shop.database.write(lambda c: load_sample_products(c, NOW))
    shop.bring_in(TWO)
    assert not shop.database.write(lambda c: load_sample_products(c, NOW))


def test_the_sample_shows_a_whole_shop(shop: Shop) -> None:
    shop.database.write(lambda c: load_sample_products(c, NOW))
    stocks = select(Product.stock)
    found = shop.database.read(lambda c: c.execute(stocks).scalars().all())
    assert shop.database.read(count_products) >= 100
    assert {0, None} <= set(found)


def test_what_is_exported_comes_back_unchanged(shop: Shop) -> None:
    odd = (
        "id,sku,nombre,categoría,descripción,precio,moneda,existencias,imagen,enlace,activo\n"
        '7,"A;1","Mesa ""pro"" 27"", ñandú 🪑",A > B,"línea 1\nlínea 2; =SUMA(1)",45.9,USD,,'
        "http://x.example/a.png,https://x.example,no\n"
        "8,,Silla,,,1000,COP,0,,,\n"
    )
    assert figures(shop.bring_in(odd)) == (2, 0, 0, 0, 0)
    path = shop.folder / "salida.csv"
    assert shop.database.read(lambda c: export_file(c, path)) == 2
    assert figures(shop.bring_in(path.read_bytes(), replace=True)) == (0, 0, 2, 0, 0)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_every_kind_of_export_comes_back_unchanged(shop: Shop, ending: str) -> None:
    shop.bring_in(
        "id,sku,nombre,categoría,descripción,precio,moneda,existencias,activo\n"
        "7,=cmd|' /C calc'!A0,@SUM(A1),A > B,-5 grados\t,45.9,USD,,no\n"
        "8,00123,'=x,,+57 300,1000,COP,0,sí\n"
    )
    path = shop.folder / f"salida.{ending}"
    assert shop.database.read(lambda c: export_file(c, path)) == 2
    assert figures(shop.bring_in(path.read_bytes(), replace=True)) == (0, 0, 2, 0, 0)


def test_no_cell_of_an_export_is_a_formula(shop: Shop) -> None:
    shop.bring_in('sku,nombre,precio,descripción\n=1+1,"=HYPERLINK(""x"")",5,@SUM(A1)\n')
    path = shop.folder / "salida.csv"
    shop.database.read(lambda c: export_file(c, path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_mended_rejects_come_in_as_they_would_have(shop: Shop) -> None:
    content = HEAD.replace(",", ";") + 'A1;Mesa;=Roble;"A; B";gratis;2\nB2;Silla;;;5.000;\n'
    assert figures(shop.bring_in(content)) == (1, 0, 0, 0, 1)
    path = shop.folder / "productos.csv"
    write_rejects(rejects_path(path), read_file(path, default_currency="COP"))

    rejects = (shop.folder / "productos.rechazadas.csv").read_text("utf-8-sig")
    assert rejects.splitlines()[1].endswith(";2;el precio «gratis» no es un número válido en COP")
    assert figures(shop.bring_in(rejects.replace(";gratis;", ";9.000;"))) == (1, 0, 0, 0, 0)
    product = shop.database.read(lambda c: find_by_sku(c, "A1"))
    assert product is not None
    assert (product.brand, product.category, product.stock) == ("=Roble", "A; B", 2)


def test_changes_are_told_product_by_product(shop: Shop) -> None:
    shop.bring_in(TWO)
    changed = HEAD + "B2,Silla alta,Roble,Hogar > Sillas,45.000,\nC3,Sofá,,,7,\n"
    changes = shop.bring_in(changed, replace=True, dry_run=True).changes
    assert (changes.added, changes.removed) == (("C3 Sofá: $7",), ("A1 Mesa",))
    assert changes.updated == (
        (
            "B2 Silla alta",
            (
                FieldChange("price", "$50.000", "$45.000"),
                FieldChange("name", "Silla", "Silla alta"),
            ),
        ),
    )


def test_columns_can_be_chosen(shop: Shop) -> None:
    mapping = parse_mapping(["Valor final=price", "Cosa=nombre"])
    report = shop.bring_in("sku;Cosa;Valor;Valor final\nA1;Mesa;1;2.000\n", mapping=mapping)
    assert figures(report) == (1, 0, 0, 0, 0)
    product = shop.database.read(lambda c: find_by_sku(c, "A1"))
    assert product is not None
    assert product.price_minor == 200_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "vacío"),
        (HEAD, "ningún producto"),
        ("sku,nombre\nA1,Mesa\n", "price (precio)"),
        (b"\x00\x01\x02", "archivo de productos"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    shop: Shop, content: str | bytes, said: str
) -> None:
    with pytest.raises(ImportRejected) as caught:
        shop.bring_in(content)
    assert said in str(caught.value)


def test_a_missing_file_and_an_unknown_shop_currency_are_named(shop: Shop) -> None:
    with pytest.raises(ImportRejected, match=r"falta\.csv"):
        import_file(shop.database, shop.folder / "falta.csv", now=NOW, default_currency="COP")
    shop.bring_in(TWO)
    path = shop.folder / "productos.csv"
    with pytest.raises(ImportRejected, match="PESOS"):
        import_file(shop.database, path, now=NOW, default_currency="PESOS")


def test_a_plan_for_an_older_catalog_changes_nothing(shop: Shop) -> None:
    shop.bring_in(TWO)
    plan = shop.database.read(
        lambda c: make_plan(c, [], frozenset(), source="import", replace=True)
    )
    shop.bring_in(TWO + "C3,Sofá,,,7,\n")
    with pytest.raises(CatalogMoved):
        shop.database.write(lambda c: apply_plan(c, plan.with_terms(), NOW))
    assert shop.names() == ["Mesa", "Silla", "Sofá"]


def test_products_take_their_terms_with_them(shop: Shop) -> None:
    shop.bring_in(TWO)
    shop.database.write(lambda c: c.execute(delete(Product)))
    assert shop.count(ProductTerms) == 0


def test_category_levels_become_a_tree(shop: Shop) -> None:
    shop.bring_in(TWO)
    tree = select(Category.path, Category.parent_id.is_(None)).order_by(Category.path)
    found = [tuple(row) for row in shop.database.read(lambda c: c.execute(tree).all())]
    assert found == [("Hogar", True), ("Hogar > Mesas", False), ("Hogar > Sillas", False)]


def test_a_list_that_knows_only_the_sku_updates_what_an_export_brought_in(shop: Shop) -> None:
    shop.bring_in("id,sku,name,price\n17,CB-N,Camiseta,45.900\n18,CB-B,Blusa,30.000\n")
    shop.bring_in("sku,name,price\nCB-N,Camiseta,39.900\n", replace=True)
    assert shop.names() == ["Camiseta"]
    (product,) = shop.database.read(lambda c: CatalogSearch().search(c, "camiseta"))
    assert (product.product.external_id, product.product.price_minor) == ("17", 3_990_000)


def test_an_export_takes_over_what_was_known_by_sku(shop: Shop) -> None:
    shop.bring_in("sku,name,price\nCB-N,Camiseta,45.900\n")
    shop.bring_in("id,sku,name,price\n17,CB-N,Camiseta,39.900\n")
    assert shop.names() == ["Camiseta"]


def test_products_that_share_a_sku_stay_apart(shop: Shop) -> None:
    shop.bring_in("id,sku,name,price\n1,S,Roja,1000\n2,S,Azul,1000\n")
    shop.bring_in("id,sku,name,price\n3,S,Verde,1000\n")
    assert shop.names() == ["Roja", "Azul", "Verde"]


def test_replacing_keeps_what_the_file_has_no_column_for(shop: Shop) -> None:
    shop.bring_in("sku,name,price,stock,active\nA,Mesa,1000,4,no\nB,Silla,1000,2,si\n")
    shop.bring_in("sku,name,price\nA,Mesa,1200\n", replace=True)
    product = shop.database.read(lambda c: c.execute(select(Product)).one())
    assert (product.price_minor, product.stock, product.active) == (120_000, 4, False)
