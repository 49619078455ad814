"""ask: a question enters, the contract's answer leaves."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run

ANSWER = "success reply provider model attempts duration_ms products grounded"
FAILURE = "success error retryable message details hint retry_after_s"


def count(home: Path, table: str) -> int:
    with sqlite3.connect(home / "data" / "mostrador.db") as database:
        found: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    database.close()
    return found


def test_without_any_provider_the_catalog_answers(run: Run) -> None:
    answered = run("ask", "¿tienen laptops?")

    assert answered.code == 0
    assert "Laptop" in answered.out
    assert "[AI] ✅ Respuesta generada con: offline (catálogo)" in answered.err


def test_the_answer_of_the_catalog_is_named_so(run: Run) -> None:
    body = run("ask", "¿tienen laptops?", "--json").json

    assert " ".join(body) == ANSWER
    assert (body["success"], body["provider"], body["model"]) == (True, "offline", None)
    assert body["grounded"] is True
    assert len(body["products"]) > 1


def test_a_provider_that_answers_is_named_with_its_model(run: Run, groq: FakeProvider) -> None:
    body = run("ask", "¿tienen laptops?", "--json").json

    assert " ".join(body) == ANSWER
    assert (body["reply"], body["provider"]) == ("Sí, tenemos laptops.", "groq")
    assert (body["model"], body["attempts"], body["grounded"]) == ("m1", 1, True)


def test_the_log_says_who_answered(run: Run, groq: FakeProvider) -> None:
    assert "[AI] ✅ Respuesta generada con: groq (m1)" in run("ask", "¿tienen laptops?").err


def test_an_invented_price_is_never_told(run: Run, groq: FakeProvider) -> None:
    groq.reply = "La Laptop HP cuesta $1.111."
    body = run("ask", "¿cuánto cuesta la laptop HP 15?", "--json").json

    assert (body["provider"], body["grounded"], body["attempts"]) == ("offline", False, 3)
    assert "$1.111" not in body["reply"]


def test_without_a_contact_nothing_is_kept(run: Run, home: Path) -> None:
    run("ask", "hola")
    assert count(home, "message") == 0


def test_a_contacts_earlier_questions_reach_the_provider(run: Run, groq: FakeProvider) -> None:
    run("ask", "busco una laptop", "--contact", "ana")
    run("ask", "¿y más barata?", "--contact", "ana")

    said = [message["content"] for message in groq.chats[-1].body["messages"]]
    assert said[-1] == "¿y más barata?"
    assert "busco una laptop" in said and "Sí, tenemos laptops." in said


def test_with_offline_answers_off_a_failure_says_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_OFFLINE_ANSWERS", "false")
    failed = run("ask", "hola", "--json")

    assert failed.code == 1
    assert " ".join(failed.json) == FAILURE
    assert (failed.json["success"], failed.json["error"]) == (False, "network")
    assert failed.json["details"].keys() == {"attempts", "actions"}
    assert [row["provider"] for row in failed.json["details"]["attempts"]] == ["lmstudio"]
    assert failed.json["hint"] in failed.json["details"]["actions"]


def test_whoever_was_not_even_asked_is_named_with_what_to_do(
    run: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_OFFLINE_ANSWERS", "false")
    monkeypatch.setenv("AI_FALLBACK_ORDER", "groq,openai")
    monkeypatch.setenv("TURN_DEADLINE_S", "2")
    groq.behave("429")
    run("ask", "hola", "--json")
    failed = run("ask", "hola", "--json").json

    assert (failed["error"], failed["details"]["attempts"]) == ("rate_limit", [])
    assert [line.split(":")[0] for line in failed["details"]["actions"]] == ["groq", "openai"]


def test_an_empty_contact_is_wrong_use(run: Run) -> None:
    assert run("ask", "hola", "--contact", " ").code == 2


def test_with_offline_answers_off_people_read_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_OFFLINE_ANSWERS", "false")
    failed = run("ask", "hola")

    assert (failed.code, failed.out) == (1, "")
    assert "*persona*" in failed.err.splitlines()[-1]


def test_an_empty_question_is_wrong_use(run: Run) -> None:
    assert run("ask", "  ").code == 2
