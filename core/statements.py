"""A Core statement enters once, its rows leave at every run, without Core's own work each time.

Looking a statement up in Core's cache, building its context and its result costs several times
what SQLite takes to run it. Here the SQL, the order of parameters and the types' conversions are
worked out once per dialect; each run goes straight to the driver's cursor, on the connection and
inside the transaction of its caller.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, false, literal
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

Make = Callable[[str], Any]
Convert = Callable[[Any], Any]


def one_of(column: ColumnElement[Any] | Any, values: Collection[str]) -> ColumnElement[bool]:
    """`column IN (…)` of words known beforehand: its SQL is the same at every run."""
    if not values:
        return false()
    found: ColumnElement[bool] = column.in_([literal(value) for value in values])
    return found


class Statement:
    """One statement of every message.

    Args:
        make: the Core statement, or what makes it for a dialect's name. IN takes `one_of`.
        keys: of an INSERT: the columns each run gives; the table's own defaults fill the others.
    """

    def __init__(self, make: Any, *keys: str) -> None:
        self._make: Make = make if callable(make) else lambda _dialect: make
        self._keys = keys
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, /, **values: Any) -> list[Any]:
        """Run it; each row has its columns as attributes.

        Raises:
            DBAPIError: as Core's own, without the parameters.
        """
        compiled = self._for(connection.dialect)
        return compiled.read(_execute(connection, compiled, values).fetchall())

    def row(self, connection: Connection, /, **values: Any) -> Any:
        """Run it; the first row, or None."""
        compiled = self._for(connection.dialect)
        found = compiled.read(_execute(connection, compiled, values).fetchmany(1))
        return found[0] if found else None

    def run(self, connection: Connection, /, **values: Any) -> None:
        """Run one that answers no rows."""
        _execute(connection, self._for(connection.dialect), values)

    def run_each(self, connection: Connection, rows: Collection[Mapping[str, Any]]) -> None:
        """Run one that answers no rows for each of these, at once."""
        compiled = self._for(connection.dialect)
        raw: Any = connection.connection.dbapi_connection
        try:
            raw.cursor().executemany(compiled.sql, [compiled.parameters(row) for row in rows])
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_core(connection, compiled, error) from error

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(
                self._make(dialect.name), self._keys, dialect
            )
        return found


class _Compiled(NamedTuple):
    """What a statement is for one dialect.

    Attributes:
        order: the parameters' names by position, with their conversions; None where they go by
            name.
        constants: values that stand in the statement itself, converted.
        binds: a parameter's conversion where its type has one.
        make_row: of the driver's tuple.
        results: a column's conversion where its type has one, by position.
    """

    sql: str
    order: Sequence[tuple[str, Convert | None]] | None
    constants: dict[str, Any]
    binds: Mapping[str, Convert]
    make_row: Callable[[Any], Any]
    results: Sequence[tuple[int, Convert]]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        constants, binds = self.constants, self.binds
        if self.order is None:
            return constants | {
                name: binds[name](value) if name in binds else value
                for name, value in values.items()
            }
        return [
            (convert(values[name]) if convert else values[name])
            if name in values
            else constants[name]
            for name, convert in self.order
        ]

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if not self.results:
            return [self.make_row(row) for row in rows]
        return [self.make_row(self._converted(list(row))) for row in rows]

    def _converted(self, row: list[Any]) -> list[Any]:
        for index, convert in self.results:
            row[index] = convert(row[index])
        return row


def _compile(statement: Any, keys: Sequence[str], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(keys) or None)
    defaults = {column.key: _default(column) for column in compiled.insert_prefetch or ()}
    given = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    binds = {}
    for name, bind in compiled.binds.items():
        if convert := _own(bind.type, dialect).bind_processor(dialect):
            binds[name] = convert
    constants = {
        name: binds[name](value) if name in binds else value
        for name, value in (given | defaults).items()
    }
    columns = list(statement.exported_columns) if _answers_rows(compiled) else []
    results = []
    for index, column in enumerate(columns):
        if convert := _own(column.type, dialect).result_processor(dialect, None):
            results.append((index, convert))
    names = compiled.positiontup
    row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    return _Compiled(
        str(compiled),
        names and [(name, binds.get(name)) for name in names],
        constants,
        binds,
        row._make,
        results,
    )


def _answers_rows(compiled: Any) -> bool:
    return not compiled.isinsert | compiled.isupdate | compiled.isdelete or bool(
        compiled.effective_returning
    )


def _own(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return type_.dialect_impl(dialect)


def _default(column: Any) -> Any:
    return column.default.arg(None) if column.default.is_callable else column.default.arg


def _execute(connection: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        return cursor.execute(compiled.sql, compiled.parameters(values))
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_core(connection, compiled, error) from error


def _as_core(connection: Connection, compiled: _Compiled, error: Exception) -> BaseException:
    return DBAPIError.instance(
        compiled.sql,
        None,
        error,
        connection.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        dialect=connection.dialect,
    )
