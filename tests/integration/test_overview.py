"""What the shop sells is told by the level of its categories that few words can name."""

from __future__ import annotations

from pathlib import Path

from catalog.importer import import_file
from catalog.overview import categories
from core.database import Database
from tests.fakes import FixedClock

CATEGORIES = [
    "Ropa > Mujer > Faldas",
    "Ropa > Mujer > Faldas",
    "Ropa > Hombre",
    "Hogar > Cocina > Ollas",
    "Hogar > Cocina > Sartenes",
    "",
]


def sell(database: Database, clock: FixedClock, folder: Path) -> None:
    rows = [f"S{n},Cosa {n},{category},10" for n, category in enumerate(CATEGORIES)]
    path = folder / "products.csv"
    path.write_text("\n".join(["sku,name,category,price", *rows]), encoding="utf-8")
    import_file(database, path, now=clock.now(), default_currency="USD")


def test_the_deepest_level_that_is_short_enough_is_told(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    sell(database, clock, tmp_path)
    assert database.read(lambda c: categories(c, 9)) == (
        ("Faldas", 2), ("Hombre", 1), ("Ollas", 1), ("Sartenes", 1),
    )  # fmt: skip
    assert database.read(lambda c: categories(c, 3)) == (("Cocina", 2), ("Mujer", 2), ("Hombre", 1))
    assert database.read(lambda c: categories(c, 1)) == (("Ropa", 3), ("Hogar", 2))


def test_a_shop_without_categories_tells_none(database: Database) -> None:
    assert database.read(lambda c: categories(c, 9)) == ()
