import pytest

from catalog.columns import count_known
from catalog.csvfile import Table, read_table
from core.errors import ImportRejected


def read(content: str | bytes, encoding: str = "utf-8") -> Table:
    raw = content.encode(encoding) if isinstance(content, str) else content
    return read_table(raw, count_known, "es")


def rows(table: Table) -> list[tuple[str, ...]]:
    return [record.cells for record in table.records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    table = read("nombre,precio,sku\nCafé ñandú,1,A\n", encoding)
    assert rows(table) == [("Café ñandú", "1", "A")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_by_the_columns_it_gives(mark: str) -> None:
    text = f"nombre{mark}precio{mark}sku\nMesa, 4 puestos; roble{mark}1.000{mark}A"
    content = text.replace("Mesa, 4 puestos; roble", '"Mesa, 4 puestos; roble"')
    assert rows(read(content)) == [("Mesa, 4 puestos; roble", "1.000", "A")]


def test_excels_separator_line_is_obeyed() -> None:
    table = read("sep=;\r\nnombre;precio;sku\r\nMesa;1,5;A\r\n")
    assert table.header == ("nombre", "precio", "sku")
    assert [(record.line, record.cells) for record in table.records] == [(3, ("Mesa", "1,5", "A"))]


def test_lines_are_counted_in_the_file_not_in_records() -> None:
    table = read('nombre,precio,sku\n\n"Mesa\nde roble",1,A\n,,\nSilla,2,B\n')
    assert [record.line for record in table.records] == [3, 6]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(line_end: str) -> None:
    assert len(read(line_end.join(["nombre,precio,sku", "A,1,1", "B,2,2"])).records) == 2


def test_quotes_and_line_breaks_inside_a_cell_are_kept() -> None:
    table = read('nombre,precio,sku\n"Tabla ""pro"", 2\nm",1,A\n')
    assert rows(table) == [('Tabla "pro", 2\nm', "1", "A")]


def test_a_line_with_an_open_quote_does_not_swallow_the_rest() -> None:
    table = read('nombre,precio,sku\n"Mesa,1,A\nSilla,2,B\n"Sofá, gris",3,C\nCama,4,D\n')
    assert table.torn == [2]
    assert [cells[0] for cells in rows(table)] == ["Silla", "Sofá, gris", "Cama"]


def test_an_inch_mark_in_a_plain_cell_is_no_quote() -> None:
    assert rows(read('nombre,precio,sku\nMonitor 27" LG,1,A\n'))[0][0] == 'Monitor 27" LG'


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "vac\u00edo"),
        (b"\n ;;\n", "vac\u00edo"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "archivo de texto"),
        (b"PK\x03\x04rest", "Excel"),
        (b"nombre,precio,sku\n" + b'"x,1,A\n' * 500, "comillas"),
    ],
)
def test_what_is_no_table_is_refused_in_words(raw: bytes, named: str) -> None:
    with pytest.raises(ImportRejected, match=named):
        read(raw)
