"""The connectivity check prints what the contract says, in its order."""

from __future__ import annotations

import io
import re
import sqlite3
import sys
from pathlib import Path

import pytest

import cli
from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run

HEAD = [
    "🧪 Probando Sistema Multi-Provider de IA",
    "=" * 60,
    "📡 Paso 1: Probando conectividad de todos los providers...",
]
STEP_2 = "🤖 Paso 2: Probando generación de respuesta con fallback..."


def test_with_a_provider_that_answers(check: Run, groq: FakeProvider) -> None:
    checked = check()

    assert checked.code == 0
    assert checked.lines[:3] == HEAD
    assert re.fullmatch(r"✅ GROQ: FUNCIONANDO +\(\d+ ms, m1\)", checked.lines[3])
    assert checked.lines[4].startswith("❌ LMSTUDIO: NO DISPONIBLE ")
    assert re.match(r"❌ OPENAI: NO DISPONIBLE +\(falta OPENAI_API_KEY", checked.lines[5])
    assert checked.lines[6:] == [
        STEP_2,
        "✅ RESPUESTA RECIBIDA:",
        "Provider usado: GROQ",
        "Modelo: m1",
        "Contenido:",
        "Sí, tenemos laptops.",
    ]


def test_with_nobody_there_the_catalogs_answer_is_shown_and_named_so(check: Run) -> None:
    checked = check()

    assert checked.code == 1
    assert checked.lines[:3] == HEAD and checked.lines[6] == STEP_2
    assert "✅ RESPUESTA RECIBIDA:" not in checked.lines
    assert "Provider usado: OFFLINE" in checked.lines
    assert "GROQ_API_KEY" in checked.out and "1234" in checked.out
    assert "Laptop" in checked.lines[-1]


def test_with_offline_answers_off_nothing_is_shown_as_an_answer(
    check: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_OFFLINE_ANSWERS", "false")
    checked = check("--json")

    assert checked.code == 1
    assert checked.json["answer"] is None


def test_for_programs(check: Run, groq: FakeProvider) -> None:
    checked = check("--json")

    assert checked.code == 0
    assert list(checked.json) == ["providers", "answer"]
    assert [row["name"] for row in checked.json["providers"]] == ["groq", "lmstudio", "openai"]
    answer = checked.json["answer"]
    assert list(answer) == ["provider", "model", "content", "duration_ms"]
    assert (answer["provider"], answer["model"]) == ("groq", "m1")


def test_the_catalogs_answer_for_programs(check: Run) -> None:
    checked = check("--json")

    assert checked.code == 1
    assert (checked.json["answer"]["provider"], checked.json["answer"]["model"]) == (
        "offline",
        None,
    )


def test_the_question_is_the_contracts_with_the_catalogs_prompt(
    check: Run, groq: FakeProvider
) -> None:
    check()

    system, user = groq.chats[-1].body["messages"]
    assert user["content"] == "Hola, ¿tienen laptops disponibles?"
    assert "Laptop" in system["content"]


def test_another_question(check: Run, groq: FakeProvider) -> None:
    check("--message", "¿abren hoy?")
    assert groq.chats[-1].question == "¿abren hoy?"


def test_no_conversation_changes(check: Run, home: Path) -> None:
    check()
    database = sqlite3.connect(home / "data" / "mostrador.db")
    assert database.execute("SELECT count(*) FROM conversation").fetchone() == (0,)
    database.close()


def test_the_second_answers_when_the_first_fails(
    check: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeProvider(models=("phi-2",), loaded="phi-2", reply="Sí.") as local:
        monkeypatch.setenv("LM_STUDIO_URL", local.base_url)
        groq.behave("500")
        checked = check()

    assert checked.code == 0
    assert "Provider usado: LMSTUDIO" in checked.lines and "Modelo: phi-2" in checked.lines


@pytest.mark.parametrize("argv", [("--nope",), ("extra",)])
def test_wrong_use(check: Run, argv: tuple[str, ...]) -> None:
    assert check(*argv).code == 2


def test_unusable_settings(check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_TIMEOUT", "soon")
    failed = check()

    assert (failed.code, failed.out) == (2, "")
    assert "GROQ_TIMEOUT" in failed.err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("argv", [(), ("--help",)], ids=["report", "help"])
def test_a_terminal_that_cannot_show_emoji_gets_plain_signs(
    home: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, argv: tuple[str, ...]
) -> None:
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding))
    cli.connectivity_main(list(argv))
    sys.stdout.flush()

    shown = screen.getvalue().decode(encoding)
    assert not re.search(r"(?m)(^| )\?", shown), "a sign was lost"
    assert "=" * 60 in shown or "--message" in shown


def test_plain_signs_keep_their_meaning(
    home: Path, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, "ascii"))
    cli.connectivity_main([])
    sys.stdout.flush()

    lines = screen.getvalue().decode("ascii").splitlines()
    assert lines[3].startswith("[OK] GROQ: FUNCIONANDO")
    assert lines[5].startswith("[X] OPENAI: NO DISPONIBLE")
