"""A path or an address enters, what it holds leaves as a file's bytes, when it has changed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from catalog.files.reader import MAX_FILE_BYTES
from core.errors import FetchFailed, ImportRejected
from core.fetch import Version, fetch
from core.texts import text

if TYPE_CHECKING:
    import httpx

DOWNLOAD_S = 60.0
SETTLED_S = 10.0
"""A file that changed less long ago may still be written; a server's answer tells its end."""
_GOOGLE_SHEET = re.compile(
    r"(https://docs\.google\.com/spreadsheets/d/(?!e/)[\w-]+)"
    r"(?:/(?:edit|view)?)?(?:[?#](?:.*?gid=(\d+))?.*)?"
)
SHOPIFY_PAGE = 250
"""The most products a Shopify shop tells at once."""
SHOPIFY_PAGES = 400


@dataclass(frozen=True, slots=True)
class Content:
    """What a source holds.

    Args:
        mark: the same as long as the content is.
        version: as the server names it.
    """

    raw: bytes
    mark: str
    version: Version = Version()  # noqa: RUF009 - it is frozen


def is_address(source: str) -> bool:
    """Whether a source is of the web, rather than a path."""
    return "://" in source


def shown(source: str) -> str:
    """A source as it may stand in a log: of an address its host alone, the rest may be a secret."""
    parts = urlsplit(source)
    return parts.hostname or parts.scheme if is_address(source) else source


async def read_source(
    source: str,
    client: httpx.AsyncClient,
    folder: Path,
    *,
    seen: Content | None = None,
    language: str = "es",
) -> Content | None:
    """What a path or address holds; None when it is what was seen before.

    Args:
        folder: where a relative path begins.
    Raises:
        ImportRejected: it cannot be read; says what to do.
    """
    try:
        if is_address(source):
            content = await _download(source, client, seen)
        else:
            content = await asyncio.to_thread(_read_path, folder / source, seen)
    except FetchFailed as error:
        raise _not_fetched(source, error, language) from error
    except OSError as error:
        raise ImportRejected(text("catalog.file.missing", language, file=source)) from error
    if content is None or (seen is not None and content.mark == seen.mark):
        return None
    return content


async def settle(
    source: str,
    folder: Path,
    *,
    now: datetime,
    sleep: Callable[[float], Awaitable[None]],
    language: str = "es",
) -> None:
    """Wait until a file just written has stood still for SETTLED_S.

    Raises:
        ImportRejected: it has not.
    """
    if is_address(source):
        return
    path = folder / source
    with suppress(OSError):  # whoever reads it tells that it is not there
        mark, age_s = _mark_of(path), now.timestamp() - path.stat().st_mtime
        if abs(age_s) >= SETTLED_S:
            return
        await sleep(SETTLED_S - age_s)
        if _mark_of(path) != mark:
            raise _not_fetched(source, FetchFailed("being_written"), language)


def _not_fetched(source: str, error: FetchFailed, language: str) -> ImportRejected:
    reason = text(f"catalog.fetch.{error.kind}", language, **error.fields)
    return ImportRejected(
        text("catalog.source.not_fetched", language, source=shown(source), reason=reason)
    )


def _read_path(path: Path, seen: Content | None) -> Content | None:
    mark = _mark_of(path)
    if seen is not None and seen.mark == mark:
        return None
    raw = path.read_bytes()
    if _mark_of(path) != mark:
        raise FetchFailed("being_written")
    return Content(raw, mark)


def _mark_of(path: Path) -> str:
    found = path.stat()
    return f"{found.st_mtime_ns} {found.st_size}"


async def _download(
    address: str, client: httpx.AsyncClient, seen: Content | None
) -> Content | None:
    address = _exported(address)
    if urlsplit(address).path.endswith("/products.json"):
        raw, version = await _shopify_products(address, client), Version()
    else:
        fetched = await fetch(
            client,
            address,
            timeout_s=DOWNLOAD_S,
            max_bytes=MAX_FILE_BYTES,
            seen=seen.version if seen else None,
        )
        if fetched.body is None:
            return None
        raw, version = fetched.body, fetched.version
    return Content(raw, sha256(raw).hexdigest(), version)


def _exported(address: str) -> str:
    """The address of a Google sheet as people share it → that of its CSV; any other as it is."""
    sheet = _GOOGLE_SHEET.fullmatch(address)
    if sheet is None:
        return address
    return f"{sheet[1]}/export?format=csv" + (f"&gid={sheet[2]}" if sheet[2] else "")


async def _shopify_products(address: str, client: httpx.AsyncClient) -> bytes:
    """All products of a Shopify shop, which tells them page by page, with their addresses."""
    parts = urlsplit(address)
    products: list[dict[str, Any]] = []
    for page in range(1, SHOPIFY_PAGES + 1):
        query = f"limit={SHOPIFY_PAGE}&page={page}"
        fetched = await fetch(
            client,
            urlunsplit(parts._replace(query=query)),
            timeout_s=DOWNLOAD_S,
            max_bytes=MAX_FILE_BYTES,
        )
        found = _listed(fetched.body or b"")
        products += found
        if len(found) < SHOPIFY_PAGE:
            break
    home = urlunsplit((parts.scheme, parts.netloc, "/products/", "", ""))
    for product in products:
        product.setdefault("url", f"{home}{product.get('handle', '')}")
    return json.dumps({"products": products}).encode()


def _listed(page: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(page)["products"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FetchFailed("no_products") from None
    return [product for product in found if isinstance(product, dict)]
