"""Why a database cannot be used is said in the owner's words, not in the driver's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.house import plain_reason, upgrade
from core.database import parse_url
from core.errors import ConfigError
from core.faults import translated
from core.texts import text

AT = "connection failed: connection to server at "


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (f'{AT}"127.0.0.1", port 5432 failed: Connection refused\n\tIs the server', "silent"),
        ('connection is bad: connection to server on socket "/x" failed: No such file', "silent"),
        ("connection timeout expired", "silent"),
        ("failed to resolve host 'db.invalid': [Errno -2] Name or service not known", "no_host"),
        (f'{AT}"db" failed: FATAL:  password authentication failed for user "a"', "denied"),
        (f'{AT}"db" failed: FATAL:  role "nobody" does not exist', "denied"),
        (f'{AT}"db" failed: FATAL:  database "nope" does not exist', "missing"),
        ("unable to open database file", "folder"),
        ("attempt to write a readonly database", "folder"),
        ("file is not a database", "no_file"),
        ("database or disk is full", "full"),
    ],
)
def test_what_a_driver_says_is_told_in_plain_words(words: str, key: str) -> None:
    error = OperationalError("SELECT 1", {}, sqlite3.OperationalError(words))
    assert plain_reason(error) == text(f"commands.database_{key}")
    assert plain_reason(translated(error)) == text(f"commands.database_{key}")


def test_what_nobody_foresaw_is_quoted() -> None:
    error = OperationalError("SELECT 1", {}, sqlite3.OperationalError("too many clients\nHINT"))
    assert plain_reason(error) == text("commands.database_other", words="too many clients")


@pytest.mark.parametrize(
    ("address", "shown", "key"),
    [
        ("postgres://ana:s3cret@127.0.0.1:9/shop", "postgresql://ana:***@127.0.0.1:9/", "silent"),
        ("sqlite:///{folder}/file/x.db", "sqlite:///{folder}/file/", "folder"),
    ],
)
def test_an_address_that_cannot_be_opened_is_named_as_the_owner_wrote_it(
    tmp_path: Path, address: str, shown: str, key: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as refused:
        upgrade(parse_url(address.format(folder=tmp_path), tmp_path))
    [said] = refused.value.faults
    assert shown.format(folder=tmp_path) in said
    assert text(f"commands.database_{key}") in said
    assert "s3cret" not in said and "Error" not in said
