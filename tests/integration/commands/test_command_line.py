"""The command line as a whole: which commands there are, wrong use, faults every command meets."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.integration.commands.conftest import Run

COMMANDS = [
    "serve",
    "worker",
    "ask",
    "providers",
    "stats",
    "switch",
    "test",
    "attempts",
    "catalog import",
    "catalog search",
    "catalog export",
    "shop show",
    "shop import",
    "prompt",
    "db upgrade",
    "doctor",
]
LATER = ["chat", "eval", "contact", "models", "recipe", "twilio", "db copy"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    shown = run(*command.split(), "--help")

    assert shown.code == 0
    assert f"cli.py {command}" in shown.out


@pytest.mark.parametrize(
    "argv",
    [
        *(pytest.param(command.split(), id=command) for command in LATER),
        pytest.param([], id="nothing"),
        pytest.param(["catalog"], id="half a command"),
        pytest.param(["ask"], id="no question"),
        pytest.param(["ask", "a", "b"], id="two questions"),
        pytest.param(["attempts", "--limit", "many"], id="not a number"),
        pytest.param(["attempts", "--limit", "0"], id="no rows wanted"),
        pytest.param(["worker", "--concurrency", "0"], id="no work wanted"),
        pytest.param(["serve", "--port", "70000"], id="no such port"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(run: Run, argv: list[str]) -> None:
    failed = run(*argv)

    assert (failed.code, failed.out) == (2, "")
    assert len(failed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["ask"], "falta: TEXT"),
        (["ask", "a", "b"], "esto sobra: b"),
        (["db", "copy", "--to"], "--to: falta su valor"),
        (["attempts", "--limit", "many"], "--limit: 'many' no es un número entero"),
        (["prompt-template", "show", "--language", "fr"], "--language: 'fr' no existe; elige"),
    ],
)
def test_wrong_use_is_told_in_spanish(run: Run, argv: list[str], said: str) -> None:
    assert run(*argv).err.startswith(f"❌ {said}")


def test_help_is_in_spanish(run: Run) -> None:
    shown = run("worker", "--help").out
    assert shown.startswith("uso: cli.py worker ")
    assert "opciones:\n" in shown and "muestra esta ayuda" in shown


def test_all_faults_of_the_settings_are_told_together(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("SHOP_LANGUAGE", "fr")
    failed = run("stats")

    assert failed.code == 2
    assert [line.split()[1].strip(":") for line in failed.err.splitlines()] == [
        "PORT",
        "SHOP_LANGUAGE",
    ]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("sqlite:///data/mostrador.db/x.db", id="a file where a folder should be"),
        pytest.param("postgresql://a:secret@127.0.0.1:9/x", id="nobody listens"),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_fault_of_the_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    failed = run("stats")

    assert (failed.code, failed.out) == (2, "")
    assert "DATABASE_URL" in failed.err
    assert "secret" not in failed.err


def test_a_database_that_fails_in_the_middle_is_told_in_plain_words(run: Run, home: Path) -> None:
    assert run("attempts").code == 0
    with contextlib.closing(sqlite3.connect(home / "data" / "mostrador.db")) as database:
        database.execute("DROP TABLE attempt")
        database.commit()
    failed = run("attempts")

    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("❌ La base de datos dejó de responder: ")
    assert "Error" not in failed.err


def test_a_database_of_a_newer_version_is_left_alone(run: Run, home: Path) -> None:
    database = sqlite3.connect(home / "data" / "mostrador.db")
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    failed = run("ask", "hola")

    assert (failed.code, failed.out) == (2, "")
    assert "9999" in failed.err


def test_the_database_is_made_by_whichever_command_comes_first(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///data/new/shop.db")
    assert run("db", "upgrade").code == 0
    assert (home / "data" / "new" / "shop.db").exists()
