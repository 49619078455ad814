"""The command that takes a shop to another database: db copy."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from sqlalchemy.engine import URL

import app
from commands.output import complain, say, table
from core.database import parse_url
from core.errors import ConfigError
from core.redaction import register_secrets
from core.table_copy import CopyFailed
from core.texts import text

ROOT = Path(__file__).resolve().parent.parent


def copy(arguments: Namespace) -> int:
    """SQLite to PostgreSQL, with the shop closed; or to a SQLite file, as a backup."""
    source, target = _source(), _target(arguments.to)
    try:
        if target.get_backend_name() == "sqlite":
            app.back_up(source, target)
            say(text("commands.copied_file", file=target.database))
        else:
            _move(source, target)
    except CopyFailed as error:
        complain(f"❌ {text('commands.copy_failed', table=error.table, reason=error.reason)}")
        return 1
    except KeyboardInterrupt:
        complain(f"❌ {text('commands.copy_interrupted')}")
        return 1
    return 0


def _source() -> URL:
    url = parse_url(app.read_settings().database_url, ROOT)
    if url.get_backend_name() != "sqlite":
        raise ConfigError(text("commands.copy_from_sqlite"))
    if not Path(url.database or "").exists():
        raise ConfigError(text("commands.copy_nothing", database=url.database))
    return url


def _target(words: str) -> URL:
    try:
        url = parse_url(words, ROOT)
    except ValueError:
        raise ConfigError(text("commands.copy_to_wrong")) from None
    register_secrets([url.password] if url.password else [])
    return url


def _move(source: URL, target: URL) -> None:
    copied = app.move(source, target)
    table([(f"  {name}", str(held.rows)) for name, held in copied.items()])
    rows = sum(held.rows for held in copied.values())
    say(text("commands.copied", tables=len(copied), rows=rows))
    say(text("commands.copied_next", python=sys.executable))
    say(text("commands.copied_beside", database=source.database))
