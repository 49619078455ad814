"""The connectivity check: the AI settings enter, a report on every provider leaves."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import app
from bot.asking import Asker
from bot.health import Ping
from bot.messages import Reply
from commands.output import say, say_json
from commands.parser import guarded
from commands.providers import ping_line, ping_row
from core.errors import AllProvidersFailed
from core.texts import text

QUESTION = "Hola, ¿tienen laptops disponibles?"
RULE = "=" * 60


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found; `reply` None when nobody answered and offline answers are off."""

    pings: list[Ping]
    reply: Reply | None

    @property
    def is_answered_by_ai(self) -> bool:
        return self.reply is not None and self.reply.model is not None


def run(argv: Sequence[str]) -> int:
    """Exit 0 when an AI provider answered, 1 when none did, 2 when it cannot be checked."""
    parser = argparse.ArgumentParser(
        prog="test_multi_provider.py", description=text("commands.help.connectivity")
    )
    parser.add_argument("--json", action="store_true", help=text("commands.help.json"))
    parser.add_argument(
        "--message", default=QUESTION, metavar="TEXT", help=text("commands.help.question")
    )
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    return guarded(lambda: _check(arguments.message, as_json=arguments.json))


def _check(question: str, *, as_json: bool) -> int:
    with closing(app.open_house(quiet=True)) as house:
        report = asyncio.run(_ask_everybody(house, question, is_quiet=as_json))
    if as_json:
        say_json(_body(report))
    else:
        _say_answer(report)
    return 0 if report.is_answered_by_ai else 1


async def _ask_everybody(house: app.House, question: str, *, is_quiet: bool) -> Report:
    """Ping, then ask with fallback; nothing of a talk is kept."""
    async with app.open_engine(house) as engine:
        if not is_quiet:
            say(text("commands.check_title"))
            say(RULE)
            say(text("commands.check_step_1"))
        pings = await engine.health.ping_all(engine.client, app.members_listed(house.settings))
        if not is_quiet:
            for ping in pings:
                say(ping_line(ping))
            say(text("commands.check_step_2"))
        asker = Asker(
            house.database,
            house.clock,
            engine.answerer,
            deadline_s=house.settings.turn_deadline_s,
        )
        try:
            return Report(pings, (await asker.ask(question)).reply)
        except AllProvidersFailed:
            return Report(pings, None)


def _say_answer(report: Report) -> None:
    reply = report.reply
    if reply is None or reply.model is None:
        say(text("commands.check_no_ai"))
        for line in text("advice.all_failed").splitlines():
            say(line)
        if reply is not None:
            say(text("commands.check_offline"))
    else:
        say(text("commands.check_answered"))
    if reply is not None:
        say(text("commands.check_provider", provider=reply.provider.upper()))
        say(text("commands.check_model", model=reply.model or text("commands.catalog_as_model")))
        say(text("commands.check_content"))
        say(reply.text)


def _body(report: Report) -> dict[str, Any]:
    reply = report.reply
    answer = reply and {
        "provider": reply.provider,
        "model": reply.model,
        "content": reply.text,
        "duration_ms": reply.duration_ms,
    }
    return {"providers": [ping_row(ping) for ping in report.pings], "answer": answer}
