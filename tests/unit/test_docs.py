"""The documents say what the code does: commands, settings, files, routes and examples are real."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from bot import outcome
from bot.readiness import Readiness
from catalog.importer import read_file
from catalog.sample import sample_path
from commands.parser import COMMANDS, make_parser
from core.settings import ALIASES, SETTING_NAMES
from core.texts import text
from shop.checks import check_facts
from shop.sample import sample_facts
from tests.fakes import FixedClock
from web import answers, api
from webhooks import blueprint as twilio

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    *("README.md", "CHANGELOG.md", "benchmarks/README.md"),
    *("docs/design.md", "docs/evaluation.md", "docs/fallback.md"),
    *("docs/glossary.md", "docs/guia.es.md", "docs/metrics.md", "docs/operations.md"),
)
GUIDES = ("README.md", "docs/guia.es.md")
SETTINGS = {*SETTING_NAMES, *(alias for names in ALIASES.values() for alias in names)}
SOURCES = ("app", "bot", "catalog", "commands", "core", "evals", "shop", "web", "webhooks")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def read(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def lines_of_code(document: str) -> list[str]:
    """What a reader would type: inline code, indented lines and fenced lines."""
    content = read(document)
    indented = [line.strip() for line in content.splitlines() if line.startswith("    ")]
    fenced = [line.strip() for block in FENCED.findall(content) for line in block[1].splitlines()]
    return [*INLINE.findall(FENCED.sub("", content)), *indented, *fenced]


def orders(document: str, program: str) -> Iterator[list[str]]:
    """The words behind `python <program>` wherever it is written."""
    for line in lines_of_code(document):
        if found := re.search(rf"\bpython {re.escape(program)}(\S*)(.*)$", line):
            yield [found[1], *shlex.split(found[2], comments=True)]


def slugs(document: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", read(document)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_readme_names_every_command() -> None:
    named = {" ".join(words[1:]) for words in orders("README.md", "cli.py")}

    missing = [
        words
        for words, _, _ in COMMANDS
        if not any(f"{order} ".startswith(f"{words} ") for order in named)
    ]

    assert missing == []


@pytest.mark.parametrize("document", GUIDES)
def test_every_command_in_the_guides_is_understood(document: str) -> None:
    typed = [words[1:] for words in orders(document, "cli.py")]

    assert typed
    for words in typed:
        assert make_parser().parse_args(words).target


@pytest.mark.parametrize("document", GUIDES)
def test_every_script_in_the_guides_exists(document: str) -> None:
    scripts = {words[0] for words in orders(document, "scripts/")}

    assert {"start.py", "test_multi_provider.py"} <= scripts
    assert [name for name in scripts if not (ROOT / "scripts" / name).is_file()] == []


def test_readme_shows_what_a_first_start_and_a_first_question_print() -> None:
    shown = "\n".join(body for _, body in FENCED.findall(read("README.md")))
    keys = ("serving_no_twilio", "serving_sample", "serving_try", "serving_stop", "check_answered")
    printed = [text(f"commands.{key}") for key in keys]
    greeting = text("customer.offline.first", shop=sample_facts()["name"])

    assert [line for line in (*printed, greeting) if line not in shown] == []


def test_readme_names_the_two_commands_within_the_first_screen() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:22])

    assert "python scripts/start.py" in first_screen
    assert "python scripts/test.py" in first_screen


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_named_exists(document: str) -> None:
    code = "\n".join(lines_of_code(document))
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b", code))
    assigned = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", code, re.MULTILINE))

    assert (named | assigned) - SETTINGS == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    for path, anchor in LINK.findall(read(document)):
        target = (ROOT / document).parent / path if path else ROOT / document

        assert target.exists(), path
        assert not anchor or anchor in slugs(str(target.relative_to(ROOT))), anchor


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_named_exists(document: str) -> None:
    made_by_the_reader = re.compile(
        r"data/|\.venv|productos\.(?:rechazadas\.)?csv|products\.json|tienda\.json|(?:voz|sinonimos)\.txt|\.env$"
    )
    words = (word for code in INLINE.findall(read(document)) for word in code.split())
    files = {
        word
        for word in words
        if re.fullmatch(r"[\w./-]+(?:\.(?:py|md|toml|txt|csv|json|bat)|/)", word)
        and not word.startswith(("/", "-"))
        and not made_by_the_reader.search(word)
    }

    unknown = [f for f in files if not ((ROOT / f).exists() or any(ROOT.glob(f"[!.]*/**/{f}")))]

    assert unknown == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_identifier_named_is_in_the_code(document: str) -> None:
    files = [path for name in SOURCES for path in (ROOT / name, *(ROOT / name).rglob("*.py"))]
    source = "\n".join(path.read_text("utf-8") for path in files if path.is_file())
    named = {
        found[0]
        for code in INLINE.findall(read(document))
        if (found := re.match(r"[a-z]+(?:_[a-z]+)+(?=$|[ =(])", code))
    }

    assert [name for name in sorted(named) if name not in source] == []


def test_readme_names_every_route_and_no_other(clock: FixedClock) -> None:
    web = Flask("test", static_folder=None)
    web.register_blueprint(
        api.make_blueprint(
            readiness=lambda: Readiness({}, {}),
            metrics=CollectorRegistry(),
            api_token=None,
            public_base_url=None,
        )
    )
    web.register_blueprint(
        answers.make_blueprint(
            ask=lambda _message, _contact: outcome.failed("server", ""),
            api_token="a-token",
            language="es",
            most_at_once=1,
        )
    )
    web.register_blueprint(
        twilio.make_blueprint(
            accept=lambda _message: True,
            record_status=lambda _update: None,
            public_base_url=None,
            auth_tokens=(),
            refusals=twilio.RefusalLog(clock),
        )
    )

    named = set(re.findall(r"`(?:GET|POST) (/\S+)`", read("README.md")))

    assert named == {rule.rule for rule in web.url_map.iter_rules()}


@pytest.mark.parametrize("document", GUIDES)
def test_the_facts_file_of_the_guides_can_be_imported(document: str) -> None:
    examples = [body for kind, body in FENCED.findall(read(document)) if kind == "json"]

    assert [check_facts(json.loads(body)) for body in examples] == [[]]


def test_the_catalog_file_of_the_readme_can_be_imported(tmp_path: Path) -> None:
    [body] = [body for kind, body in FENCED.findall(read("README.md")) if kind == "csv"]
    file = tmp_path / "productos.csv"
    file.write_text(body, encoding="utf-8")

    checked = read_file(file, default_currency="COP")

    assert (len(checked.rows), checked.rejected) == (2, ())


def test_the_catalog_table_of_the_guide_can_be_imported(tmp_path: Path) -> None:
    rows = re.findall(r"^ +\|(?!-)(.+)\|$", read("docs/guia.es.md"), re.MULTILINE)
    file = tmp_path / "productos.csv"
    file.write_text("\n".join(row.replace("|", ";") for row in rows), encoding="utf-8")

    checked = read_file(file, default_currency="COP")

    assert (len(checked.rows), checked.rejected) == (2, ())


def test_the_guide_has_the_section_the_program_sends_people_to() -> None:
    [title] = re.findall("«(.+?)»", text("commands.serving_no_twilio"))

    assert f"\n## {title}\n" in read("docs/guia.es.md")


def test_every_word_of_the_glossary_has_its_place() -> None:
    rows = re.findall(r"^\| (?!word|-)(.+?) \| .+ \| `(.+?)` \|$", read("docs/glossary.md"), re.M)

    assert len(rows) > 40
    assert [word for word, place in rows if not (ROOT / place).is_file()] == []


def test_the_changelog_tells_of_this_version_and_of_the_sample_as_it_is() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    products = read_file(sample_path(), default_currency="COP").rows

    assert f"\n## [{version}]" in read("CHANGELOG.md")
    assert f"sample shop of {len(products)} products" in read("CHANGELOG.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_are_clean_text(document: str) -> None:
    content = read(document)

    assert unicodedata.is_normalized("NFC", content)
    assert re.findall(r"[ \t]+$", content, re.MULTILINE) == []
    assert [line for line in content.splitlines() if len(line) > 200 and line[0] != "|"] == []
