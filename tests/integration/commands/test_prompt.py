"""prompt and prompt-template: what an AI would be sent, and the part of it the shop writes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from app import house
from bot.prompts.voice import VERSION, shipped
from bot.tables import Turn
from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run

OWN = "Habla de usted y firma como {shop}."


def write(folder: Path, content: str, encoding: str = "utf-8") -> str:
    path = folder / "voz.txt"
    path.write_bytes(content.encode(encoding))
    return str(path)


def test_the_prompt_is_what_a_provider_would_get(run: Run, groq: FakeProvider) -> None:
    shown = run("prompt", "¿tienen laptops?")
    as_json = run("prompt", "¿tienen laptops?", "--json").json
    run("ask", "¿tienen laptops?")

    system, user = groq.chats[-1].body["messages"]
    # Between the two the clock may have moved on by a minute.
    stable = system["content"].split("Fecha y hora")[0]
    assert stable in shown.out
    assert as_json["messages"][0]["content"].startswith(stable)
    assert f"\n{user['content']}\n---\n" in shown.out
    assert as_json["messages"][-1]["content"] == user["content"]


def test_the_prompt_is_shown_with_its_tokens_and_asks_nobody(run: Run, groq: FakeProvider) -> None:
    shown = run("prompt", "hola")

    assert shown.code == 0
    assert shown.lines[0].startswith("--- system (")
    assert shown.lines[-1].startswith("Unos ") and f" tokens, plantilla {VERSION}" in shown.out
    assert groq.chats == []


def test_tokens_of_the_messages_add_up_and_candidates_come_with_their_reason(run: Run) -> None:
    found = run("prompt", "¿tienen laptops?", "--json").json

    assert sum(said["tokens"] for said in found["messages"]) == found["tokens"]
    assert [said["role"] for said in found["messages"]] == ["system", "user"]
    assert 0 < len(found["candidates"]) <= 8
    assert found["candidates"][0]["sku"] in found["messages"][0]["content"]
    assert found["candidates"][0]["reason"] == "laptops"


def test_the_template_shown_can_be_saved_and_brought_back_in(run: Run, tmp_path: Path) -> None:
    shown = run("prompt-template", "show")
    assert shown.out.strip() == shipped("es")
    assert VERSION in shown.err
    assert "{shop}, {phone}, {website}" in shown.err

    assert run("prompt-template", "set", write(tmp_path, shown.out, "utf-16")).code == 0
    assert run("prompt-template", "show").out == shown.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_an_own_template_is_sent_from_then_on(run: Run, tmp_path: Path, encoding: str) -> None:
    saved = run("prompt-template", "set", write(tmp_path, f"¡Ñandú! {OWN}", encoding))

    assert (saved.code, f"{VERSION}+es.1" in saved.out) == (0, True)
    found = run("prompt", "hola", "--json").json
    assert found["version"] == f"{VERSION}+es.1"
    assert (
        "<voice>\n¡Ñandú! Habla de usted y firma como Almacén El Mostrador.\n</voice>"
        in found["messages"][0]["content"]
    )


def test_every_turn_records_the_version_it_was_asked_with(run: Run, tmp_path: Path) -> None:
    run("ask", "hola", "--contact", "c1")
    run("prompt-template", "set", write(tmp_path, OWN))
    run("ask", "gracias", "--contact", "c1")

    with closing(house.open_house(quiet=True)) as opened:
        versions = opened.database.read(
            lambda c: c.execute(select(Turn.prompt_version).order_by(Turn.to_seq)).scalars().all()
        )
    assert versions == [VERSION, f"{VERSION}+es.1"]


def test_each_language_has_a_template_of_its_own(run: Run, tmp_path: Path) -> None:
    run("prompt-template", "set", write(tmp_path, "Be brief."), "--language", "en")

    assert run("prompt", "hola", "--json").json["version"] == VERSION
    assert run("prompt", "hello, do you have laptops?", "--json").json["version"] == (
        f"{VERSION}+en.1"
    )
    assert run("prompt-template", "show", "--language", "en").out == "Be brief.\n"


def test_a_template_can_be_given_up_and_its_numbers_go_on(run: Run, tmp_path: Path) -> None:
    run("prompt-template", "set", write(tmp_path, OWN))
    assert run("prompt-template", "reset").code == 0
    assert run("prompt", "hola", "--json").json["version"] == VERSION
    assert f"{VERSION}+es.3" in run("prompt-template", "set", write(tmp_path, OWN)).out


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param("", "prompt-template reset", id="empty"),
        pytest.param("Llama al {telefono}", "{telefono}", id="a place nobody knows"),
        pytest.param("muy " * 1000, "3000", id="too long"),
        pytest.param("nulo \0", "voz.txt", id="no text"),
    ],
)
def test_a_template_that_cannot_be_used_changes_nothing(
    run: Run, tmp_path: Path, content: str, named: str
) -> None:
    failed = run("prompt-template", "set", write(tmp_path, content))

    assert (failed.code, failed.out) == (2, "")
    assert named in failed.err
    assert run("prompt", "hola", "--json").json["version"] == VERSION


def test_a_file_that_is_not_there_is_wrong_use(run: Run, tmp_path: Path) -> None:
    assert run("prompt-template", "set", str(tmp_path / "no.txt")).code == 2
