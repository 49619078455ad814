"""Records of any kind become lines that a stream can show and that tell no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from core.log import (
    QUIET_LOGGERS,
    JsonFormatter,
    TextFormatter,
    configure,
    log_event,
    showable,
)

log = logging.getLogger("tests.log")
Written = Callable[[], str]


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    names = [None, "waitress.queue", *QUIET_LOGGERS]
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def to_memory(
    log_format: Literal["text", "json"] = "text", encoding: str = "utf-8", level: str = "INFO"
) -> Written:
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding=encoding, write_through=True, newline="")
    configure(level=level, log_format=log_format, stream=stream)
    # The stream is held by the closure: a collected one would close the content.
    return lambda: (stream.flush(), content.getvalue().decode(encoding))[1]


def fail(message: str) -> None:
    raise ValueError(message)


def test_a_line_is_time_level_message() -> None:
    written = to_memory()
    log.warning("hello %s", "you")

    time, level, message = written().strip().split(" ", 2)
    assert time.endswith("Z")
    assert "T" in time
    assert (level, message) == ("WARNING", "hello you")


def test_an_event_without_a_sentence_shows_its_fields() -> None:
    written = to_memory()
    log_event(log, logging.INFO, "turn_finished", conversation_id=7, why="too late", note="")

    assert written().endswith(' turn_finished conversation_id=7 why="too late" note=""\n')


def test_an_event_with_a_sentence_shows_that() -> None:
    written = to_memory()
    log_event(log, logging.INFO, "asked", "[AI] 🔄 100 % con: groq", provider="groq")

    assert written().endswith(" INFO [AI] 🔄 100 % con: groq\n")


def test_a_message_commands_no_terminal() -> None:
    written = to_memory()
    log.info("a\x1b[2Jb\u202ec\u2028d 🔄")

    assert written().endswith(" INFO a\\x1b[2Jb\\u202ec\\u2028d 🔄\n")


def test_a_message_with_line_ends_stays_one_line() -> None:
    written = to_memory()
    log.info("one\r\n2026 ERROR forged")

    assert written().count("\n") == 1


def test_json_holds_the_event_and_its_fields() -> None:
    written = to_memory("json")
    log_event(log, logging.INFO, "asked", "[AI] 🔄 groq", provider="groq", attempt=1, level="x")

    record = json.loads(written())
    assert list(record)[:3] == ["time", "level", "event"]
    assert record | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "event": "asked",
        "provider": "groq",
        "attempt": 1,
    }


def test_json_of_a_plain_message_is_the_event_log() -> None:
    written = to_memory("json")
    log.error("broken: %d", 3)

    record = json.loads(written())
    assert (record["event"], record["message"]) == ("log", "broken: 3")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_secret_comes_out(log_format: Literal["text", "json"]) -> None:
    written = to_memory(log_format)
    secret = "gsk_0123456789abc"
    log.info("message %s", secret)
    log_event(
        log, logging.INFO, "event", key=secret, keys=[{"key": secret}], error=Exception(secret)
    )
    try:
        fail(secret)
    except ValueError:
        log.exception("failed")

    assert "0123456789abc" not in written()
    assert "ValueError" in written()


@pytest.mark.parametrize("formatter", [TextFormatter, JsonFormatter])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp850", "utf-8"])
def test_no_text_breaks_a_stream(formatter: type[TextFormatter], encoding: str) -> None:
    # Not through a logger: pytest cannot hand half a character from one process to another.
    record = logging.makeLogRecord(
        {"msg": "🔄 ❌ ⏳ ⚠️ ✅ 🧪 📡 🤖 → ñ 中 \ud800", "levelname": "INFO"}
    )
    line = formatter(encoding).format(record)

    assert line.encode(encoding).count(b"\n") == 0


def test_the_last_configuration_is_the_only_one() -> None:
    first = to_memory()
    second = to_memory()
    log.info("once")

    assert first() == ""
    assert second().count("once") == 1


def test_the_level_counts() -> None:
    written = to_memory(level="ERROR")
    log_event(log, logging.INFO, "unheard")

    assert written() == ""


def test_a_busy_web_server_does_not_fill_the_log() -> None:
    written = to_memory()
    logging.getLogger("waitress.queue").warning("Task queue depth is 7")
    assert written() == ""


@pytest.mark.parametrize("name", QUIET_LOGGERS)
def test_libraries_only_warn(name: str) -> None:
    written = to_memory(level="DEBUG")
    logging.getLogger(f"{name}.inner").info("chatter")
    logging.getLogger(f"{name}.inner").warning("trouble")

    assert "chatter" not in written()
    assert "trouble" in written()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "✅ Éxito → groq … ⚠️"),
        ("cp1252", "[OK] Éxito -> groq … [!]"),
        ("ascii", "[OK] Exito -> groq ... [!]"),
        (None, "✅ Éxito → groq … ⚠️"),
        ("no-such-encoding", "[OK] Exito -> groq ... [!]"),
    ],
)
def test_showable(encoding: str | None, shown: str) -> None:
    assert showable("✅ Éxito → groq … ⚠️", encoding) == shown
