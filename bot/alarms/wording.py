"""What the owner is told enters, one line in the shop's language leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.alarms.causes import COUNTED, STANDING
from bot.alarms.store import Told
from bot.tables import Conversation
from core.texts import text


class Wording:
    """Words of one shop.

    Args:
        shop_name: as the shop calls itself; None where it does not.
        local: an instant as the shop's clock shows it.
    """

    def __init__(
        self,
        language: str,
        shop_name: Callable[[Connection], str | None],
        local: Callable[[datetime], datetime],
    ) -> None:
        self._language = language
        self._shop_name = shop_name
        self._local = local

    def name(self, connection: Connection) -> str:
        """What the shop is called to its owner."""
        return self._shop_name(connection) or text("owner.frame.no_name", self._language)

    def line(self, connection: Connection, told: Told) -> str:
        """The whole text of one notice."""
        return self.framed(told, self.name(connection), _facts(connection, told))

    def framed(self, told: Told, shop: str, facts: dict[str, str]) -> str:
        """As `line`, where the database cannot be asked."""
        about = "recovered" if told.event == "recovered" else "alarm"
        said = text(f"owner.{about}.{told.cause.value}", self._language, times=told.times, **facts)
        since = f"{self._local(told.since):%d/%m %H:%M}"
        framed = text(
            f"owner.frame.{told.event}", self._language, shop=shop, text=said, since=since
        )
        return " ".join(framed.split())  # a template's variable may hold no line end


def _facts(connection: Connection, told: Told) -> dict[str, str]:
    rule = STANDING.get(told.cause) or COUNTED[told.cause]
    facts = dict(told.facts)
    if "who" in rule.facts:
        facts["who"] = _numbers(connection, facts.get("conversation_id"))
    return {name: _shown(facts.get(name)) for name in rule.facts}


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(map(str, value)))
    return "?" if value is None else str(value)


def _numbers(connection: Connection, conversations: object) -> list[str]:
    """Whole: the owner has to call them. Only logs hide numbers."""
    known = conversations if isinstance(conversations, Collection) else ()
    rows = connection.execute(
        select(Conversation.customer_address).where(Conversation.id.in_(known))
    )
    return [address.rpartition(":")[2] for address in rows.scalars()]
