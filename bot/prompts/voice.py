"""How the shop wants to sound enters, in its own words or as shipped; the filled-in text leaves.

Only this section of the prompt is the shop's to write. The rules that protect customers ship with
the code, stand behind it and say that they prevail.
"""

from __future__ import annotations

import re

from bot.prompts.inert import visible
from core.errors import ConfigError
from core.own_texts import OwnText
from core.texts import text

VERSION = "sales-2"
PLACEHOLDERS = ("shop", "phone", "website")
MOST_CHARS = 3000
"""About 750 tokens: a quarter of what a prompt may take unless the settings say otherwise."""

_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")


def own_name(language: str) -> str:
    """Under which name the shop's own section of a language is kept."""
    return f"prompt.{language}"


def shipped(language: str) -> str:
    """The section as it comes with the product."""
    return text("prompt.voice", language).strip()


def version(own: OwnText | None, language: str) -> str:
    """What is recorded with each turn: "sales-2", or "sales-2+es.3" with the shop's own section."""
    return f"{VERSION}+{language}.{own.version}" if own else VERSION


def checked(body: str) -> str:
    """A section the shop wrote, as it may be kept.

    Raises:
        ConfigError: with everything that is wrong with it.
    """
    cleaned = visible("\n".join(body.splitlines())).strip()
    faults = []
    if not cleaned:
        faults.append(text("prompt.own.empty"))
    if len(cleaned) > MOST_CHARS:
        faults.append(text("prompt.own.long", chars=len(cleaned), most=MOST_CHARS))
    unknown = sorted(set(_PLACEHOLDER.findall(cleaned)) - {*PLACEHOLDERS})
    if unknown:
        faults.append(
            text("prompt.own.unknown", names=_listed(unknown), known=_listed(PLACEHOLDERS))
        )
    if faults:
        raise ConfigError(*faults)
    return cleaned


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def filled(own: OwnText | None, language: str, values: dict[str, str]) -> str:
    """The section in force with what is known of the shop; nothing in it can pass for a tag."""
    body = own.body if own else shipped(language)
    plain = body.replace("<", "‹").replace(">", "›")
    unknown = text("prompt.not_known", language)
    return _PLACEHOLDER.sub(lambda found: values.get(found[1]) or unknown, plain)
