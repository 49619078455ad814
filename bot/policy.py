"""A customer's messages enter; whether to wait, answer, stay silent or stop writing leaves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.messages import TalkMessage
from bot.reading import intents
from bot.reading.language import detect_language as detect_language
from bot.reading.language import words
from core.texts import has_text, text

Kind = Literal["answer", "person", "unsupported", "opt_out", "silent"]

_FILE_NAME_BODY = "document"
"""The one type whose body is not the customer's own words but the name of the file."""
_READABLE_TYPES = frozenset({"text", "button", "interactive"})
_LONG_CHARS = 80
_QUESTION_WORDS = 3
_OPENS_QUESTION = re.compile(
    r"(?:(?:y|e|hola|hi|hello|oi|buen[oa]s?|dias?|tardes?|noches?) )*"
    r"(?:a que|que|cual(?:es)?|cuant[oa]s?|cuando|donde|como|quien|por que"
    r"|what|which|how|when|where|who|do you|can i|is there|are you"
    r"|qual|quais|quantos?|quando|onde|tem como) "
)


class Said(Protocol):
    """What an inbound message and a stored one have in common."""

    @property
    def body(self) -> str: ...

    @property
    def type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with the waiting messages.

    Args:
        kind: "answer"; "person": answer, and the customer asks for a human; "unsupported" or
            "opt_out": send `reply` and ask no provider; "silent": send nothing.
        language: of the waiting messages.
        reply: the whole reply of "unsupported" and "opt_out", else None.
        note: goes before the answer: what the customer sent and the shop could not see.
    """

    kind: Kind
    language: str
    reply: str | None = None
    note: str = ""


def wait_s(message: Said, coalesce_wait_s: float) -> float:
    """Seconds to wait for more messages after this one; 0 for one that is complete."""
    return coalesce_wait_s if is_fragment(message) else 0.0


def is_fragment(message: Said) -> bool:
    """Whether more is likely to follow: "hola", "quiero", "una laptop".

    Taps, media, questions, finished sentences and long texts stand on their own; a mere greeting
    is an opening however it ends.
    """
    body = message.body.strip()
    if message.type != "text" or not body:
        return False
    if intents.intents(body) == {"greeting"} and "?" not in body:
        return True
    if body.endswith(("...", "…", ",", ":")):
        return True
    return not (len(body) >= _LONG_CHARS or _is_closed(body) or _is_question(body))


def _is_closed(body: str) -> bool:
    """Ends in a full stop, a question or exclamation mark, or an emoji."""
    end = body.rstrip(")\"'»*_ \u200d\ufe0f")[-1:]
    return bool(end) and (end in ".!?" or unicodedata.category(end) in ("So", "Sk"))


def _is_question(body: str) -> bool:
    said = words(body.splitlines()[-1])
    return len(said) >= _QUESTION_WORDS and bool(_OPENS_QUESTION.match(" ".join(said) + " "))


def decide(
    waiting: Sequence[TalkMessage], *, mode: str, opted_out: bool, language: str | None
) -> Decision:
    """What to do with a conversation's waiting messages.

    Whoever opted out and writes again asked something, and is answered.

    Args:
        waiting: oldest first, at least one.
        mode: "bot", or "person" while a human of the shop answers.
        opted_out: the customer asked before to be left alone.
        language: of the talk so far, when it is known.
    """
    written = [message.body for message in waiting if _has_words(message)]
    spoken = detect_language(written, language)
    if written and intents.asks_to_stop(written[-1]):
        if opted_out:  # the confirmation went out the first time; a second is what they declined
            return Decision("silent", spoken)
        return Decision("opt_out", spoken, text("customer.opt_out", spoken))
    if mode == "person":
        return Decision("silent", spoken)
    unseen = list(dict.fromkeys(m.type for m in waiting if m.type not in _READABLE_TYPES))
    if not written:
        return Decision("unsupported", spoken, _sentences("unsupported", unseen, spoken))
    wants_person = "person" in intents.intents("\n".join(written))
    note = _sentences("unseen", unseen, spoken) if unseen else ""
    return Decision("person" if wants_person else "answer", spoken, note=note)


def _sentences(table: str, types: Sequence[str], language: str) -> str:
    """One sentence for each type of message, the general one for a type that has none."""
    keys = [f"customer.{table}.{type_}" for type_ in types or ["unknown"]]
    known = (key if has_text(key) else f"customer.{table}.unknown" for key in keys)
    return "\n".join(text(key, language) for key in dict.fromkeys(known))


def _has_words(message: TalkMessage) -> bool:
    return message.type != _FILE_NAME_BODY and bool(message.body.strip())
