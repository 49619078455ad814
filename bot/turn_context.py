"""What is known before anybody is asked enters with the waiting messages; all steps read it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.messages import TalkMessage
from catalog.search import Hit, ProductView
from core.own_texts import OwnText
from shop.facts import ShopFacts

MENTIONED = "mentioned"
"""The `reason` of a hit this message's own search did not find: an earlier reply named it."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """Everything one answer may rest on, read from the database before any provider is asked.

    Args:
        waiting: the customer's messages not yet answered, oldest first; at least one.
        history: the newest earlier messages of the talk, oldest first.
        earlier: messages before those of `history`; a prompt only sums them up.
        known: products the replies of the talk named, by id, as they are now.
        hits: products the waiting messages may be about; candidates, none may fit. Those of the
            search come first, behind them what earlier replies named (reason `MENTIONED`).
        mentioned: products the last replies named, in the order they were named, newest reply
            first: "el segundo" is the second of them. Those that fit stand in `hits` too.
        articles: index terms of the whole catalog, the shop's kinds of articles among them: a reply
            may speak of what is sold without being a candidate.
        categories: what the shop sells, by category and how many products, the largest first;
            () unless that was asked.
        facts: what the shop says about itself.
        voice: how the shop wants to sound, in its own words; None: as shipped.
        language: the contact's language: "es", "en" or "pt".
        shop_name: how the shop calls itself.
        currency: the shop's own currency (ISO 4217), for amounts that name none.
        now: the shop's local time (aware), for "are you open now?".
        is_first_reply: nothing was answered in this talk before.
        shop_revision: of products and facts, when they were read.
    """

    waiting: tuple[TalkMessage, ...]
    history: tuple[TalkMessage, ...] = ()
    earlier: tuple[TalkMessage, ...] = ()
    known: Mapping[int, ProductView] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    mentioned: tuple[ProductView, ...] = ()
    articles: Container[str] = frozenset()
    categories: tuple[tuple[str, int], ...] = ()
    facts: ShopFacts = field(default_factory=ShopFacts)
    voice: OwnText | None = None
    language: str = "es"
    shop_name: str = ""
    currency: str = "USD"
    now: datetime | None = None
    is_first_reply: bool = False
    shop_revision: int = 0

    @property
    def found(self) -> tuple[Hit, ...]:
        """The hits of this message's own search."""
        return tuple(hit for hit in self.hits if hit.reason != MENTIONED)

    @property
    def question(self) -> str:
        """The waiting messages joined by line ends: the last user message of the prompt."""
        return "\n".join(message.body for message in self.waiting if message.body)
