"""The rules of the house hold in every product file: imports, edges, sentences, sizes."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

from core.texts import DEFAULT_LANGUAGE, flatten

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "core": set[str](),
    "catalog": {"core"},
    "shop": {"core", "catalog"},
    "bot": {"core", "catalog", "shop"},
    "webhooks": {"core", "bot"},
    "web": {"core", "bot", "catalog", "shop"},
    "migrations": {"core"},
    "app": {"core", "catalog", "shop", "bot", "webhooks", "web", "migrations"},
    "evals": {"core", "catalog", "shop", "bot", "app", "migrations"},
    "commands": {"core", "catalog", "shop", "bot", "app", "evals"},
    "cli": {"commands", "scripts"},
    "scripts": {"core", "cli"},
}
"""Room → the rooms it may import besides itself. Scripts stand outside: they start `cli`."""

MOST_LINES = 500
STEPS = ("inbox", "prompt", "policy", "responder", "outbox")
"""What a turn is made of; joined by `turn` and `worker` only."""
WORKERS = (
    *("turn", "delivery", "worker", "worker_thread", "intake", "schedule", "asking"),
    *("slots", "handling", "patience", "moments"),
)
TEXT_FILES = sorted(
    path.name.split(".")[0] for path in (ROOT / "core" / "texts").glob(f"*.{DEFAULT_LANGUAGE}.toml")
)


@dataclass(frozen=True)
class Source:
    """One product file."""

    path: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0].removesuffix(".py")

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def code(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.code)

    @cached_property
    def imports(self) -> set[str]:
        """Dotted names of everything imported, at whatever depth of the file."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports name the room they come from"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def imports_any(self, *modules: str) -> bool:
        return any(
            name == module or name.startswith(f"{module}.")
            for name in self.imports
            for module in modules
        )

    @cached_property
    def calls(self) -> set[str]:
        """What is called, as it is written: `print`, `datetime.now`, `channel.send`."""
        return {
            ast.unparse(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)
        }

    @cached_property
    def names(self) -> set[str]:
        """Every `module.name` that is spelt out."""
        return {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }


def product_files() -> Iterator[Source]:
    for room in ROOMS:
        if (ROOT / room).is_dir():
            for path in sorted((ROOT / room).rglob("*.py")):
                yield Source(path.relative_to(ROOT).as_posix())
        else:
            yield Source(f"{room}.py")


SOURCES = list(product_files())
FILES = {source.path: source for source in SOURCES}


def where(found: object) -> list[str]:
    return sorted(found)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str) -> None:
    wrong = {
        f"{source.path} imports {name}"
        for source in SOURCES
        if source.room == room
        for name in source.imports
        if (of := name.split(".")[0]) in ROOMS and of != room and of not in ROOMS[room]
    }
    assert where(wrong) == []


def test_the_steps_of_a_turn_know_neither_each_other_nor_the_worker() -> None:
    wrong = {
        f"bot/{step}.py imports bot.{other}"
        for step in STEPS
        for other in {*STEPS, *WORKERS} - {step}
        if FILES[f"bot/{step}.py"].imports_any(f"bot.{other}")
    }
    assert where(wrong) == []


@pytest.mark.parametrize("leaf", ["messages", "tables"])
def test_what_travels_and_what_is_stored_know_nothing_of_the_bot(leaf: str) -> None:
    assert not FILES[f"bot/{leaf}.py"].imports_any("bot")


def test_only_delivery_and_the_owners_notices_send_through_a_channel() -> None:
    senders = {
        source.path
        for source in SOURCES
        if any(call.split(".")[-1] in ("send", "find_sent") for call in source.calls)
    }
    # An exchange, a download and a post call the `send` of the HTTP client, not of a channel.
    http = {"bot/providers/http.py", "core/fetch.py", "bot/channels/owner_webhook.py"}
    assert senders - http == {"bot/delivery.py", "bot/alarms/ways.py"}


def test_only_the_settings_read_the_environment() -> None:
    """Scripts stand aside: they hand their environment to a child, and read no setting."""
    readers = {
        source.path
        for source in SOURCES
        if source.room != "scripts"
        and (source.names & {"os.environ", "os.getenv"} or source.imports_any("os.environ"))
    }
    assert readers == {"core/settings.py"}


def test_only_the_database_builds_an_engine() -> None:
    assert {source.path for source in SOURCES if "create_engine" in source.code} == {
        "core/database.py"
    }


def test_only_the_clock_knows_what_time_it_is() -> None:
    wall = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    steady = {"time.monotonic", "time.perf_counter", "time.time_ns", "time.monotonic_ns"}
    readers = {source.path for source in SOURCES if source.names & (wall | steady)}
    assert readers == {"core/clock.py"}


def test_http_is_spoken_by_providers_channels_and_the_download_only() -> None:
    """Elsewhere the client is passed along: its type may be named, nothing of httpx is called."""
    spoken = {
        f"{source.path}: {name}"
        for source in SOURCES
        if not source.path.startswith(("bot/providers/", "bot/channels/", "core/fetch.py"))
        for name in source.names
        if name.startswith("httpx.") and name != "httpx.AsyncClient"
    }
    made = re.compile(r"httpx\.AsyncClient\(|\(httpx\.AsyncClient\):")
    builders = {source.path for source in SOURCES if made.search(source.code)}
    assert where(spoken) == []
    assert builders == {"bot/providers/http.py"}


