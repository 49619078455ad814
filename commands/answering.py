"""Commands that answer a question: ask, prompt."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import app
from bot.channels.formatting import clean_text
from bot.messages import Prompt, TalkMessage
from bot.outcome import Outcome
from bot.prompt import tokens_of
from catalog.search import Hit
from commands.output import complain, say, say_json
from core.errors import ConfigError
from core.texts import text


def ask(arguments: Namespace) -> int:
    """One question, one answer; exit 0 also when the answer is the offline one."""
    question = _question(arguments)
    if arguments.contact is not None and not clean_text(arguments.contact).strip():
        raise ConfigError(text("commands.contact_empty"))
    with closing(app.open_house()) as house:
        found = asyncio.run(_ask(house, question, arguments.contact))
    is_answered = found.status == 200
    if arguments.json:
        say_json(found.body)
    elif is_answered:
        say(found.body["reply"])
    else:
        complain(found.body["message"])
    return 0 if is_answered else 1


def _question(arguments: Namespace) -> str:
    question: str = arguments.text.strip()
    if not question:
        raise ConfigError(text("commands.question_empty"))
    return question


async def _ask(house: app.House, question: str, contact: str | None) -> Outcome:
    async with app.open_engine(house) as engine:
        return await engine.asker.ask(question, contact)


def prompt(arguments: Namespace) -> int:
    """Exactly what would be sent, with its tokens, and why these products."""
    question = clean_text(_question(arguments))
    with closing(app.open_house(quiet=True)) as house:
        waiting = [TalkMessage(1, "customer", question, "text", house.clock.now())]
        context = house.database.read(lambda c: app.context_reader(house).read(c, waiting))
        built = app.prompt_limits(house.settings).build(context)
    if arguments.json:
        say_json(_prompt_body(built, context.hits))
    else:
        _say_prompt(built, context.hits)
    return 0


def _prompt_body(built: Prompt, hits: Sequence[Hit]) -> dict[str, Any]:
    return {
        "version": built.version,
        "tokens": built.tokens,
        "messages": [
            {"role": said.role, "tokens": tokens_of(said), "content": said.content}
            for said in built.messages
        ],
        "candidates": [
            {"sku": hit.product.sku, "name": hit.product.name, "reason": hit.reason} for hit in hits
        ],
    }


def _say_prompt(built: Prompt, hits: Sequence[Hit]) -> None:
    for said in built.messages:
        say(f"--- {said.role} ({text('commands.tokens', tokens=tokens_of(said))}) ---")
        say(said.content)
    say("---")
    for hit in hits:
        say(
            text(
                "commands.prompt_candidate",
                sku=hit.product.sku,
                name=hit.product.name,
                reason=hit.reason or "-",
            )
        )
    say(text("commands.prompt_size", tokens=built.tokens, version=built.version))
