"""The command line's words enter, the command they name runs."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import app
from commands.output import complain
from core.errors import BotError, ConfigError, DatabaseUnavailable, ImportRejected
from core.log import showable
from core.texts import LANGUAGES, text

Argument = tuple[tuple[str, ...], dict[str, Any]]


def _arg(*names: str, **options: Any) -> Argument:
    return names, options


JSON = _arg("--json", action="store_true", help="commands.help.json")
LANGUAGE = _arg("--language", choices=LANGUAGES, help="commands.help.template_language")
CATALOG = _arg("--catalog", metavar="FILE", help="commands.help.eval_catalog")
REPORT = _arg("--report", metavar="PATH", help="commands.help.eval_report")
COMMANDS: Sequence[tuple[str, str, Sequence[Argument]]] = (
    (
        "serve",
        "serving:serve",
        (
            _arg("--host", help="commands.help.host"),
            _arg("--port", type=int, help="commands.help.port"),
            _arg("--no-worker", action="store_true", help="commands.help.no_worker"),
        ),
    ),
    (
        "worker",
        "serving:worker",
        (
            _arg("--concurrency", type=int, help="commands.help.concurrency"),
            _arg("--metrics-port", type=int, metavar="P", help="commands.help.metrics_port"),
        ),
    ),
    (
        "ask",
        "answering:ask",
        (
            _arg("text", metavar="TEXT", help="commands.help.question"),
            _arg("--contact", metavar="ID", help="commands.help.contact"),
            JSON,
        ),
    ),
    (
        "prompt",
        "answering:prompt",
        (_arg("text", metavar="TEXT", help="commands.help.question"), JSON),
    ),
    ("prompt-template show", "prompt_template:show", (LANGUAGE,)),
    (
        "prompt-template set",
        "prompt_template:set_",
        (_arg("file", metavar="FILE", help="commands.help.template_file"), LANGUAGE),
    ),
    ("prompt-template reset", "prompt_template:reset", (LANGUAGE,)),
    ("providers", "providers:providers", (JSON,)),
    ("stats", "providers:stats", (JSON,)),
    ("switch", "providers:switch", (_arg("name", metavar="NAME", help="commands.help.switch_to"),)),
    ("test", "providers:test", (_arg("name", metavar="NAME", help="commands.help.provider"),)),
    (
        "attempts",
        "providers:attempts",
        (_arg("--limit", type=int, default=20, help="commands.help.limit"), JSON),
    ),
    (
        "catalog import",
        "catalog:import_",
        (
            _arg("file", metavar="FILE", help="commands.help.file"),
            _arg("--replace", action="store_true", help="commands.help.replace"),
            _arg("--dry-run", action="store_true", help="commands.help.dry_run"),
            _arg(
                "--map", action="append", default=[], metavar="COL=FIELD", help="commands.help.map"
            ),
            JSON,
        ),
    ),
    (
        "catalog search",
        "catalog:search",
        (
            _arg("text", metavar="TEXT", nargs="?", help="commands.help.question"),
            _arg("--limit", type=int, default=10, help="commands.help.limit"),
            _arg("--queries", metavar="FILE", help="commands.help.queries"),
            JSON,
        ),
    ),
    (
        "catalog export",
        "catalog:export",
        (_arg("file", metavar="FILE", help="commands.help.file"),),
    ),
    (
        "catalog synonyms",
        "synonyms:synonyms",
        (_arg("file", metavar="FILE", nargs="?", help="commands.help.synonyms_file"),),
    ),
    ("shop show", "shop:show", (JSON,)),
    (
        "shop import",
        "shop:import_",
        (_arg("file", metavar="FILE.json", help="commands.help.file"),),
    ),
    (
        "eval search",
        "eval:search",
        (_arg("file", metavar="FILE", help="commands.help.eval_queries"), CATALOG, REPORT, JSON),
    ),
    (
        "eval talks",
        "eval:talks",
        (
            _arg("file", metavar="FILE", help="commands.help.eval_script"),
            _arg("--provider", metavar="NAME", help="commands.help.eval_provider"),
            _arg("--offline", action="store_true", help="commands.help.eval_offline"),
            _arg("--times", type=int, default=1, metavar="N", help="commands.help.eval_times"),
            CATALOG,
            _arg("--shop", metavar="FILE.json", help="commands.help.eval_shop"),
            REPORT,
            JSON,
        ),
    ),
    ("db upgrade", "serving:upgrade", ()),
    (
        "db copy",
        "moving:copy",
        (_arg("--to", required=True, metavar="URL", help="commands.help.copy_to"),),
    ),
    ("doctor", "doctor:doctor", (JSON,)),
)
"""Words of the command, "module:function" under `commands`, arguments; help is a text's key."""

