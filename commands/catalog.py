"""Commands about products: catalog import, search, export."""

from __future__ import annotations

import asyncio
import io
import json
from argparse import Namespace
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import app
from catalog.exporter import export_file
from catalog.files.checking import CheckedFile, check_content, read_path
from catalog.files.columns import parse_mapping
from catalog.files.rejects import rejects_path, write_rejects
from catalog.files.source import is_address
from catalog.importer import ImportReport, bring_in
from catalog.money import format_price, major_from_minor
from catalog.search import Hit
from commands.output import complain, say, say_json
from commands.progress import Bar
from commands.reading import read_text
from core.errors import ConfigError
from core.texts import text

DOWNLOADED = "catalogo.csv"
"""What a file that came from an address is called here."""
SHOWN_REASONS = 50
"""The file of rejected rows holds them all."""


def import_(arguments: Namespace) -> int:
    """Products in; exit 1 when rows were rejected."""
    mapping = parse_mapping(arguments.map)
    bar = Bar()
    with closing(app.open_house(quiet=True)) as house:
        try:
            checked = check_content(
                _content(arguments.file),
                default_currency=app.shop_currency(house),
                today=app.shop_time(house, house.clock.now()).date(),
                mapping=mapping,
                progress=bar.show,
            )
            report = bring_in(
                house.database,
                checked,
                now=house.clock.now(),
                replace=arguments.replace,
                dry_run=arguments.dry_run,
                progress=bar.show,
            )
        finally:
            bar.clear()
    # A trial leaves no file behind either.
    rejects = None if arguments.dry_run else _write_rejects(arguments.file, checked)
    if arguments.json:
        say_json(_report_body(report, checked, rejects, arguments.dry_run))
    else:
        _say_read(checked, arguments.dry_run)
        _say_report(report, rejects, arguments)
        if not (checked.rejected or arguments.dry_run):
            _say_stale(_rejects_of(arguments.file))
    return 1 if report.rejected else 0


def _content(file: str) -> bytes:
    return asyncio.run(app.download_catalog(file)) if is_address(file) else read_path(Path(file))


def _rejects_of(file: str) -> Path:
    """Beside the owner's file, or here."""
    return rejects_path(Path(DOWNLOADED if is_address(file) else file))


def _write_rejects(file: str, checked: CheckedFile) -> Path | None:
    """The file of rejected rows, or None when there are none."""
    if not checked.rejected:
        return None
    beside = _rejects_of(file)
    try:
        write_rejects(beside, checked)
    except OSError:
        complain(text("commands.file_unwritable", file=beside.name))
        return None
    return beside


def _report_body(
    report: ImportReport, checked: CheckedFile, rejects: Path | None, is_dry_run: bool
) -> dict[str, Any]:
    body = report.as_json()
    if rejects is not None:
        body["rejected_file"] = str(rejects)
    if is_dry_run:
        body |= {"columns": checked.columns, "changes": asdict(report.changes)}
    return body


def _say_read(checked: CheckedFile, is_dry_run: bool) -> None:
    """What of the file was read; what was not is always told."""
    table = checked.table
    if table.unread:
        read, unread = ", ".join(table.sheets), ", ".join(table.unread)
        say(text("commands.sheets_unread", read=read, unread=unread))
    if is_dry_run and table.system:
        say(text("commands.export_read", system=table.system))
    elif is_dry_run:
        columns = ", ".join(f"«{column}» → {name}" for name, column in checked.columns.items())
        say(text("commands.columns_read", columns=columns))


def _say_report(report: ImportReport, rejects: Path | None, arguments: Namespace) -> None:
    if arguments.dry_run:
        say(text("commands.imported_dry"))
        _say_changes(report)
    if arguments.replace and report.rejected:
        say(text("commands.nothing_imported"))
    else:
        counts = report.as_json()
        del counts["rejected"]
        say(text("commands.imported", **counts))
    if report.rejected:
        _say_rejected(report, rejects, is_mapped=bool(arguments.map))


def _say_rejected(report: ImportReport, rejects: Path | None, *, is_mapped: bool) -> None:
    say(text("commands.rejected", count=len(report.rejected)))
    for bad in report.rejected[:SHOWN_REASONS]:
        say(text("commands.rejected_line", line=bad.line, reason=bad.reason))
    _say_more(len(report.rejected) - SHOWN_REASONS)
    if rejects is not None:
        key = "rejected_file_mapped" if is_mapped else "rejected_file"
        say(text(f"commands.{key}", file=rejects))


def _say_stale(rejects: Path) -> None:
    if rejects.exists():
        say(text("commands.rejects_stale", file=rejects))


def _say_changes(report: ImportReport) -> None:
    for product in report.changes.added:
        say(f"  + {product}")
    _say_more(report.added - len(report.changes.added))
    for product, fields in report.changes.updated:
        told = "; ".join(f"{field.field}: {field.before} → {field.after}" for field in fields)
        say(f"  ~ {product}: {told}")
    _say_more(report.updated - len(report.changes.updated))
    for product in report.changes.removed:
        say(f"  - {product}")
    _say_more(report.removed - len(report.changes.removed))


def _say_more(count: int) -> None:
    if count > 0:
        say(text("commands.and_more", count=count))


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
    lines = io.StringIO(read_text(path), newline=None)  # splitlines would part at more marks
    return [line.rstrip("\n") for line in lines]


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
