"""A driver's error enters; what it means to the caller, or words fit for the log, leave."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from core.errors import DatabaseUnavailable

_OF_THE_DATABASE = frozenset(
    {"OperationalError", "InterfaceError", "InternalError", "DatabaseError"}
)


def translated(error: BaseException) -> BaseException:
    """Faults of the database itself become DatabaseUnavailable; bugs and our own errors stay."""
    is_driver = isinstance(error, DBAPIError | sqlite3.Error)
    if not is_driver or type(error).__name__ not in _OF_THE_DATABASE:
        return error
    unavailable = DatabaseUnavailable(brief(error))
    unavailable.__cause__ = error
    return unavailable


def brief(error: BaseException) -> str:
    """The driver's words without the statement and its parameters, which may hold customer text."""
    original = getattr(error, "orig", None) or error
    return f"{type(original).__name__}: {str(original).splitlines()[0] if str(original) else ''}"
