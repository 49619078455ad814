"""A conversation in the database enters, everything one answer may rest on leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from bot import policy
from bot.finding import candidates
from bot.mentioned import mentioned, products_of
from bot.messages import TalkMessage
from bot.prompts import voice
from bot.reading import intents
from bot.talk import has_bot_spoken, talk_before
from bot.turn_context import TurnContext
from catalog.overview import categories
from catalog.search import Catalog, CatalogSearch
from core import own_texts
from shop import facts as shop_facts
from shop.facts import ShopFacts

MOST_CATEGORIES = 12
"""A catalog is told by the deepest level of its categories that has no more names than this."""
TALK_MESSAGES = 120
"""How far back a talk is read; what stands before the newest messages is only summed up."""


@dataclass(frozen=True, slots=True)
class ShopDefaults:
    """What the settings say about the shop; None leaves it to the facts file."""

    name: str | None = None
    language: str = "es"
    currency: str | None = None
    timezone: str | None = None


class ContextReader:
    """Reads contexts; holds what does not change between turns.

    Args:
        history_messages: most earlier messages a context carries.
        now: the clock's reading.
    """

    def __init__(
        self,
        search: CatalogSearch,
        defaults: ShopDefaults,
        *,
        history_messages: int,
        now: Callable[[], datetime],
    ) -> None:
        self._search = search
        self._defaults = defaults
        self._history_messages = history_messages
        self._now = now
        self._kept: tuple[int, ShopFacts] | None = None
        """The facts as of a revision of the catalog, which each change of them raises too."""

    def read(
        self,
        connection: Connection,
        waiting: Sequence[TalkMessage],
        *,
        conversation_id: int | None = None,
        language: str | None = None,
    ) -> TurnContext:
        """The context of one answer.

        Args:
            waiting: the messages to answer, oldest first.
            conversation_id: whose history to read; None when there is none.
            language: the contact's language so far.
        """
        catalog = self._search.at(connection)
        talk: list[TalkMessage] = []
        is_first_reply = True
        if conversation_id is not None:
            talk = self._talk(connection, conversation_id, waiting[0].seq)
            has_spoken = any(message.author == "bot" for message in talk)
            is_first_reply = not (has_spoken or has_bot_spoken(connection, conversation_id))
        history = talk[-self._history_messages :]
        known = products_of(catalog, talk)
        named = mentioned(talk, known)
        spoken = policy.detect_language(
            [message.body for message in waiting], language, default=self._defaults.language
        )
        facts = self._facts(connection, catalog.revision)
        values = facts.values
        timezone = self._defaults.timezone or str(values.get("timezone") or "UTC")
        return TurnContext(
            waiting=tuple(waiting),
            history=tuple(history),
            earlier=tuple(talk[: -self._history_messages]),
            known=known,
            hits=candidates(catalog, waiting, history, named),
            mentioned=named,
            articles=catalog.terms,
            categories=_overview(connection, waiting),
            facts=facts,
            voice=own_texts.current(connection, voice.own_name(spoken)),
            language=spoken,
            shop_name=self._defaults.name or str(values.get("name") or ""),
            currency=self._currency(catalog, values),
            now=self._now().astimezone(_zone(timezone)),
            is_first_reply=is_first_reply,
            shop_revision=catalog.revision,
        )

    def _facts(self, connection: Connection, revision: int) -> ShopFacts:
        kept = self._kept
        if kept is None or kept[0] != revision:
            self._kept = kept = revision, shop_facts.load(connection)
        return kept[1]

    def _currency(self, catalog: Catalog, values: Mapping[str, Any]) -> str:
        said = self._defaults.currency or values.get("currency")
        return str(said or catalog.main_currency or "USD")

    def _talk(self, connection: Connection, conversation_id: int, seq: int) -> list[TalkMessage]:
        """The talk before message `seq`; nothing where no history is wanted."""
        if not self._history_messages:
            return []
        most = max(TALK_MESSAGES, self._history_messages)
        return talk_before(connection, conversation_id, seq, most)


def _overview(
    connection: Connection, waiting: Sequence[TalkMessage]
) -> tuple[tuple[str, int], ...]:
    """What the shop sells, for whoever asks that."""
    if "overview" not in intents.intents(intents.asked(waiting)):
        return ()
    return categories(connection, MOST_CATEGORIES)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
