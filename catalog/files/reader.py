"""A file's bytes enter, its table leaves; what kind of file it is shows in the bytes alone."""

from __future__ import annotations

import re

from catalog.files.columns import KnownColumns
from catalog.files.csvfile import read_csv
from catalog.files.decoding import decode
from catalog.files.exports import as_products
from catalog.files.jsonfile import read_json
from catalog.files.table import Table
from catalog.files.workbook import read_workbook
from core.errors import ImportRejected
from core.texts import text

MAX_FILE_BYTES = 100 * 1024 * 1024

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_WEB_PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body|table|meta|\?xml|div|script)", re.I)


def read_table(raw: bytes, known: KnownColumns, language: str) -> Table:
    """Take a file apart: CSV, an Excel workbook or JSON, the export of a known shop system or not.

    Args:
        known: which names of columns mean something, those chosen by the owner included.
        language: of the error's message.
    Raises:
        ImportRejected: empty, too large, or none of these.
    """
    if len(raw) > MAX_FILE_BYTES:
        raise _rejected("too_large", language, limit_mb=MAX_FILE_BYTES // 1024**2)
    if raw.startswith(_ZIP):
        return _whole(read_workbook(raw, known.count, language), known, language)
    content = None if raw.startswith(_OLD_EXCEL) else decode(raw)
    if content is None:
        raise _rejected("excel" if raw.startswith(_OLD_EXCEL) else "not_text", language)
    if _WEB_PAGE.match(content):
        raise _rejected("web_page", language)
    if content.lstrip().startswith(("{", "[")):
        return read_json(content, language)
    return _whole(read_csv(content, known.count, language), known, language)


def _whole(table: Table, known: KnownColumns, language: str) -> Table:
    found = as_products(table)
    if found.system and known.chosen:
        raise _rejected("map_export", language, system=found.system)
    return found


def _rejected(key: str, language: str, **fields: object) -> ImportRejected:
    return ImportRejected(text(f"catalog.file.{key}", language, **fields))
