"""Commands that answer a question: ask, prompt."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import closing

import app
from bot.answerer import unavailable_sentence
from bot.asking import Answered, Asker, answer_body
from bot.failure import failure_body
from bot.figures import attempts_of
from bot.messages import TalkMessage
from commands.output import complain, say, say_json
from core.errors import AllProvidersFailed, ConfigError
from core.ids import new_id
from core.texts import text


def ask(arguments: Namespace) -> int:
    """One question, one answer; exit 0 also when the answer is the offline one."""
    question = _question(arguments)
    turn_id = new_id()
    with closing(app.open_house()) as house:
        try:
            answered = asyncio.run(_ask(house, question, arguments.contact, turn_id))
        except AllProvidersFailed as error:
            return _failed(house, error, turn_id, as_json=arguments.json)
    if arguments.json:
        say_json(answer_body(answered))
    else:
        say(answered.reply.text)
    return 0


def _question(arguments: Namespace) -> str:
    question: str = arguments.text.strip()
    if not question:
        raise ConfigError(text("commands.question_empty"))
    return question


async def _ask(house: app.House, question: str, contact: str | None, turn_id: str) -> Answered:
    async with app.open_engine(house) as engine:
        asker = Asker(
            house.database,
            house.clock,
            engine.answerer,
            deadline_s=house.settings.turn_deadline_s,
        )
        return await asker.ask(question, contact, turn_id=turn_id)


def _failed(house: app.House, error: AllProvidersFailed, turn_id: str, *, as_json: bool) -> int:
    language = house.settings.shop_language
    sentence = unavailable_sentence(error, language)
    if as_json:
        house.database.flush()  # the ledger's rows are queued, not awaited
        rows = house.database.read(lambda c: attempts_of(c, turn_id))
        say_json(failure_body(error, sentence, rows, app.members_listed(house.settings)))
    else:
        complain(sentence)
    return 1


def prompt(arguments: Namespace) -> int:
    """Exactly what would be sent, with its tokens."""
    question = _question(arguments)
    with closing(app.open_house(quiet=True)) as house:
        waiting = [TalkMessage(1, "customer", question, "text", house.clock.now())]
        context = house.database.read(lambda c: app.context_reader(house).read(c, waiting))
        built = app.prompt_limits(house.settings).build(context)
    for message in built.messages:
        say(f"--- {message.role} ---")
        say(message.content)
    say("---")
    say(text("commands.prompt_size", tokens=built.tokens, version=built.version))
    return 0
