import pytest

from catalog.files.columns import KnownColumns
from catalog.files.table import Cells, find_header, number_text, protected, storable, unprotected

KNOWN = KnownColumns({}).count
HEADER: Cells = ("Código", "Producto", "Precio")
DATA: Cells = ("A1", "Mesa", "1.000")


@pytest.mark.parametrize(
    ("rows", "below", "names"),
    [
        pytest.param([HEADER, DATA], 1, HEADER, id="at the top"),
        pytest.param([("Lista",), ("", ""), HEADER, DATA], 3, HEADER, id="below a title"),
        pytest.param([(), ("x", "y"), DATA], 2, ("x", "y"), id="none that is known"),
        pytest.param([HEADER, ("", "MESAS", ""), DATA], 1, HEADER, id="above a section"),
        pytest.param([], 0, (), id="nothing at all"),
        pytest.param(
            [("Código", "Producto", "Precios", ""), ("", "", "Venta", "Costo"), (*DATA, "9")],
            2,
            ("Código", "Producto", "Precios Venta", "Precios Costo"),
            id="in two rows, the upper one names the fields",
        ),
        pytest.param(
            [("Datos", "", "Importes"), HEADER, DATA], 2, HEADER, id="below names of groups"
        ),
    ],
)
def test_the_header_is_found(rows: list[Cells], below: int, names: Cells) -> None:
    assert find_header(rows, KNOWN) == (below, names)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+57 300", "-5", "@SUM(A1)", "\tx", "'=1", "''=1", "'Mesa", "Mesa", "", "'"]
)
def test_what_is_protected_from_spreadsheets_comes_back_as_it_was(cell: str) -> None:
    assert not protected(cell).startswith(("=", "+", "-", "@", "\t"))
    assert unprotected(protected(cell)) == cell


@pytest.mark.parametrize("cell", ["#N/A", "#REF!", "#¡REF!", "#DIV/0!", "#¿NOMBRE?", "#VALUE!"])
def test_a_formula_that_failed_is_empty(cell: str) -> None:
    assert unprotected(cell) == ""


@pytest.mark.parametrize("cell", ["#1", "#hashtag", "# 5 llave", "#A1"])
def test_a_name_that_begins_with_a_number_sign_is_kept(cell: str) -> None:
    assert unprotected(cell) == cell


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (7, "7"), (45.9, "45.9"), (1.299, "1.3"), (10**18, "1000000000000000000"),
     (1e18, "1.00000000000000E+18"), (-2.0, "-2")],
)  # fmt: skip
def test_a_number_is_written_so_that_it_has_one_meaning(number: float, text: str) -> None:
    assert number_text(number) == text


def test_text_keeps_its_lines_and_loses_what_cannot_be_stored() -> None:
    assert storable("a\x00b\n\tc\ud800ñ🪑") == "ab\n\tcñ🪑"
