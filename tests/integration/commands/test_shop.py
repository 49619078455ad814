"""shop show and shop import: what the shop says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.commands.conftest import Run

FACTS = {"name": "Taller Luna", "payment": ["efectivo"], "parking": "en la puerta"}


def write(folder: Path, content: str) -> str:
    path = folder / "facts.json"
    path.write_text(content, encoding="utf-8-sig")
    return str(path)


def test_the_sample_is_shown_and_called_so(run: Run) -> None:
    shown = run("shop", "show")

    assert shown.code == 0
    assert "ejemplo" in shown.lines[0]


def test_own_facts_replace_the_samples_and_unknown_fields_are_kept(
    run: Run, tmp_path: Path
) -> None:
    assert run("shop", "import", write(tmp_path, json.dumps(FACTS))).code == 0
    assert run("shop", "show", "--json").json == FACTS


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_text_file_of_windows_is_read(run: Run, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"name": "Panadería Muñoz"}', encoding=encoding)
    assert run("shop", "import", str(path)).code == 0
    assert run("shop", "show", "--json").json == {"name": "Panadería Muñoz"}


def test_what_no_message_can_carry_is_left_out(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, r'{"na\u0000me": "Luna \ud800", "more": [{"a\u0000": "b\udfff"}]}')
    assert run("shop", "import", file).code == 0
    assert run("shop", "show", "--json").json == {"name": "Luna ", "more": [{"a": "b"}]}


def test_own_facts_are_no_longer_called_sample(run: Run, tmp_path: Path) -> None:
    run("shop", "import", write(tmp_path, json.dumps(FACTS)))
    assert "ejemplo" not in run("shop", "show").out


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param("{", "facts.json", id="broken"),
        pytest.param("[]", "facts.json", id="not an object"),
        pytest.param('{"hours": [{"days": "xx"}]}', "hours[0].days", id="unknown days"),
        pytest.param('{"currency": "PESOS"}', "currency", id="no currency"),
        pytest.param('{"delivery": [{"cost": "free"}]}', "delivery[0].cost", id="cost in words"),
        pytest.param('{"delivery": [{"cost": 1e400}]}', "facts.json", id="cost without an end"),
        pytest.param('{"delivery": [{"cost": 1%s}]}' % ("0" * 400), "cost", id="cost too large"),
        pytest.param('{"since": NaN}', "facts.json", id="no number"),
        pytest.param("[" * 100_000, "facts.json", id="nested without an end"),
    ],
)
def test_a_faulty_file_changes_nothing_and_says_where(
    run: Run, tmp_path: Path, content: str, named: str
) -> None:
    failed = run("shop", "import", write(tmp_path, content))

    assert (failed.code, failed.out) == (2, "")
    assert named in failed.err
    assert "ejemplo" in run("shop", "show").out


def test_a_file_that_is_not_there_is_wrong_use(run: Run) -> None:
    assert run("shop", "import", "no-such.json").code == 2


def test_own_products_without_own_facts_leave_the_facts_unknown(run: Run, tmp_path: Path) -> None:
    products = tmp_path / "p.csv"
    products.write_text("id,name,price,currency\n1,Taza,10,USD\n", encoding="utf-8")
    run("catalog", "import", str(products))

    assert run("shop", "show", "--json").json == {}
