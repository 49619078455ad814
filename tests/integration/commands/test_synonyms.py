"""catalog synonyms: the shop's own words go in, are shown, and are searched by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commands.conftest import Run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sinonimos.txt"
    path.write_text("﻿# nuestras palabras\nlaptop, chismático\n", encoding="utf-8")
    return path


def found(run: Run, query: str) -> list[str]:
    return [p["name"] for p in run("catalog", "search", query, "--json").json["products"]]


def test_a_shop_without_own_words_is_told_how_to_write_them(run: Run) -> None:
    shown = run("catalog", "synonyms")
    assert shown.code == 0
    assert "catalog synonyms sinonimos.txt" in shown.out


def test_own_words_are_searched_by_and_shown(run: Run, file: Path) -> None:
    assert found(run, "chismático") == []
    assert run("catalog", "synonyms", str(file)).code == 0
    assert found(run, "chismático")[0].startswith("Laptop")
    assert "laptop, chismático" in run("catalog", "synonyms").out


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_text_file_of_windows_is_read(run: Run, file: Path, encoding: str) -> None:
    file.write_text("laptop, chismático\n", encoding=encoding)
    assert run("catalog", "synonyms", str(file)).code == 0
    assert found(run, "chismático")[0].startswith("Laptop")


def test_an_empty_file_drops_them(run: Run, file: Path) -> None:
    run("catalog", "synonyms", str(file))
    file.write_text("", encoding="utf-8")
    assert run("catalog", "synonyms", str(file)).code == 0
    assert found(run, "chismático") == []


@pytest.mark.parametrize("content", ["una\n", None])
def test_a_file_that_cannot_be_read_is_said(run: Run, file: Path, content: str | None) -> None:
    path = file if content else file.with_name("otro.txt")
    path.write_text(content, encoding="utf-8") if content else None
    refused = run("catalog", "synonyms", str(path))
    assert refused.code == 2
    assert ("Línea 1" if content else "otro.txt") in refused.err
