import pytest

from catalog.files.columns import KnownColumns
from catalog.files.reader import read_table
from catalog.files.table import Table
from core.errors import ImportRejected


def read(content: str | bytes, encoding: str = "utf-8") -> Table:
    raw = content.encode(encoding) if isinstance(content, str) else content
    return read_table(raw, KnownColumns({}), "es")


def rows(table: Table) -> list[tuple[str, ...]]:
    return [record.cells for record in table.records if record.fault is None]


def faults(table: Table) -> list[tuple[int, str]]:
    return [(record.line, record.fault.key) for record in table.records if record.fault]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    table = read("nombre,precio,sku\nCafé ñandú,1,A\n", encoding)
    assert rows(table) == [("Café ñandú", "1", "A")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_by_the_columns_it_gives(mark: str) -> None:
    text = f"nombre{mark}precio{mark}sku\nMesa, 4 puestos; roble{mark}1.000{mark}A"
    content = text.replace("Mesa, 4 puestos; roble", '"Mesa, 4 puestos; roble"')
    assert rows(read(content)) == [("Mesa, 4 puestos; roble", "1.000", "A")]


def test_without_a_known_column_the_separator_is_the_one_that_separates() -> None:
    assert read("A1;Mesa, roble;10\nA2;Silla;2\n").header == ("A1", "Mesa, roble", "10")


def test_excels_separator_line_is_obeyed() -> None:
    table = read("sep=;\r\nnombre;precio;sku\r\nMesa;1,5;A\r\n")
    assert table.header == ("nombre", "precio", "sku")
    assert [(record.line, record.cells) for record in table.records] == [(3, ("Mesa", "1,5", "A"))]


def test_lines_are_counted_in_the_file_not_in_records() -> None:
    table = read('nombre,precio,sku\n\n"Mesa\nde roble",1,A\n,,\nSilla,2,B\n')
    assert [record.line for record in table.records] == [3, 6]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(line_end: str) -> None:
    assert len(rows(read(line_end.join(["nombre,precio,sku", "A,1,1", "B,2,2"])))) == 2


def test_quotes_and_line_breaks_inside_a_cell_are_kept() -> None:
    table = read('nombre,precio,sku\n"Tabla ""pro"", 2\nm",1,A\n')
    assert rows(table) == [('Tabla "pro", 2\nm', "1", "A")]


def test_a_line_with_an_open_quote_does_not_swallow_the_rest() -> None:
    table = read('nombre,precio,sku\n"Mesa,1,A\nSilla,2,B\n"Sofá, gris",3,C\nCama,4,D\n')
    assert faults(table) == [(2, "quotes")]
    assert [cells[0] for cells in rows(table)] == ["Silla", "Sofá, gris", "Cama"]


def test_an_inch_mark_in_a_plain_cell_is_no_quote() -> None:
    assert rows(read('nombre,precio,sku\nMonitor 27" LG,1,A\n'))[0][0] == 'Monitor 27" LG'


def test_many_open_quotes_are_a_broken_file() -> None:
    with pytest.raises(ImportRejected, match="comillas"):
        rows(read("nombre,precio,sku\n" + '"x,1,A\n' * 500))


def test_titles_above_the_header_are_passed_over() -> None:
    table = read("Lista de precios;;\nMarzo 2026;;\n;;\nCódigo;Producto;Precio\nA1;Mesa;1.000\n")
    assert table.header == ("Código", "Producto", "Precio")
    assert [record.line for record in table.records] == [5]


def test_a_header_repeated_on_every_page_is_no_record() -> None:
    assert rows(read("sku,nombre,precio\nA,Mesa,1\nsku,nombre,precio\nB,Silla,2\n")) == [
        ("A", "Mesa", "1"),
        ("B", "Silla", "2"),
    ]


def test_the_records_can_be_gone_through_again() -> None:
    table = read("nombre,precio,sku\nMesa,1,A\n")
    assert rows(table) == rows(table) == [("Mesa", "1", "A")]


def test_more_cells_than_columns_are_a_fault_of_that_row_alone() -> None:
    table = read("sku,nombre,precio\nA1,Mesa,1,299\nB2,Silla,2,\n")
    assert faults(table) == [(2, "too_many_cells")]
    assert rows(table) == [("B2", "Silla", "2", "")]
