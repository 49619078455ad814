"""A scene of a shop enters, replies a model might give leave: lies by way, truths by style."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.turn_context import TurnContext
from tests.told.fields import fields
from tests.told.scenes import Scene, pick

LANGUAGES = ("es", "en", "pt")
OPENINGS = {
    "es": ("", "", "", "¡Hola! ", "¡Claro que sí! ", "Con gusto 😊 ", "Gracias por escribirnos. "),
    "en": ("", "", "", "Hi there! ", "Of course! ", "Happy to help 😊 "),
    "pt": ("", "", "", "Olá! ", "Claro! ", "Com prazer 😊 "),
}
CLOSINGS = {
    "es": ("", "", "", " ¿Te ayudo con algo más?", "\n\n¿Qué te parece?", " Quedo atento 😊"),
    "en": ("", "", "", " Anything else I can help with?", "\n\nWhat do you think?"),
    "pt": ("", "", "", " Posso ajudar em algo mais?", "\n\nO que você acha?"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One reply with what it answers.

    Args:
        way: the name of the lie or of the style.
        kind: what the lie is about; "" for truths.
    """

    way: str
    kind: str
    language: str
    reply: str
    context: TurnContext


def ways(name: str) -> dict[str, dict[str, Any]]:
    """The table of "lies" or of "truths"."""
    path = Path(__file__).with_name(f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def told(
    name: str, scenes: Sequence[Scene], dice: random.Random, *, languages: Sequence[str] = LANGUAGES
) -> Iterator[Told]:
    """Every way once, each in a scene and a language drawn for it."""
    for way, table in ways(name).items():
        scene = pick(scenes, table.get("needs", ""), dice)
        if scene is None:
            continue
        language = dice.choice(languages)
        known = fields(scene, language, dice)
        ask = dice.choice(table.get("asks", ("¿qué me recomiendas?", "hola, info del {n}")))
        reply = dice.choice(table[language]).format_map(known)
        opening, closing = dice.choice(OPENINGS[language]), dice.choice(CLOSINGS[language])
        context = scene.context(ask.format_map(known), language, table.get("now"))
        yield Told(way, table.get("kind", ""), language, f"{opening}{reply}{closing}", context)


def every_template(name: str, scenes: Sequence[Scene], dice: random.Random) -> Iterator[Told]:
    """Every sentence of every way, once."""
    for way, table in ways(name).items():
        for language in LANGUAGES:
            for template in table[language]:
                scene = pick(scenes, table.get("needs", ""), dice)
                if scene is None:
                    continue
                known = fields(scene, language, dice)
                ask = dice.choice(table.get("asks", ("hola", "info del {n}"))).format_map(known)
                context = scene.context(ask, language, table.get("now"))
                reply = template.format_map(known)
                yield Told(way, table.get("kind", ""), language, reply, context)
