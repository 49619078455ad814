"""The connectivity check: the AI settings enter, a report on every provider leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import app
from bot import grounding
from bot.health.pings import Ping
from bot.messages import TalkMessage
from bot.providers import offline
from bot.responder import Responder
from commands.output import say, say_json
from commands.parser import Parser, guarded
from commands.providers import ping_line, ping_row
from core.errors import AllProvidersFailed
from core.texts import text

QUESTION = "Hola, ¿tienen laptops disponibles?"
RULE = "=" * 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What the check's question got; `model` None when the catalog answered, not an AI.

    `is_true` is the truth check's word: what it rejects never reaches a customer.
    """

    provider: str
    model: str | None
    content: str
    duration_ms: int
    is_true: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found; `answer` None when no AI answered and offline answers are off."""

    pings: list[Ping]
    answer: Answer | None

    @property
    def is_answered_by_ai(self) -> bool:
        return self.answer is not None and self.answer.model is not None


def run(argv: Sequence[str]) -> int:
    """Exit 0 when an AI provider answered, 1 when none did, 2 when it cannot be checked."""
    parser = Parser(
        prog="scripts/test_multi_provider.py", description=text("commands.help.connectivity")
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
        pings = await engine.pinger.ping_all(engine.roster.listed)
        if not is_quiet:
            for ping in pings:
                say(ping_line(ping))
            say(text("commands.check_step_2"))
        return Report(pings, await _answer(house, engine.responder, question))


async def _answer(house: app.House, responder: Responder, question: str) -> Answer | None:
    """One generation with the catalog's prompt; whose answer it is matters here, true or not."""
    waiting = [TalkMessage(1, "customer", question, "text", house.clock.now())]
    context = house.database.read(lambda c: app.context_reader(house).read(c, waiting))
    prompt = app.prompt_limits(house.settings).build(context)
    started = house.clock.monotonic_s()

    def took_ms() -> int:
        return round((house.clock.monotonic_s() - started) * 1000)

    try:
        said = await responder.respond(prompt, deadline_s=house.settings.turn_deadline_s)
    except AllProvidersFailed:
        if not house.settings.ai_offline_answers:
            return None
        return Answer(offline.NAME, None, offline.answer(context).text, took_ms())
    is_true = grounding.check(said.text, context).grounded
    return Answer(said.provider, said.model, said.text, took_ms(), is_true)


def _say_answer(report: Report) -> None:
    answer = report.answer
    if report.is_answered_by_ai:
        say(text("commands.check_answered"))
    else:
        say(text("commands.check_no_ai"))
        say(text("advice.all_failed").rstrip())
        if answer is not None:
            say(text("commands.check_offline"))
    if answer is not None:
        say(text("commands.check_provider", provider=answer.provider.upper()))
        say(text("commands.check_model", model=answer.model or text("commands.catalog_as_model")))
        say(text("commands.check_content"))
        say(answer.content)
        if not answer.is_true:
            say(text("commands.check_untrue"))


def _body(report: Report) -> dict[str, Any]:
    answer = report.answer and {
        "provider": report.answer.provider,
        "model": report.answer.model,
        "content": report.answer.content,
        "duration_ms": report.answer.duration_ms,
    }
    return {"providers": [ping_row(ping) for ping in report.pings], "answer": answer}
