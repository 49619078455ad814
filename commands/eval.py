"""Commands that measure: eval search, eval talks."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import app
from app import house as opened
from bot.health import Member
from catalog.products import count_products
from commands.output import complain, say, say_json, table
from commands.progress import Bar
from commands.shop import read_facts
from core.errors import ConfigError
from core.log import configure
from core.texts import text
from evals.isolation import copy_of
from evals.page import MEASURES, failure_sentence, percent, search_page, talks_page
from evals.reading import read_queries, read_talks
from evals.report import talks_body
from evals.running import Plan, run_talks
from evals.searching import ask_all, search_body

Body = Mapping[str, Any]
Page = Callable[[Body], str]


def search(arguments: Namespace) -> int:
    """How well the search answers judged queries; exit 1 below what the product promises."""
    path = Path(arguments.file)
    queries = read_queries(path)
    report = _report_path(arguments, "eval-search.html")
    with ExitStack() as stack:
        house = stack.enter_context(closing(app.open_house(quiet=True)))
        if arguments.catalog:
            house = stack.enter_context(copy_of(house, catalog=Path(arguments.catalog)))
        answers = ask_all(house, queries)
        body = {
            **_about(house, path),
            "products": house.database.read(count_products),
            **search_body(answers),
        }
    if not arguments.json:
        _say_search(body)
    _tell(arguments, body, search_page, report)
    return 0 if body["passed"] else 1


def talks(arguments: Namespace) -> int:
    """What the shop answers in scripted talks; exit 1 when one went wrong."""
    path = Path(arguments.file)
    scripted = read_talks(path)
    report = _report_path(arguments, "eval-talks.html")
    if arguments.times < 1:
        raise ConfigError(text("evals.times_wrong"))
    bar = Bar()
    with closing(app.open_house(quiet=True)) as house:
        # Whoever failed stands in the report, turn by turn.
        configure(level="CRITICAL", log_format=house.settings.log_format)
        plan = Plan(
            times=arguments.times,
            members=_members(house, arguments),
            catalog=Path(arguments.catalog) if arguments.catalog else None,
            facts=read_facts(Path(arguments.shop)) if arguments.shop else None,
            told=partial(bar.show, "talks"),
        )
        runs = asyncio.run(run_talks(house, scripted, plan))
        body = {**_about(house, path), **talks_body(runs)}
    bar.clear()
    if not arguments.json:
        _say_talks(body)
    _tell(arguments, body, talks_page, report)
    return 0 if body["passed"] == body["talks"] else 1


def _about(house: app.House, path: Path) -> dict[str, Any]:
    now = app.shop_time(house, house.clock.now())
    return {"file": path.name, "at": now.isoformat(sep=" ", timespec="minutes")}


def _members(house: app.House, arguments: Namespace) -> Sequence[Member] | None:
    """Who is asked; None: whoever the settings name."""
    if arguments.offline:
        return ()
    if not arguments.provider:
        return None
    member = app.Roster(house.settings).member(arguments.provider)
    if not member.is_configured:
        raise ConfigError(text("evals.no_key", name=member.name))
    return (member,)


def _report_path(arguments: Namespace, name: str) -> Path:
    """Where the report goes; found out before anything is asked that may cost money."""
    if not arguments.report:
        (opened.ROOT / "data").mkdir(exist_ok=True)
        return opened.ROOT / "data" / name
    path = Path(arguments.report)
    if not path.parent.is_dir() or path.is_dir():
        raise ConfigError(text("commands.file_unwritable", file=path.name))
    return path


def _tell(arguments: Namespace, body: Body, page: Page, path: Path) -> None:
    is_json = path.suffix.lower() == ".json"
    content = json.dumps(body, ensure_ascii=False, indent=2) if is_json else page(body)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError:
        raise ConfigError(text("commands.file_unwritable", file=path.name)) from None
    if arguments.json:
        say_json(body)
    complain(text("evals.report_written", file=path))


def _say_talks(body: Body) -> None:
    table([(one["kind"], f"{one['passed']}/{one['talks']}") for one in body["kinds"]])
    for run in body["runs"]:
        for turn in run["turns"]:
            for one in turn["failures"]:
                say(f"❌ {run['id']}: {failure_sentence(one)}")
    say(text("evals.talks_done", passed=body["passed"], talks=body["talks"]))


def _say_search(body: Body) -> None:
    for one in body["failures"]:
        say(f"❌ {one['query']}: {', '.join(one['missing'] or one['instead'])}")
    for name in MEASURES:
        say(f"{text(f'evals.label.{name}')}: {percent(body['measures'][name])}")
    say(text("evals.search_times", p50=body["p50_ms"], p99=body["p99_ms"]))
