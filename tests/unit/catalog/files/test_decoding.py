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


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\x00\x00", b"%PDF-1.4\n\x01\x02", b"a\x00b"])
def test_what_is_no_text_is_none(raw: bytes) -> None:
    assert decode(raw) is None
