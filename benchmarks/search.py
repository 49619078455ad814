"""A generated catalog enters; the time and memory of importing, changing and searching it leave.

    python benchmarks/search.py [--products 100000] [--queries 2000]

The floor is `SELECT … MATCH … ORDER BY bm25() LIMIT 10` on an FTS5 table of the same texts in the
same file, asked the same words joined by OR: no synonyms, no repair, no price limits, no ranking by
coverage. A ratio of 1 means that all of this costs nothing. The goals for 100,000 products stand
beside the figures.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import text
from sqlalchemy.engine import Connection

import core.own_texts  # noqa: F401 - its table joins the metadata
from catalog.files.rows import ProductRow
from catalog.importer import import_file
from catalog.products import IMPORT
from catalog.search import CatalogSearch
from catalog.store import apply_plan, make_plan
from catalog.words.analysis import words
from core.database import Base, Database, parse_url

LIMIT = 10
EVERY = 1000
"""One row in so many is changed."""
COLUMNS = ("id", "sku", "name", "brand", "category", "description", "price", "currency", "stock")
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
COLORS = ("negro", "blanco", "azul", "rojo", "gris", "verde")
SIZES = ("128GB", "256GB", "15 pulgadas", "talla M", "500 ml", "2 litros", "6 puestos")
SYLLABLES = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "es", "or")]
QUERIES = (
    "¿tienen {thing}?",
    "busco {thing} {word} {color}",
    "{thing} de menos de 600 mil",
    "hola, quisiera saber el precio de {word} por favor",
    "{word} {other}",
    "{typo} {other}",
    "{thing} y un cargador",
    "{thing} {size} entre 500 mil y 1 millón",
    "{thing} que no sea {color}",
    "hola, buenas tardes",
)


class Words:
    """Made-up words, a few of them common and most of them rare, as names of products have."""

    def __init__(self, chance: random.Random, count: int = 40_000) -> None:
        self._chance = chance
        self._words = [
            "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4)))) for _ in range(count)
        ]
        weights = (1 / (rank + 10) for rank in range(count))
        self._cumulated = list(itertools.accumulate(weights))

    def pick(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._cumulated, k=count)


def make_rows(count: int, chance: random.Random, made_up: Words) -> Iterator[dict[str, str]]:
    """Rows of a shop's file."""
    for number in range(count):
        category = chance.choice(list(THINGS))
        thing, color = chance.choice(THINGS[category]), chance.choice(COLORS)
        brand, *more = made_up.pick(4)
        yield {
            "id": f"P{number}",
            "sku": f"SKU-{number:06d}",
            "name": f"{thing} {brand.title()} {' '.join(more)} {chance.choice(SIZES)} {color}",
            "brand": brand.title(),
            "category": category,
            "description": f"{thing} de color {color} {' '.join(made_up.pick(5))}.",
            "price": str(chance.randrange(20, 4000) * 1000),
            "currency": "COP",
            "stock": chance.choice(("", "0", "3", "20")),
        }


def make_queries(count: int, chance: random.Random, made_up: Words) -> list[str]:
    """Questions as customers write them."""
    things = [thing.lower() for named in THINGS.values() for thing in named]
    found = []
    for _ in range(count):
        word, other, third = made_up.pick(3)
        at = chance.randrange(1, len(third))
        found.append(
            chance.choice(QUERIES).format(
                thing=chance.choice(things),
                color=chance.choice(COLORS),
                size=chance.choice(SIZES),
                word=word,
                other=other,
                typo=third[:at] + third[at + 1 :],
            )
        )
    return found


def fill_floor(connection: Connection) -> None:
    """The same texts into FTS5."""
    connection.execute(
        text(
            "CREATE VIRTUAL TABLE floor USING fts5"
            "(name, brand, category, description, tokenize='unicode61 remove_diacritics 2')"
        )
    )
    connection.execute(
        text(
            "INSERT INTO floor SELECT p.name, p.brand, c.path, p.description"
            " FROM product p JOIN category c ON c.id = p.category_id"
        )
    )


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


