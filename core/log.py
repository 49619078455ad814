"""The one formatter: log records enter, redacted lines a stream can show leave."""

from __future__ import annotations

import json
import logging
import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TextIO

from core.redaction import redact

QUIET_LOGGERS = (
    "aiohttp",
    "alembic",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "twilio",
    "waitress",
)
"""Libraries that tell every step, some with headers and addresses: only their warnings count."""

_COMMANDING = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
)
_PLAIN_SIGNS = {
    "🔄": "[..]",
    "❌": "[X]",
    "⏳": "[..]",
    "⚠": "[!]",
    "\ufe0f": "",
    "✅": "[OK]",
    "🧪": "[*]",
    "📡": "[*]",
    "🤖": "[*]",
    "→": "->",
    "•": "-",
    "…": "...",
    "—": "-",
    "–": "-",
    "«": '"',
    "»": '"',
    "¿": "",
    "¡": "",
}


def log_event(
    logger: logging.Logger,
    level: int,
    event: str,
    message: str | None = None,
    /,
    **fields: object,
) -> None:
    """Write one state change.

    Args:
        event: a constant name such as `turn_finished`.
        message: the line for the text format; without it the event and its fields are shown.
        fields: ids and figures; never message text. In JSON each is a key of its own.
    """
    if not logger.isEnabledFor(level):
        return
    if message is None:
        message = " ".join([event, *(f"{name}={_brief(value)}" for name, value in fields.items())])
    # Made here, because logging would look for the caller's line first, which nobody is shown.
    record = logging.LogRecord(logger.name, level, "", 0, "%s", (message,), None)
    record.event, record.fields = event, fields
    logger.handle(record)


def _brief(value: object) -> str:
    word = str(value)
    return word if word and " " not in word else json.dumps(word, ensure_ascii=False)


def configure(
    level: str = "INFO",
    log_format: Literal["text", "json"] = "text",
    stream: TextIO | None = None,
) -> None:
    """Send every log record of this process to `stream` (stderr unless given), in one format.

    A second call replaces the first.
    """
    target = stream or sys.stderr
    encoding = target.encoding or "utf-8"
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        JsonFormatter(encoding) if log_format == "json" else TextFormatter(encoding)
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each.formatter, TextFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    # No line names a thread, a process or a task: not looking for them halves what a record costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every request that waits for a thread, at the very time when there are many.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class TextFormatter(logging.Formatter):
    """`time level message`, one line a record; a traceback follows, indented.

    Args:
        encoding: of the stream; what it cannot show is said in plain characters.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {_one_line(redact(record.getMessage()))}"
        if trace := self._trace(record):
            line += "\n    " + trace.replace("\n", "\n    ")
        return showable(line, self._encoding)

    def _trace(self, record: logging.LogRecord) -> str:
        return redact(self.formatException(record.exc_info)) if record.exc_info else ""


class JsonFormatter(TextFormatter):
    """One object a line: time, level, event, then the fields; event `log` is a plain message."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"time": _time(record), "level": record.levelname}
        event = getattr(record, "event", None)
        if event is None:
            body: dict[str, Any] = {"event": "log", "message": record.getMessage()}
        else:
            body = {"event": event, **getattr(record, "fields", {})}
        if trace := self._trace(record):
            body["trace"] = trace
        line = json.dumps(head | _redacted(body) | head, ensure_ascii=False, default=_text)
        return showable(line, self._encoding)


def _one_line(message: str) -> str:
    """Without what would begin another line, move the cursor or turn the direction of reading."""
    if message.isprintable():
        return message
    return _COMMANDING.sub(lambda found: ascii(found[0])[1:-1], message)


def _time(record: logging.LogRecord) -> str:
    second, rest = divmod(record.created, 1)
    return f"{_second(int(second))}.{int(rest * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(epoch_s: int) -> str:
    """Lines come many a second, and writing an instant takes as long as all else in one."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _text(value: object) -> str:
    return redact(str(value))


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(name): _redacted(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    return value


def showable(text: str, encoding: str | None) -> str:
    """The same text in characters a stream of this encoding can show; emoji become signs.

    Also for what commands print: a terminal's encoding is `sys.stdout.encoding`.
    """
    if _fits(text, encoding or "utf-8"):
        return text
    return "".join(_plain(char, encoding or "utf-8") for char in text)


def _plain(char: str, encoding: str) -> str:
    if _fits(char, encoding):
        return char
    if char in _PLAIN_SIGNS:
        return _PLAIN_SIGNS[char]
    letters = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode("ascii")
    return letters or "?"


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
