"""doctor: every setting and connection is checked, and how to mend each is said."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands import machine
from core.clock import SystemClock
from core.settings import Settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.integration.commands.conftest import Outcome, Run


def found(examined: Outcome, check: str) -> dict[str, Any]:
    return next(row for row in examined.json if row["check"] == check)


def test_with_nothing_configured_only_the_ai_is_missing(run: Run) -> None:
    examined = run("doctor", "--json")

    assert examined.code == 1
    assert {tuple(row) for row in examined.json} == {("check", "ok", "detail", "mend")}
    assert [row["check"] for row in examined.json if not row["ok"]] == ["lmstudio", "ai"]
    assert found(examined, "ai")["mend"]


def test_a_provider_that_answers_is_well(run: Run, groq: FakeProvider) -> None:
    examined = run("doctor", "--json")

    assert found(examined, "ai")["ok"]
    assert found(examined, "groq")["detail"].endswith("ms, m1")


def test_everything_well_is_exit_0(
    run: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_FALLBACK_ORDER", "groq")
    assert run("doctor").code == 0


def test_where_a_value_comes_from_is_said_and_the_value_is_not(
    run: Run, home: Path, groq: FakeProvider
) -> None:
    (home / ".env").write_text("SHOP_NAME=Luna\n", encoding="utf-8")
    run("switch", "groq")
    examined = run("doctor", "--json")

    assert found(examined, "settings (saved)")["detail"] == "AI_PROVIDER"
    assert found(examined, "settings (.env)")["detail"] == "SHOP_NAME"
    assert "GROQ_API_KEY" in found(examined, "settings (environment)")["detail"]
    assert "gsk_for_the_stand_in" not in examined.out


def test_a_slip_in_the_settings_is_told(run: Run, home: Path) -> None:
    (home / ".env").write_text("GROQ_API_KY=gsk_x\n", encoding="utf-8")
    assert "GROQ_API_KEY" in found(run("doctor", "--json"), "settings")["detail"]


@pytest.mark.parametrize(
    ("names", "ok"),
    [
        pytest.param({}, True, id="not wanted yet"),
        pytest.param({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, False, id="half"),
        pytest.param(
            {
                "TWILIO_ACCOUNT_SID": "SK" + "0" * 32,
                "TWILIO_AUTH_TOKEN": "t" * 32,
                "PUBLIC_BASE_URL": "https://shop.test",
            },
            False,
            id="another kind of id",
        ),
    ],
)
def test_twilio_is_not_half_there(
    run: Run, monkeypatch: pytest.MonkeyPatch, names: dict[str, str], ok: bool
) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert found(run("doctor", "--json"), "twilio")["ok"] is ok


@pytest.mark.parametrize(("token", "ok"), [(AUTH_TOKEN, True), ("another-token", False)])
def test_twilio_is_asked_whether_it_knows_us(
    run: Run, monkeypatch: pytest.MonkeyPatch, token: str, ok: bool
) -> None:
    with FakeTwilio() as twilio:
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", token)
        monkeypatch.setenv("TWILIO_API_BASE_URL", twilio.base_url)
        monkeypatch.setenv("PUBLIC_BASE_URL", "https://shop.test")
        assert found(run("doctor", "--json"), "twilio")["ok"] is ok


def test_with_twilio_the_sample_is_gone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "118" in found(run("doctor", "--json"), "catalog")["detail"]
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
    assert not found(run("doctor", "--json"), "catalog")["ok"]


def test_people_read_how_to_mend_it(run: Run) -> None:
    examined = run("doctor")
    assert "❌ ai: " in examined.out
    assert examined.lines[-1].startswith("   → ")


MACHINE = ("database", "database writable", "database intact", "disk", "data folder", "open files")
WORK = ("clock", "worker", "queue", "buried", "undelivered", "owner")


def test_the_machine_its_database_and_the_work_are_looked_at(run: Run) -> None:
    rows = {row["check"]: row for row in run("doctor", "--json").json}
    assert [name for name in (*MACHINE, *WORK) if not rows[name]["ok"]] == []
    assert re.fullmatch(r"SQLite 3\.[\d.]+, 0\.[1-9] MB", rows["database"]["detail"])


BURIED = (
    "INSERT INTO turn (id, conversation_id, epoch, from_seq, to_seq, state, kind, attempts,"
    " grounded, truth, prices, started_at, saved_at)"
    " VALUES ('t', 1, 1, 1, 1, 'finished', 'buried', 0, 1, '[]', '{}', :now, :now)"
)
FROM_THE_FUTURE = (
    "INSERT INTO message (conversation_id, seq, direction, author, type, body, media,"
    " extra, status, created_at)"
    " VALUES (1, 2, 'inbound', 'customer', 'text', '', '[]', '{}', 'received', :later)"
)


def test_what_went_wrong_is_found_with_how_to_mend_it(run: Run, home: Path) -> None:
    run("ask", "hola", "--contact", "maria", "--json")
    now = SystemClock().now()
    times = {
        "now": f"{now:%Y-%m-%d %H:%M:%S.%f}",
        "later": f"{now + timedelta(hours=1):%Y-%m-%d %H:%M:%S.%f}",
    }
    with contextlib.closing(sqlite3.connect(home / "data" / "mostrador.db")) as connection:
        for statement in (BURIED, FROM_THE_FUTURE):
            connection.execute(statement, times)
        connection.commit()
    examined = run("doctor", "--json")
    for check in ("buried", "clock"):
        assert not found(examined, check)["ok"]
        assert found(examined, check)["mend"]


@pytest.mark.parametrize(("minutes", "ok"), [(0, True), (5, False)])
def test_the_clock_is_held_beside_twilios(minutes: int, ok: bool) -> None:
    assert machine.clock_beside(minutes * 60.0).ok is ok


@pytest.mark.parametrize(
    ("names", "detail"),
    [
        pytest.param({}, "no recibe avisos", id="nobody"),
        pytest.param({"OWNER_WEBHOOK_URL": "https://x.test/a"}, "OWNER_WEBHOOK_URL", id="address"),
        pytest.param({"OWNER_WHATSAPP": "+573001234567"}, "24 horas", id="no template"),
        pytest.param(
            {"OWNER_WHATSAPP": "+573001234567", "OWNER_CONTENT_SID": "HX1"},
            "OWNER_WHATSAPP",
            id="template",
        ),
    ],
)
def test_who_is_told_of_faults_is_said(names: dict[str, str], detail: str, tmp_path: Path) -> None:
    settings = Settings.from_env(names, env_file=tmp_path / "none")
    assert detail in machine.owner(settings).detail