def test_flask_stays_with_what_is_opened_by_http() -> None:
    users = {source.room for source in SOURCES if source.imports_any("flask")}
    assert users == {"webhooks", "web", "app"}


def test_only_commands_and_scripts_print() -> None:
    printers = {source.room for source in SOURCES if "print" in source.calls}
    assert printers <= {"cli", "commands", "scripts"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_a_file_says_what_it_is_and_reads_in_one_sitting(source: Source) -> None:
    assert ast.get_docstring(source.tree)
    assert len(source.code.splitlines()) <= MOST_LINES


IMPORT_EVERYTHING = """
import importlib, logging, os, signal, sys, threading

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
ACTS = ("os.mkdir", "socket.bind", "socket.connect", "sqlite3.connect", "subprocess.Popen")
OURS = tuple(sys.argv.pop(1).split(os.pathsep))
done = []

def watch(event, args):
    is_write = event == "open" and isinstance(args[2], int) and args[2] & WRITES
    if is_write or event in ACTS:
        frame = sys._getframe()
        while frame and frame.f_code.co_name != "<module>":
            frame = frame.f_back
        if frame.f_code.co_filename.startswith(OURS):  # libraries probe the machine as they load
            done.append(f"{frame.f_code.co_filename}: {event}")

handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*done, sep="\\n", end="")
print(*(t.name for t in threading.enumerate() if t is not threading.main_thread()), end="")
print(*logging.getLogger().handlers, end="")
print(*(n for n, was in handlers.items() if signal.getsignal(n) is not was), end="")
"""


def test_importing_any_module_does_nothing(tmp_path: Path) -> None:
    # env.py is no module: Alembic runs it, in a migration it has set up.
    modules = [source.module for source in SOURCES if source.path != "migrations/env.py"]
    ours = os.pathsep.join(str(ROOT / room) for room in ROOMS)
    outcome = subprocess.run(
        [sys.executable, "-X", "utf8", "-B", "-c", IMPORT_EVERYTHING, ours, *modules],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "SYSTEMROOT": "C:\\Windows"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (outcome.stdout, outcome.stderr, outcome.returncode) == ("", "", 0)
    assert list(tmp_path.iterdir()) == []


@dataclass
class SaidKeys:
    """The sentences the code asks for: whole keys, and patterns with the words to fill in."""

    whole: set[str]
    patterns: list[re.Pattern[str]]
    words: set[str]

    def is_said(self, key: str) -> bool:
        return key in self.whole or any(
            (found := pattern.fullmatch(key)) and all(map(self._is_word, found.groups()))
            for pattern in self.patterns
        )

    def _is_word(self, word: str) -> bool:
        """A key's part that is computed stands somewhere as a word of its own (or is a weekday)."""
        return word in self.words or word.isdigit()


def _in_setup(node: ast.Call) -> ast.expr | None:
    """`sentence("x")` of the scripts says `setup.x`."""
    is_sentence = ast.unparse(node.func).split(".")[-1] == "sentence" and node.args
    return node.args[0] if is_sentence else None


LOOKS_LIKE_A_KEY = {"setup.lock"}
"""A file's name."""

SAID_BY_PARTS = {"commands.help.db", "commands.help.prompt_template", "commands.help.eval"}
"""The parser takes a group's name from the words of its commands."""


@cache
def keys_said() -> SaidKeys:
    is_key = re.compile(rf"(?:{'|'.join(TEXT_FILES)})\.[a-z0-9_.]*[a-z0-9]").fullmatch
    said = SaidKeys(set(), [], set())
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.words.add(re.sub("[ -]", "_", node.value.strip(".")))
                if is_key(node.value) and node.value not in LOOKS_LIKE_A_KEY:
                    said.whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                said.patterns += _pattern(node)
            elif isinstance(node, ast.Call) and isinstance(of := _in_setup(node), ast.Constant):
                said.whole.add(f"setup.{of.value}")
    return said


def _pattern(node: ast.JoinedStr) -> list[re.Pattern[str]]:
    """f"customer.{table}.unknown" is every key of that form."""
    parts = [
        re.escape(part.value) if isinstance(part, ast.Constant) else "([a-z0-9_]+)"  # type: ignore[type-var]
        for part in node.values
    ]
    starts = str(parts[0]).startswith(tuple(f"{file}\\." for file in TEXT_FILES))
    return [re.compile("".join(map(str, parts)))] if starts else []


def spanish_keys() -> set[str]:
    return {f"{file}.{name}" for file in TEXT_FILES for name in flatten(file, DEFAULT_LANGUAGE)}


def test_every_sentence_the_code_says_exists() -> None:
    assert where(keys_said().whole - spanish_keys()) == []


def test_every_sentence_that_exists_is_said() -> None:
    said = keys_said()
    unsaid = {key for key in spanish_keys() if not said.is_said(key)}
    assert where(unsaid - SAID_BY_PARTS) == []
