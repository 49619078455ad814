import pytest

from catalog.files.decoding import decode

SPANISH = "nombre;precio\nCafé de montaña;1,5\nPañuelo algodón;2\nLápiz 1º;3\n"
PORTUGUESE = "nome;preço\nCafé torrado;1,5\nPão de açúcar;2\nCalção não incluído;3\n"


@pytest.mark.parametrize("content", [SPANISH, PORTUGUESE], ids=["Spanish", "Portuguese"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "cp850"],
)
def test_every_usual_encoding_is_read(content: str, encoding: str) -> None:
    assert decode(content.encode(encoding)) == content


def test_one_line_of_another_encoding_does_not_spoil_the_rest() -> None:
    raw = SPANISH.encode() + "Jabón;4\n".encode("cp1252")
    assert decode(raw) == SPANISH + "Jabón;4\n"


def test_the_end_mark_of_dos_is_dropped() -> None:
    assert decode(SPANISH.encode("cp850") + b"\x1a") == SPANISH


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\x00\x00", b"%PDF-1.4\n\x01\x02", b"a\x00b"])
def test_what_is_no_text_is_none(raw: bytes) -> None:
    assert decode(raw) is None
