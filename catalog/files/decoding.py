"""A file's bytes enter, its text leaves, whatever program wrote it."""

from __future__ import annotations

import re

SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
"""Windows, old Macs, and the DOS programs many tills still are; the first wins a tie."""
LOOK_AT_BYTES = 200_000
MOST_STRAYS_EACH = 1000
"""One control character in so many is dirt, such as the end mark of DOS; more are no text."""

_SPANISH = "áéíóúüñÁÉÍÓÚÜÑçãõâêôàÇÃÕÂÊÔÀ"
_IN_A_WORD = re.compile(f"(?<=[A-Za-z])[{_SPANISH}]|[{_SPANISH}](?=[A-Za-z])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(raw: bytes) -> str | None:
    """The text of a file, or None when it is no text.

    UTF-8 and UTF-16 with or without a byte order mark, else the single-byte encoding in which most
    accented letters stand inside words.
    """
    content = _decoded(raw, _unicode_of(raw)) or (
        _line_by_line(raw) if _is_mostly_utf8(raw) else raw.decode(_single_byte_of(raw), "replace")
    )
    strays = len(_CONTROL.findall(content))
    if "\x00" in content or strays > 1 + len(content) // MOST_STRAYS_EACH:
        return None
    return _CONTROL.sub("", content).removeprefix("\ufeff")


def _unicode_of(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = raw[:200]
    for encoding, nulls in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(nulls) > 1 and nulls.count(0) > len(nulls) // 2:
            return encoding
    return "utf-8-sig"


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_mostly_utf8(raw: bytes) -> bool:
    """Whether more letters than not are UTF-8: a file put together from several."""
    content = raw.decode("utf-8-sig", "replace")
    wrong = content.count("\ufffd")
    return len(_NOT_ASCII.findall(content)) > 2 * wrong


def _line_by_line(raw: bytes) -> str:
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return "\n".join(_decoded(line, "utf-8") or line.decode("cp1252", "replace") for line in lines)


def _single_byte_of(raw: bytes) -> str:
    sample = raw[:LOOK_AT_BYTES]
    return max(
        SINGLE_BYTE,
        key=lambda encoding: len(_IN_A_WORD.findall(sample.decode(encoding, errors="replace"))),
    )