def measure_changes(
    database: Database, rows: Sequence[dict[str, str]], search: CatalogSearch
) -> tuple[float, float]:
    """Milliseconds to store one product's new price, and for the next search to know of it."""
    stored, noticed = [], []
    for row in rows:
        product = ProductRow(
            external_id=row["id"],
            sku=row["sku"],
            name=row["name"],
            brand=row["brand"],
            category=row["category"],
            description=row["description"],
            price_minor=int(row["price"]) * 100,
            currency="COP",
            stock=7,
            image_url="",
            url="",
            active=True,
        )
        product = replace(product, price_minor=product.price_minor + 100)
        given = frozenset({"price_minor", "stock"})
        start = time.perf_counter()
        plan = database.read(partial(make_plan, rows=[product], given=given, source=IMPORT))
        database.write(partial(apply_plan, plan=plan.with_terms(), now=datetime.now(UTC)))
        stored.append(time.perf_counter() - start)
        start = time.perf_counter()
        database.read(lambda c: search.search(c, "laptop", LIMIT))
        noticed.append(time.perf_counter() - start)
    return statistics.median(stored) * 1000, statistics.median(noticed) * 1000


def memory_mb() -> float:
    """The most this process has held; 0 where the system does not tell (only Linux does)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def write_file(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def read_some(folder: Path) -> list[dict[str, str]]:
    """Rows from here and there in the file."""
    with (folder / "shop.csv").open(encoding="utf-8", newline="") as file:
        return [row for number, row in enumerate(csv.DictReader(file)) if number % EVERY == 0]


def import_here(folder: Path) -> None:
    """Import in a process of its own, whose memory is the import's alone."""
    database = Database(parse_url("sqlite:///bench.db", folder))
    with closing(database):
        database.write(Base.metadata.create_all)
        start = time.perf_counter()
        report = import_file(
            database, folder / "shop.csv", now=datetime.now(UTC), default_currency="COP"
        )
        took_s = time.perf_counter() - start
    print(f"import of {report.added}: {took_s:.1f} s (goal 20), {memory_mb():.0f} MB (goal 200)")


def search_here(folder: Path) -> None:
    """Search in a process of its own."""
    search = CatalogSearch()
    queries = (folder / "queries.txt").read_text("utf-8").splitlines()
    database = Database(parse_url("sqlite:///bench.db", folder))
    with closing(database):
        start = time.perf_counter()
        database.read(lambda c: search.search(c, "selular", LIMIT))
        first_ms = (time.perf_counter() - start) * 1000
        ours = measure(database, lambda q, c: len(search.search(c, q, LIMIT)), queries)
        held_mb = memory_mb()
        stored_ms, noticed_ms = measure_changes(database, read_some(folder), search)
        database.write(fill_floor)
        floor = measure(database, ask_floor, queries)
    print(f"reading the catalog, and the first search: {first_ms:.0f} ms; {held_mb:.0f} MB held")
    print(f"one product changed: {stored_ms:.1f} ms (goal 5), next search {noticed_ms:.1f} ms")
    print(f"{len(queries)} queries, one thread")
    print(f"{'':8}{'p50 ms':>10}{'p99 ms':>10}")
    print(f"{'FTS5':8}{floor[0]:10.2f}{floor[1]:10.2f}")
    print(f"{'ours':8}{ours[0]:10.2f}{ours[1]:10.2f}   (goal 2 and 8)")
    print(f"{'ratio':8}{ours[0] / floor[0]:10.2f}{ours[1] / floor[1]:10.2f}")


def main() -> None:
    """Print our figures, the floor's and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--phase", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.phase:
        phase, folder = arguments.phase
        {"import": import_here, "search": search_here}[phase](Path(folder))
        return
    chance = random.Random(7)
    made_up = Words(chance)
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder) / "shop.csv", make_rows(arguments.products, chance, made_up))
        queries = make_queries(arguments.queries, chance, made_up)
        (Path(folder) / "queries.txt").write_text("\n".join(queries), encoding="utf-8")
        for phase in ("import", "search"):
            subprocess.run([sys.executable, __file__, "--phase", phase, folder], check=True)


if __name__ == "__main__":
    main()
