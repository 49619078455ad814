"""Commands about the section of the prompt the shop writes itself: show, set, reset."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path

import app
from bot.prompts import voice
from commands.output import complain, say
from commands.reading import read_text
from core import own_texts
from core.texts import text


def show(arguments: Namespace) -> int:
    """The section in force on stdout, as `set` takes it; what it is beside it."""
    with closing(app.open_house(quiet=True)) as house:
        language = _language(house, arguments)
        own = house.database.read(lambda c: own_texts.current(c, voice.own_name(language)))
    say(own.body if own else voice.shipped(language))
    state = "own" if own else "shipped"
    complain(text(f"commands.template_{state}", version=voice.version(own, language)))
    names = ", ".join(f"{{{name}}}" for name in voice.PLACEHOLDERS)
    complain(text("commands.template_hint", names=names))
    return 0


def set_(arguments: Namespace) -> int:
    """Put the text of a file in force."""
    body = voice.checked(read_text(Path(arguments.file)))
    return _save(arguments, body, "commands.template_saved")


def reset(arguments: Namespace) -> int:
    """Back to the text that ships."""
    return _save(arguments, "", "commands.template_reset")


def _save(arguments: Namespace, body: str, done: str) -> int:
    with closing(app.open_house(quiet=True)) as house:
        language = _language(house, arguments)
        now = house.clock.now()
        number = house.database.write(
            lambda c: own_texts.save(c, voice.own_name(language), body, now=now)
        )
    own = own_texts.OwnText(number, body) if body else None
    say(text(done, version=voice.version(own, language)))
    return 0


def _language(house: app.House, arguments: Namespace) -> str:
    return arguments.language or house.settings.shop_language
