"""providers, stats, switch, test, attempts: what is known of each provider."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run

PING = "name configured ok state latency_ms model error advice checked_at"
FIGURES = (
    "name requests succeeded failed success_rate mean_ms p95_ms input_tokens output_tokens cost_usd"
)
ROW = (
    "id turn_id provider model attempt outcome status retry_after_s duration_ms first_token_ms "
    "input_tokens output_tokens cost_usd started_at"
)


def test_every_provider_of_the_order_is_pinged(run: Run, groq: FakeProvider) -> None:
    pinged = run("providers", "--json")

    assert pinged.code == 0
    assert [" ".join(row) for row in pinged.json] == [PING] * 3
    assert [(row["name"], row["ok"], row["state"]) for row in pinged.json] == [
        ("groq", True, "ok"),
        ("lmstudio", False, "network"),
        ("openai", False, "unconfigured"),
    ]


def test_a_ping_spends_no_tokens(run: Run, groq: FakeProvider) -> None:
    run("providers")
    assert groq.count > 0 and groq.chats == []


def test_with_nobody_there_the_answer_is_no(run: Run) -> None:
    assert run("providers").code == 1


@pytest.mark.parametrize(
    ("behaviour", "state"), [("401", "auth"), ("500", "server"), ("refuse", "network")]
)
def test_what_is_wrong_is_named_and_advised(
    run: Run, groq: FakeProvider, behaviour: str, state: str
) -> None:
    groq.behave(behaviour)
    row = run("providers", "--json").json[0]

    assert (row["ok"], row["state"]) == (False, state)
    assert row["error"] and row["advice"]
    assert "gsk_for_the_stand_in" not in str(row)


@pytest.fixture
def _hurried(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No turn waits until a full window is over."""
    monkeypatch.setenv("TURN_DEADLINE_S", "2")


@pytest.mark.usefixtures("_hurried")
def test_until_when_one_is_left_alone_is_said(run: Run, groq: FakeProvider) -> None:
    groq.behave("429")
    run("ask", "hola")
    assert "   En pausa hasta el " in run("providers").out


@pytest.mark.usefixtures("_hurried")
def test_who_is_left_alone_does_not_answer_now(run: Run, groq: FakeProvider) -> None:
    before = run("stats", "--json").json["current"]
    groq.behave("429")
    run("ask", "hola")
    assert (before, run("stats", "--json").json["current"]) == ("groq", "lmstudio")
    # Where the ping has just found nobody, nobody is said to answer.
    assert "Responde ahora: catálogo (sin IA)" in run("providers").lines


def test_looking_at_a_sick_provider_keeps_it_away_no_longer(
    run: Run, groq: FakeProvider, home: Path
) -> None:
    def opened() -> list[Any]:
        with closing(sqlite3.connect(home / "data" / "mostrador.db")) as database:
            query = "SELECT opened, open_until FROM breaker_state WHERE provider = 'groq'"
            return database.execute(query).fetchall()

    groq.behave("500")
    for _ in range(2):
        run("ask", "hola")
    before = opened()
    for _ in range(3):
        run("providers")

    assert before[0][0] == 1
    assert opened() == before


def test_the_model_that_stands_in_is_said(
    run: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_MODEL", "old-model")
    groq.behave("retired")
    run("ask", "hola")

    told = f"El modelo old-model ya no está: se usa {groq.models[0]}."
    assert f"   {told}" in run("providers").lines
    assert told in next(
        row["detail"] for row in run("doctor", "--json").json if row["check"] == "groq"
    )


def test_figures_come_from_the_ledger(run: Run, groq: FakeProvider) -> None:
    run("ask", "hola")
    body = run("stats", "--json").json

    assert list(body) == ["current", "available", "fallback", "providers", "costs"]
    assert list(body["costs"]) == ["day", "month", "budget_usd"]
    assert list(body["costs"]["day"]) == ["ai_usd", "messages", "twilio_usd"]
    assert (body["current"], body["available"]) == ("groq", ["groq", "lmstudio"])
    assert body["fallback"] is True
    assert [" ".join(row) for row in body["providers"]] == [FIGURES] * 3
    first = body["providers"][0]
    assert (first["name"], first["requests"], first["success_rate"]) == ("groq", 1, 1.0)
    assert (first["input_tokens"], first["output_tokens"]) == (20, 10)


def test_the_ledger_is_told_newest_first(run: Run, groq: FakeProvider) -> None:
    groq.behave("500")
    run("ask", "hola")
    rows = run("attempts", "--json").json

    assert {" ".join(row) for row in rows} == {ROW}
    assert [(row["provider"], row["outcome"]) for row in rows] == [
        ("offline", "answered"),
        ("groq", "server"),
        ("lmstudio", "network"),
        ("groq", "server"),
    ]
    assert len({row["turn_id"] for row in rows}) == 1
    assert rows[0]["started_at"].endswith("+00:00")


def test_no_more_rows_than_wanted(run: Run) -> None:
    run("ask", "hola")
    assert len(run("attempts", "--limit", "1", "--json").json) == 1


def test_an_empty_ledger_is_an_empty_list(run: Run) -> None:
    assert run("attempts", "--json").json == []
    assert run("attempts").code == 0


def test_switching_puts_one_first_until_auto(run: Run, groq: FakeProvider) -> None:
    assert run("switch", "lmstudio").code == 0
    assert run("stats", "--json").json["available"] == ["lmstudio", "groq"]
    assert run("switch", "auto").code == 0
    assert run("stats", "--json").json["available"] == ["groq", "lmstudio"]


def test_what_was_switched_wins_over_the_environment(
    run: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_PROVIDER", "groq")
    run("switch", "lmstudio")
    assert run("stats", "--json").json["current"] == "lmstudio"


def test_switching_to_one_without_a_key_is_done_and_said(run: Run) -> None:
    switched = run("switch", "openai")
    assert switched.code == 0
    assert "openai no tiene clave" in switched.out


@pytest.mark.parametrize("command", ["switch", "test"])
def test_an_unknown_provider_is_wrong_use(run: Run, command: str) -> None:
    failed = run(command, "grok")

    assert (failed.code, failed.out) == (2, "")
    assert "groq" in failed.err


def test_one_real_generation(run: Run, groq: FakeProvider) -> None:
    tested = run("test", "groq")

    assert tested.code == 0
    assert tested.out == "✅ groq (m1): Sí, tenemos laptops.\n"


def test_a_generation_that_fails_is_explained(run: Run, groq: FakeProvider) -> None:
    groq.behave("401")
    failed = run("test", "groq")

    assert (failed.code, failed.out) == (1, "")
    assert "auth" in failed.err and "GROQ_API_KEY" in failed.err


def test_a_provider_without_a_key_cannot_be_tested(run: Run) -> None:
    failed = run("test", "openai")

    assert failed.code == 1
    assert "falta OPENAI_API_KEY" in failed.err


def test_the_folders_own_env_file_counts(run: Run, home: Path) -> None:
    (home / ".env").write_text("AI_FALLBACK_ORDER=openai,lmstudio\n", encoding="utf-8-sig")
    assert [row["name"] for row in run("providers", "--json").json] == ["openai", "lmstudio"]
