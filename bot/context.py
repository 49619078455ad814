"""A conversation in the database enters, everything one answer may rest on leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from bot import intents, policy
from bot.language import words
from bot.mentioned import mentioned, products_of
from bot.messages import TalkMessage
from bot.prompts import voice
from bot.talk import has_bot_spoken, talk_before
from bot.turn_context import MENTIONED, TurnContext
from catalog.limits import read_limits
from catalog.overview import categories
from catalog.revision import revision
from catalog.search import CatalogSearch, Hit, ProductView
from core import own_texts
from shop import facts as shop_facts

CANDIDATES = 8
MOST_CATEGORIES = 12
"""A catalog is told by the deepest level of its categories that has no more names than this."""
TALK_MESSAGES = 120
"""How far back a talk is read; what stands before the newest messages is only summed up."""
MOST_WISHES = 4
KIND_SHOWN_BY = 3
"""The first hits of a search without limits say what kind of thing is asked for."""
_CHEAP = "barato"
"""Said with a query, the search puts the cheapest first."""
MENTIONED_PLACES = 3
"""Places among the candidates that products of earlier replies keep beside a full search; beside
one for a question that names no product itself ("¿y el segundo?") they keep all they need."""


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
        talk: list[TalkMessage] = []
        is_first_reply = True
        if conversation_id is not None:
            is_first_reply = not has_bot_spoken(connection, conversation_id)
            talk = self._talk(connection, conversation_id, waiting[0].seq)
        history = talk[-self._history_messages :]
        known = products_of(connection, talk)
        named = mentioned(talk, known)
        spoken = policy.detect_language(
            [message.body for message in waiting], language, default=self._defaults.language
        )
        facts = shop_facts.load(connection)
        values = facts.values
        timezone = self._defaults.timezone or str(values.get("timezone") or "UTC")
        return TurnContext(
            waiting=tuple(waiting),
            history=tuple(history),
            earlier=tuple(talk[: -self._history_messages]),
            known=known,
            hits=_candidates(
                self._hits(connection, waiting, history),
                named,
                MENTIONED_PLACES if intents.read(intents.asked(waiting)).content else CANDIDATES,
            ),
            mentioned=named,
            categories=(
                categories(connection, MOST_CATEGORIES)
                if "overview" in intents.intents(intents.asked(waiting))
                else ()
            ),
            facts=facts,
            voice=own_texts.current(connection, voice.own_name(spoken)),
            language=spoken,
            shop_name=self._defaults.name or str(values.get("name") or ""),
            currency=self._defaults.currency or str(values.get("currency") or "USD"),
            now=self._now().astimezone(_zone(timezone)),
            is_first_reply=is_first_reply,
            shop_revision=revision(connection),
        )

    def _talk(self, connection: Connection, conversation_id: int, seq: int) -> list[TalkMessage]:
        """The talk before message `seq`; nothing where no history is wanted."""
        if not self._history_messages:
            return []
        most = max(TALK_MESSAGES, self._history_messages)
        return talk_before(connection, conversation_id, seq, most)

    def _hits(
        self,
        connection: Connection,
        waiting: Sequence[TalkMessage],
        history: Sequence[TalkMessage],
    ) -> list[Hit]:
        query = intents.search_text(waiting, history)
        if not query:
            return []
        found = self._search.search(connection, query, CANDIDATES)
        if not self._is_kind_found(connection, query, found):
            return self._beyond_limits(connection, query)
        return self._with_overlooked(connection, intents.read(query).wishes, found)

    def _with_overlooked(
        self, connection: Connection, wishes: Sequence[intents.Wish], found: list[Hit]
    ) -> list[Hit]:
        """With what each product named brings that the search for all of them passed over."""
        said = {word for hit in found for word in words(hit.reason)}
        alone = [wish for wish in wishes[:MOST_WISHES] if not said & set(wish.words)]
        lists = [self._search.search(connection, " ".join(w.words), CANDIDATES) for w in alone]
        in_turn = (hit for level in zip_longest(found, *lists) for hit in level if hit)
        return list({hit.product.id: hit for hit in in_turn}.values())[:CANDIDATES]

    def _is_kind_found(self, connection: Connection, query: str, found: list[Hit]) -> bool:
        """Whether a price limit left any of the kind asked for: a bag is no cheap laptop."""
        limits, rest = read_limits(query, small_prices=True)
        if not limits or not rest.strip():
            return True
        whole = self._search.search(connection, rest, CANDIDATES)
        kinds = {hit.product.category for hit in whole[:KIND_SHOWN_BY]}
        return not whole or any(hit.product.category in kinds for hit in found)

    def _beyond_limits(self, connection: Connection, query: str) -> list[Hit]:
        """The cheapest of what was asked for when its price limit leaves nothing."""
        limits, rest = read_limits(query, small_prices=True)
        return self._search.search(connection, f"{rest} {_CHEAP}", CANDIDATES) if limits else []


def _candidates(hits: Sequence[Hit], named: Sequence[ProductView], places: int) -> tuple[Hit, ...]:
    """What the search found, then what was talked about before, `CANDIDATES` in all.

    Args:
        places: what was talked about before keeps so many even beside a full search.
    """
    found = {hit.product.id for hit in hits}
    earlier = [Hit(product, 0.0, MENTIONED) for product in named if product.id not in found]
    sure = CANDIDATES - places
    wanted = [hit.product.id for hit in hits[:sure]] + [product.id for product in named]
    wanted += [hit.product.id for hit in hits[sure:]]
    picked = list(dict.fromkeys(wanted))[:CANDIDATES]
    return tuple(hit for hit in (*hits, *earlier) if hit.product.id in picked)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