ARGPARSE = {
    "usage: ": "commands.argparse.usage",
    "positional arguments": "commands.argparse.arguments",
    "options": "commands.argparse.options",
    "show this help message and exit": "commands.argparse.help",
    "argument %(argument_name)s: %(message)s": "commands.argparse.about",
    "the following arguments are required: %s": "commands.argparse.missing",
    "unrecognized arguments: %s": "commands.argparse.unknown",
    "expected one argument": "commands.argparse.no_value",
    "invalid choice: %(value)r (choose from %(choices)s)": "commands.argparse.no_such",
    "invalid %(type)s value: %(value)r": "commands.argparse.no_number",
    "ambiguous option: %(option)s could match %(matches)s": "commands.argparse.ambiguous",
    "ignored explicit argument %r": "commands.argparse.no_value_wanted",
}
"""Its own sentences → ours."""


class Parser(argparse.ArgumentParser):
    """Help in characters the terminal can show; wrong use in one line, in the owner's language."""

    def __init__(self, **options: Any) -> None:
        argparse._ = _translated  # type: ignore[attr-defined]  # it asks gettext, which needs files
        super().__init__(**options)

    def format_help(self) -> str:
        return showable(super().format_help(), sys.stdout.encoding)

    def error(self, message: str) -> NoReturn:
        complain(f"❌ {text('commands.wrong_use', reason=message, program=self.prog)}")
        raise SystemExit(2)


def _translated(words: str) -> str:
    """What argparse says; a sentence it has only in some versions of Python stays English."""
    return text(ARGPARSE[words]) if words in ARGPARSE else words


def make_parser() -> Parser:
    """The parser of every command."""
    parser = Parser(prog="cli.py", description=text("commands.help.program"))
    groups: dict[str, Any] = {"": parser.add_subparsers(required=True, metavar="COMMAND")}
    for words, target, arguments in COMMANDS:
        group, _, name = words.rpartition(" ")
        if group not in groups:
            outer = groups[""].add_parser(group, help=text(f"commands.help.{_key(group)}"))
            groups[group] = outer.add_subparsers(required=True, metavar="COMMAND")
        summary = text(f"commands.help.{_key(words)}")
        command = groups[group].add_parser(name, help=summary, description=summary)
        for names, options in arguments:
            command.add_argument(*names, **{**options, "help": text(options["help"])})
        command.set_defaults(target=target)
    return parser


def _key(words: str) -> str:
    return re.sub("[ -]", "_", words)


def run(argv: Sequence[str]) -> int:
    """Parse and run; every fault becomes one clear line and an exit code."""
    try:
        arguments = make_parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    return guarded(lambda: _command(arguments.target)(arguments))


def _command(target: str) -> Callable[[argparse.Namespace], int]:
    # Imported only now, so that each command loads what it needs and no more.
    module, _, name = target.partition(":")
    found: Callable[[argparse.Namespace], int] = getattr(
        importlib.import_module(f"commands.{module}"), name
    )
    return found


def guarded(command: Callable[[], int]) -> int:
    """The commands' edge: what is wrong is said in one line each."""
    try:
        return command()
    except ConfigError as error:
        for fault in error.faults:
            complain(f"❌ {fault}")
        return 2
    except ImportRejected as error:
        complain(f"❌ {error}")
        return 2
    except DatabaseUnavailable as error:
        complain(f"❌ {text('commands.database_failed', reason=app.plain_reason(error))}")
        return 1
    except BotError as error:
        complain(f"❌ {error}")
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the flush at exit
        return 0
    except KeyboardInterrupt:
        return 0
