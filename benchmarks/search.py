"""A generated catalog enters, the time of a search leaves, beside SQLite FTS5 on the same data.

    python benchmarks/search.py [--products 2000] [--queries 2000]

The floor is `SELECT … MATCH … ORDER BY bm25() LIMIT 10` on an FTS5 table of the same texts in the
same file, asked the same words joined by OR: no synonyms, no repair, no price limits, no ranking by
coverage. A ratio of 1 means that all of this costs nothing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import text
from sqlalchemy.engine import Connection

import catalog.tables  # noqa: F401 - its tables join the metadata
from catalog.analysis import words
from catalog.products import IMPORT
from catalog.rows import ProductRow
from catalog.search import CatalogSearch
from catalog.store import apply_plan, make_plan
from core.database import Base, Database, parse_url

LIMIT = 10
THINGS = {
    "Tecnología > Laptops": ("Laptop", "Computador portátil"),
    "Tecnología > Celulares": ("Celular", "Smartphone"),
    "Tecnología > Accesorios": ("Cargador", "Funda", "Mouse", "Teclado"),
    "Audio": ("Audífonos", "Parlante"),
    "Electrodomésticos": ("Nevera", "Licuadora", "Freidora de aire", "Lavadora"),
    "Ropa": ("Camiseta", "Chaqueta", "Vestido", "Pantalón"),
    "Zapatos": ("Tenis", "Botas", "Sandalias"),
    "Belleza": ("Champú", "Crema hidratante", "Labial"),
}
BRANDS = ("Andina", "Boreal", "Cumbre", "Delta", "Estelar", "Faro", "Girasol", "Horizonte")
COLORS = ("negro", "blanco", "azul", "rojo", "gris", "verde")
SIZES = ("128GB", "256GB", "15 pulgadas", "talla M", "500 ml", "2 litros", "6 puestos")
QUERIES = (
    "¿tienen laptops?",
    "busco un celular {brand} {color}",
    "heladera barata",
    "campera {color} de menos de 600 mil",
    "selular {brand}",
    "hola, quisiera saber el precio de una remera {color} por favor",
    "zapatillas {color} talla M",
    "audifonos inalambricos y un cargador",
    "smartphone 256 gb entre 500 mil y 1 millón",
    "freidora de aire {brand}",
    "hola, buenas tardes",
)


def make_products(count: int, chance: random.Random) -> list[ProductRow]:
    """Products whose names share words as a shop's do."""
    rows = []
    for number in range(count):
        category = chance.choice(list(THINGS))
        thing, brand = chance.choice(THINGS[category]), chance.choice(BRANDS)
        name = f"{thing} {brand} {chance.choice('ABCDEFG')}{number % 97}"
        name += f" {chance.choice(SIZES)} {chance.choice(COLORS)}"
        rows.append(
            ProductRow(
                external_id=f"P{number}",
                sku=f"SKU-{number:06d}",
                name=name,
                brand=brand,
                category=category,
                description=f"{thing} de color {chance.choice(COLORS)} con garantía de un año.",
                price_minor=chance.randrange(20, 4000) * 100_000,
                currency="COP",
                stock=chance.choice((None, 0, 3, 20)),
                image_url="",
                url="",
                active=True,
            )
        )
    return rows


def fill(database: Database, rows: Sequence[ProductRow]) -> None:
    """The same products into our index and into FTS5."""
    now = datetime.now(UTC)
    plan = database.read(lambda c: make_plan(c, rows, frozenset(), source=IMPORT)).with_terms()

    def store(connection: Connection) -> None:
        apply_plan(connection, plan, now)
        connection.execute(
            text(
                "CREATE VIRTUAL TABLE floor USING fts5"
                "(name, brand, category, description, tokenize='unicode61 remove_diacritics 2')"
            )
        )
        connection.execute(
            text("INSERT INTO floor VALUES (:name, :brand, :category, :description)"),
            [
                {
                    "name": row.name,
                    "brand": row.brand,
                    "category": row.category,
                    "description": row.description,
                }
                for row in rows
            ],
        )

    database.write(store)


def make_queries(count: int, chance: random.Random) -> list[str]:
    """Questions as customers write them."""
    return [
        chance.choice(QUERIES).format(brand=chance.choice(BRANDS), color=chance.choice(COLORS))
        for _ in range(count)
    ]


def ask_floor(query: str, connection: Connection) -> int:
    """How many rows FTS5 finds."""
    match = " OR ".join(f'"{word}"' for word in words(query))
    statement = text(
        "SELECT rowid, name FROM floor WHERE floor MATCH :match ORDER BY bm25(floor) LIMIT :limit"
    )
    return len(connection.execute(statement, {"match": match, "limit": LIMIT}).all())


def measure(
    database: Database, ask: Callable[[str, Connection], int], queries: Sequence[str]
) -> tuple[float, float]:
    """p50 and p99 in milliseconds, each query in a transaction of its own."""
    took: list[float] = []
    for query in queries:
        start = time.perf_counter()
        database.read(partial(ask, query))
        took.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return cuts[49], cuts[98]


def main() -> None:
    """Print both and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--queries", type=int, default=2000)
    arguments = parser.parse_args()
    chance = random.Random(7)
    search = CatalogSearch()
    queries = make_queries(arguments.queries, chance)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(parse_url("sqlite:///bench.db", Path(folder)))
        with closing(database):
            database.write(Base.metadata.create_all)
            fill(database, make_products(arguments.products, chance))
            start = time.perf_counter()
            database.read(lambda c: search.search(c, "selular", LIMIT))
            first_ms = (time.perf_counter() - start) * 1000
            ours = measure(database, lambda q, c: len(search.search(c, q, LIMIT)), queries)
            floor = measure(database, ask_floor, queries)
    print(f"{arguments.products} products, {arguments.queries} queries, one thread")
    print(f"first search after a change of the catalog: {first_ms:.0f} ms")
    print(f"{'':8}{'p50 ms':>10}{'p99 ms':>10}")
    print(f"{'FTS5':8}{floor[0]:10.2f}{floor[1]:10.2f}")
    print(f"{'ours':8}{ours[0]:10.2f}{ours[1]:10.2f}")
    print(f"{'ratio':8}{ours[0] / floor[0]:10.2f}{ours[1] / floor[1]:10.2f}")


if __name__ == "__main__":
    main()
