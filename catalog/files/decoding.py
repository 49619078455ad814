"""A file's bytes enter, its text leaves, whatever program wrote it."""

from __future__ import annotations

import re

SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
"""Windows, old Macs, and the DOS programs many tills still are; the first wins a tie."""
LOOK_AT_BYTES = 200_000

_SPANISH = "áéíóúüñÁÉÍÓÚÜÑçãõâêôàÇÃÕÂÊÔÀ"
_IN_A_WORD = re.compile(f"(?<=[A-Za-z])[{_SPANISH}]|[{_SPANISH}](?=[A-Za-z])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(raw: bytes) -> str | None:
    """The text of a file, or None when it is no text.

    UTF-8 and UTF-16 with or without a byte order mark, else the single-byte encoding in which most
    accented letters stand inside words.
    """
    try:
        content = raw.decode(_unicode_of(raw))
    except UnicodeDecodeError:
        content = raw.decode(_single_byte_of(raw), errors="replace")
    return None if _CONTROL.search(content) else content.removeprefix("\ufeff")


def _unicode_of(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = raw[:200]
    for encoding, nulls in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(nulls) > 1 and nulls.count(0) > len(nulls) // 2:
            return encoding
    return "utf-8-sig"


def _single_byte_of(raw: bytes) -> str:
    sample = raw[:LOOK_AT_BYTES]
    return max(
        SINGLE_BYTE,
        key=lambda encoding: len(_IN_A_WORD.findall(sample.decode(encoding, errors="replace"))),
    )
