"""Two connections enter; the rows of one stand in the other too, counted and compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import JSON, Table, Text, func, literal, select, text, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.database import brief
from core.errors import BotError

BATCH_ROWS = 2000
"""So many rows are held at once, however many there are."""


class CopyFailed(BotError):
    """A table could not be copied; whoever holds the target's transaction rolls it back."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(f"{table}: {reason}")
        self.table, self.reason = table, reason


@dataclass(frozen=True, slots=True)
class Digest:
    """What a table holds, whatever its rows' order and whichever database they stand in."""

    rows: int
    checksum: int


def digest(connection: Connection, table: Table) -> Digest:
    """Count a table's rows and sum up the hashes of their values, as the code would read them."""
    rows = checksum = 0
    for row in _rows(connection, select(table)):
        words = json.dumps(tuple(row), default=str, sort_keys=True)
        checksum += int.from_bytes(blake2b(words.encode(), digest_size=8).digest())
        rows += 1
    return Digest(rows, checksum % 2**64)


def filled(connection: Connection, tables: Sequence[Table]) -> list[str]:
    """The names of those that hold anything."""
    return [
        table.name
        for table in tables
        if connection.execute(select(literal(1)).select_from(table).limit(1)).first()
    ]


def lock_tables(postgres: Connection, tables: Sequence[Table]) -> None:
    """Let nobody else write until the transaction ends, who may have started too early."""
    quote = postgres.dialect.identifier_preparer.format_table
    postgres.execute(text(f"LOCK TABLE {', '.join(map(quote, tables))} IN EXCLUSIVE MODE"))


def copy_tables(
    source: Connection,
    postgres: Connection,
    tables: Sequence[Table],
    on_copied: Callable[[Table, Digest], None],
) -> None:
    """Copy every row, table by table, and compare both sides.

    Args:
        postgres: inside a transaction; its tables are empty.
        tables: those that others refer to come first.
    Raises:
        CopyFailed: a row does not fit, a side differs, or a database failed.
    """
    for table in tables:
        try:
            _copy_rows(source, postgres, table)
            _set_sequence(postgres, table)
            here, there = digest(source, table), digest(postgres, table)
        except (SQLAlchemyError, postgres.dialect.loaded_dbapi.Error) as error:
            raise CopyFailed(table.name, brief(error)) from error
        if here != there:
            raise CopyFailed(table.name, f"{here} != {there}")
        on_copied(table, here)


def _copy_rows(source: Connection, postgres: Connection, table: Table) -> None:
    """COPY takes a fifth of the processor time of INSERT, and checks references at the end."""
    # JSON goes over as the text it is stored as: read and written again, null might change kind.
    values = [type_coerce(c, Text()) if isinstance(c.type, JSON) else c for c in table.columns]
    quote = postgres.dialect.identifier_preparer
    names = ", ".join(map(quote.format_column, table.columns))
    driver: Any = postgres.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote.format_table(table)} ({names}) FROM STDIN") as copy,
    ):
        for row in _rows(source, select(*values)):
            copy.write_row(row)


def _set_sequence(postgres: Connection, table: Table) -> None:
    """Go on numbering where the copied rows end."""
    column = table.autoincrement_column
    if column is None:
        return
    last = func.max(column)
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    postgres.execute(select(func.setval(sequence, last)).having(last.is_not(None)))


def _rows(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"yield_per": BATCH_ROWS})
