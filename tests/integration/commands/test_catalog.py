"""catalog import, search, export: files enter, reports and results leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.commands.conftest import Run

GOOD = "id,sku,name,price,currency\n1,A1,Taza azul,10.50,USD\n2,A2,Plato hondo,8,USD\n"
REPORT = ["added", "updated", "unchanged", "removed", "rejected"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "products.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def counts(report: dict[str, int]) -> list[int]:
    return [report[name] for name in REPORT[:4]]


def test_the_first_own_import_removes_the_sample(run: Run, file: Path) -> None:
    imported = run("catalog", "import", str(file), "--json")

    assert imported.code == 0
    assert list(imported.json) == REPORT
    assert counts(imported.json)[:3] == [2, 0, 0]
    assert run("catalog", "search", "laptop", "--json").json["products"] == []


def test_the_same_file_again_changes_nothing(run: Run, file: Path) -> None:
    run("catalog", "import", str(file))
    assert counts(run("catalog", "import", str(file), "--json").json) == [0, 0, 2, 0]


def test_good_rows_go_in_and_rejected_ones_are_told(run: Run, file: Path) -> None:
    file.write_text(GOOD + "3,A3,Vaso,,USD\n", encoding="utf-8")
    imported = run("catalog", "import", str(file), "--json")

    assert imported.code == 1
    assert imported.json["added"] == 2
    assert imported.json["rejected"] == [{"line": 4, "reason": "falta el precio"}]


def test_replace_takes_all_or_nothing(run: Run, file: Path) -> None:
    run("catalog", "import", str(file))
    file.write_text("id,name,price,currency\n9,Vaso,5,USD\n8,Copa,,USD\n", encoding="utf-8")

    assert run("catalog", "import", str(file), "--replace").code == 1
    assert [hit["id"] for hit in run("catalog", "search", "taza", "--json").json["products"]]


def test_replace_removes_what_is_not_in_the_file(run: Run, file: Path) -> None:
    run("catalog", "import", str(file))
    file.write_text("id,name,price,currency\n9,Vaso,5,USD\n", encoding="utf-8")

    assert counts(run("catalog", "import", str(file), "--replace", "--json").json) == [1, 0, 0, 2]


def test_a_trial_saves_nothing(run: Run, file: Path) -> None:
    assert run("catalog", "import", str(file), "--dry-run", "--json").json["added"] == 2
    assert run("catalog", "search", "laptop", "--json").json["products"] != []


def test_a_trial_tells_what_would_change(run: Run, file: Path) -> None:
    run("catalog", "import", str(file))
    file.write_text(GOOD.replace("10.50", "12") + "3,A3,Vaso,5,USD\n", encoding="utf-8")

    told = run("catalog", "import", str(file), "--dry-run").out

    assert "«price» → price" in told
    assert "+ A3 Vaso: US$5" in told
    assert "~ A1 Taza azul: price: US$10.50 → US$12" in told
    body = run("catalog", "import", str(file), "--dry-run", "--json").json
    assert body["changes"]["added"] == ["A3 Vaso: US$5"]


def test_rejected_rows_are_left_beside_the_file_and_not_by_a_trial(run: Run, file: Path) -> None:
    file.write_text(GOOD + "3,A3,Vaso,,USD\n", encoding="utf-8")
    rejects = file.with_name("products.rechazadas.csv")

    run("catalog", "import", str(file), "--dry-run")
    assert not rejects.exists()

    imported = run("catalog", "import", str(file))
    assert str(rejects) in imported.out
    assert rejects.read_text("utf-8-sig").splitlines()[1] == "3,A3,Vaso,,USD,4,falta el precio"
    assert run("catalog", "import", str(file), "--json").json["rejected_file"] == str(rejects)


def test_a_file_of_rejected_rows_that_is_left_over_is_told(run: Run, file: Path) -> None:
    assert "rechazadas" not in run("catalog", "import", str(file)).out
    file.with_name("products.rechazadas.csv").touch()
    assert "puedes borrarlo" in run("catalog", "import", str(file)).out
    assert "puedes borrarlo" not in run("catalog", "import", str(file), "--dry-run").out


def test_many_rejected_rows_are_told_in_part(run: Run, file: Path) -> None:
    file.write_text(GOOD + "9,,,,\n" * 60, encoding="utf-8")
    told = run("catalog", "import", str(file)).out
    assert told.count("falta el nombre") == 50
    assert "y 10 más" in told


def test_a_file_may_be_of_the_web(run: Run, file: Path) -> None:
    failed = run("catalog", "import", "http://127.0.0.1:9/list.csv")
    assert (failed.code, failed.out) == (2, "")
    assert "127.0.0.1" in failed.err


def test_columns_of_other_names_are_mapped(run: Run, file: Path) -> None:
    file.write_text("Ref,Que es,Cuanto\nA1,Taza,10\n", encoding="utf-8")
    mapping = [
        part for pair in ("Ref=sku", "Que es=name", "Cuanto=price") for part in ("--map", pair)
    ]

    assert run("catalog", "import", str(file), *mapping, "--json").json["added"] == 1
    file.write_text("Ref,Que es,Cuanto\nA1,Taza,gratis\n", encoding="utf-8")
    assert "con los mismos --map" in run("catalog", "import", str(file), *mapping).out


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(("import", "no-such.csv"), id="no such file"),
        pytest.param(("import", "."), id="a folder"),
        pytest.param(("import", "x.csv", "--map", "Name"), id="a mapping without ="),
        pytest.param(("search",), id="nothing to search"),
        pytest.param(("search", "taza", "--limit", "0"), id="no results wanted"),
        pytest.param(("search", "--queries", "no-such.txt"), id="no such file of queries"),
        pytest.param(("export", "no-such-folder/x.csv"), id="cannot be written"),
    ],
)
def test_wrong_use_is_one_line(run: Run, argv: tuple[str, ...]) -> None:
    failed = run("catalog", *argv)

    assert (failed.code, failed.out) == (2, "")
    assert len(failed.err.splitlines()) == 1


def test_a_search_result_has_the_contracts_shape(run: Run, file: Path) -> None:
    run("catalog", "import", str(file))
    body = run("catalog", "search", "taza", "--json").json

    (found,) = body["products"]
    assert list(body) == ["query", "products"]
    assert list(found) == [
        "id",
        "sku",
        "name",
        "brand",
        "price",
        "currency",
        "stock",
        "score",
        "reason",
    ]
    assert (found["id"], found["sku"], found["price"], found["stock"]) == ("1", "A1", 10.5, None)
    assert found["reason"]


def test_the_id_of_a_product_without_one_is_its_sku(run: Run, file: Path) -> None:
    file.write_text("sku,name,price,currency\nZ9,Vaso,5,USD\n", encoding="utf-8")
    run("catalog", "import", str(file))

    assert run("catalog", "search", "vaso", "--json").json["products"][0]["id"] == "Z9"


def test_no_more_results_than_wanted(run: Run) -> None:
    assert len(run("catalog", "search", "laptop", "--limit", "2", "--json").json["products"]) == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_queries_of_windows_are_read(run: Run, tmp_path: Path, encoding: str) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("portátil\naudífonos\n", encoding=encoding)
    answered = run("catalog", "search", "--queries", str(queries))
    assert [json.loads(line)["query"] for line in answered.lines] == ["portátil", "audífonos"]


def test_queries_are_answered_one_line_each_in_their_order(run: Run, tmp_path: Path) -> None:
    asked = ["laptop", "", "xyzzy", "audífonos\u2028baratos", "laptop"]
    queries = tmp_path / "queries.txt"
    queries.write_text("\n".join(asked) + "\n", encoding="utf-8")

    answered = run("catalog", "search", "--queries", str(queries))

    bodies = [json.loads(line) for line in answered.out.split("\n")[:-1]]
    assert [body["query"] for body in bodies] == asked
    assert bodies[0] == bodies[-1] and bodies[0]["products"] and not bodies[2]["products"]


def test_what_was_exported_comes_back_unchanged(run: Run, tmp_path: Path) -> None:
    exported = tmp_path / "out.csv"
    assert run("catalog", "export", str(exported)).code == 0

    assert counts(run("catalog", "import", str(exported), "--json").json)[0] > 80
    again = tmp_path / "again.csv"
    run("catalog", "export", str(again))
    assert again.read_bytes() == exported.read_bytes()


def test_a_second_import_keeps_the_currency_of_the_first(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    path.write_text("sku;nombre;precio\nA1;Taza;12.500\n", encoding="utf-8")
    run("catalog", "import", str(path))
    assert counts(run("catalog", "import", str(path), "--json").json) == [0, 0, 1, 0]
    (product,) = run("catalog", "search", "taza", "--json").json["products"]
    assert (product["price"], product["currency"]) == (12500, "COP")
