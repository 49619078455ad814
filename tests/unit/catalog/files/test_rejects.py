"""The file of rejected rows is refused for the same reasons until it is mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.files.checking import check_content
from catalog.files.rejects import write_rejects
from core.texts import LANGUAGES

LIST = "sku;nombre;precio\nA;Taza;45.90\nB;Plato;1.299\nC;;2.500\nD;Vaso;3.99\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("mended", "prices", "left"),
    [
        pytest.param({}, [], ["B", "C"], id="nothing"),
        pytest.param({"C;;": "C;Jarra;"}, [], ["B", "C"], id="another fault of the row"),
        pytest.param({"1.299": "1,299.00"}, [129900], ["C"], id="the price"),
    ],
)
def test_rejected_rows_go_in_only_as_far_as_they_are_mended(
    tmp_path: Path, language: str, mended: dict[str, str], prices: list[int], left: list[str]
) -> None:
    rejects = tmp_path / "x.csv"
    first = check_content(LIST.encode(), default_currency="USD", language=language)
    write_rejects(rejects, first, language)
    content = rejects.read_text("utf-8-sig")
    for wrong, right in mended.items():
        content = content.replace(wrong, right, 1)
    again = check_content(content.encode(), default_currency="USD")
    assert [row.price_minor for row in again.rows] == prices
    assert [bad.code for bad in again.rejected] == left
