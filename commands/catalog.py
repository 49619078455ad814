"""Commands about products: catalog import, search, export."""

from __future__ import annotations

import json
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any

import app
from catalog.columns import parse_mapping
from catalog.exporter import export_file
from catalog.importer import ImportReport, import_file
from catalog.money import format_price, major_from_minor
from catalog.search import Hit
from commands.output import say, say_json
from core.errors import ConfigError
from core.texts import text


def import_(arguments: Namespace) -> int:
    """Products in; exit 1 when rows were rejected."""
    mapping = parse_mapping(arguments.map)
    with closing(app.open_house(quiet=True)) as house:
        report = import_file(
            house.database,
            Path(arguments.file),
            now=house.clock.now(),
            default_currency=app.shop_currency(house),
            replace=arguments.replace,
            dry_run=arguments.dry_run,
            mapping=mapping,
        )
    if arguments.json:
        say_json(report.as_json())
    else:
        _say_report(report, arguments)
    return 1 if report.rejected else 0


def _say_report(report: ImportReport, arguments: Namespace) -> None:
    if arguments.dry_run:
        say(text("commands.imported_dry"))
    if arguments.replace and report.rejected:
        say(text("commands.nothing_imported"))
    else:
        counts = report.as_json()
        del counts["rejected"]
        say(text("commands.imported", **counts))
    if report.rejected:
        say(text("commands.rejected", count=len(report.rejected)))
        for bad in report.rejected:
            say(text("commands.rejected_line", line=bad.line, reason=bad.reason))


def search(arguments: Namespace) -> int:
    """Search as the shop does; with a file of queries one line of JSON each."""
    if arguments.limit < 1:
        raise ConfigError(text("commands.limit_wrong"))
    if not (arguments.text or arguments.queries):
        raise ConfigError(text("commands.query_missing"))
    queries = _read_queries(Path(arguments.queries)) if arguments.queries else None
    with closing(app.open_house(quiet=True)) as house:
        for query in queries or []:
            print(json.dumps(search_body(query, _find(house, query, arguments.limit))))
        if queries is not None:
            return 0
        hits = _find(house, arguments.text, arguments.limit)
        language = house.settings.shop_language
    if arguments.json:
        say_json(search_body(arguments.text, hits))
    else:
        for hit in hits:
            say(_hit_line(hit, language))
        if not hits:
            say(text("commands.nothing_found"))
    return 0


def _find(house: app.House, query: str, limit: int) -> list[Hit]:
    return house.database.read(lambda c: house.search.search(c, query, limit))


def _read_queries(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return [line.rstrip("\n") for line in file]
    except (OSError, UnicodeError):
        raise ConfigError(text("commands.file_unreadable", file=path.name)) from None


def search_body(query: str, hits: list[Hit]) -> dict[str, Any]:
    """The contract's search result."""
    return {"query": query, "products": [_hit_row(hit) for hit in hits]}


def _hit_row(hit: Hit) -> dict[str, Any]:
    product = hit.product
    return {
        "id": product.external_id,
        "sku": product.sku,
        "name": product.name,
        "brand": product.brand,
        "price": major_from_minor(product.price_minor, product.currency),
        "currency": product.currency,
        "stock": product.stock,
        "score": round(hit.score, 4),
        "reason": hit.reason,
    }


def _hit_line(hit: Hit, language: str) -> str:
    product = hit.product
    price = format_price(product.price_minor, product.currency, language)
    stock = "?" if product.stock is None else product.stock
    return f"{product.sku}  {product.name}  {price}  [{stock}]  ({hit.reason})"


def export(arguments: Namespace) -> int:
    """Every product into a CSV file that import takes back."""
    path = Path(arguments.file)
    with closing(app.open_house(quiet=True)) as house:
        try:
            count = house.database.read(lambda c: export_file(c, path))
        except OSError:
            raise ConfigError(text("commands.file_unwritable", file=path.name)) from None
    say(text("commands.exported", count=count, file=path.name))
    return 0
