"""The path of an owner's text file enters, its text leaves, whatever program wrote it."""

from __future__ import annotations

from pathlib import Path

from catalog.files.decoding import decode
from core.errors import ConfigError
from core.texts import text


def read_text(path: Path) -> str:
    """A file's text.

    Raises:
        ConfigError: it is not there, cannot be read, or is no text.
    """
    try:
        content = decode(path.read_bytes())
    except OSError:
        content = None
    if content is None:
        raise ConfigError(text("commands.file_unreadable", file=path.name))
    return content
