"""Twilio and AI providers that misbehave as the dice fall; what they did is counted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests import fake_provider
from tests.fake_provider import FakeProvider, Seen
from tests.fake_twilio import FakeTwilio, status_form

SENDS = (
    *("reset_before", "accept_then_reset", "hang", "hang_stored", "500", "502", "503"),
    *("503_stored", "garbage", "429", "code:63009", "code:63005", "code:63038"),
    *("fails:63012", "fails:63024", "slow"),
)
SENDS_QUICK = tuple(kind for kind in SENDS if not kind.startswith("hang") and kind != "code:63038")
LISTS = ("500", "429", "reset_before", "hang")
LISTS_QUICK = ("500", "reset_before")
CALLBACKS = ("usual", "reversed", "repeated", "early")
PASSING = frozenset({"63012"})
REFUSED_FOR_GOOD = frozenset({"code:63005"})
FAILED = ("undelivered", "failed")
SLOW_S = 2.0
GOOD = ("queued", "sent", "delivered")
DETAIL = "\n\n" + "\n".join(["Gracias por escribirnos, con gusto le contamos lo que sabemos."] * 40)

Post = Callable[[str, dict[str, str]], Awaitable[int]]


class BadTwilio(FakeTwilio):
    """Takes most messages well, and some in every bad way.

    Each stored message says in "failed" with which code its failure was reported, if it was.

    Args:
        post: calls a status address of the shop.
        share: of sends and lists that go wrong.
        told: of messages whose delivery is reported.
        on_stored: told of each customer something was stored for.
    """

    def __init__(
        self,
        dice: random.Random,
        post: Post,
        *,
        share: float,
        told: float,
        sends: tuple[str, ...],
        lists: tuple[str, ...],
        on_stored: Callable[[str], None],
    ) -> None:
        super().__init__(status_callbacks=True)
        self._dice = dice
        self._call_shop = post
        self._share = share
        self._told = told
        self._sends = sends
        self._lists = lists
        self._on_stored = on_stored
        self._early: dict[str, str] = {}
        self.did: Counter[str] = Counter()
        self.refused: set[str] = set()
        """The outbox ids that were refused for good."""

    def be_good(self) -> None:
        """From now on nothing goes wrong."""
        self._share = 0.0

    def _next_behaviour(self, method: str) -> str:
        if self.behaviour != "ok" or self._dice.random() >= self._share:
            return super()._next_behaviour(method)
        drawn = self._dice.choice(self._sends if method == "POST" else self._lists)
        self.did[f"{method} {drawn}"] += 1
        return drawn

    def _refusal(
        self, request: web.Request, fields: dict[str, str], behaviour: str
    ) -> web.Response | None:
        if behaviour in REFUSED_FOR_GOOD and "StatusCallback" in fields:
            self.refused.add(outbox_of(fields["StatusCallback"]))
        return super()._refusal(request, fields, behaviour)

    async def _keep(self, fields: dict[str, str], behaviour: str) -> dict[str, Any]:
        if behaviour == "slow":
            await asyncio.sleep(SLOW_S * self._dice.random())
        message = self._store(fields, behaviour)
        kept = self.sent[-1]
        self._on_stored(fields["To"])
        style = self._dice.choice(CALLBACKS) if self._dice.random() < self._told else ""
        code = behaviour.removeprefix("fails:") if behaviour.startswith("fails:") else ""
        words = _statuses(style, code)
        if not words:
            return message
        self.did[f"callbacks {'failed ' if code else ''}{style or 'usual'}"] += 1
        telling = asyncio.ensure_future(self._tell(kept, words, code))
        self._callbacks.add(telling)
        telling.add_done_callback(self._callbacks.discard)
        if style == "early":
            await asyncio.shield(telling)
        return message

    def _report(self, message: dict[str, Any], behaviour: str) -> None:
        """Told by `_keep`, which may wait for it."""

    async def _tell(self, message: dict[str, Any], words: tuple[str, ...], code: str) -> None:
        for status in words:
            form = status_form(message["sid"], status, To=message["to"], From=message["from"])
            if status in FAILED:
                form["ErrorCode"] = code
                message |= {"failed": code, "status": status, "error_code": int(code)}
            while await self._call_shop(message["status_callback"], form) != 200:
                if not code:  # a status more or less; Twilio does not repeat it either
                    break
                await asyncio.sleep(0.5)


def _statuses(style: str, code: str) -> tuple[str, ...]:
    """What is reported, in this order."""
    words = ("queued", "undelivered", "failed") if code else GOOD if style else ()
    if style == "reversed":
        return words[::-1]
    return words * 2 if style == "repeated" else words


def outbox_of(callback: str) -> str:
    """Our own id, as it rides in a status address."""
    return callback.rpartition("outbox=")[2]


class BadProvider(FakeProvider):
    """AIs that say what they were asked, and sometimes fail in every way they can."""

    def __init__(self, dice: random.Random, *, share: float, kinds: tuple[str, ...]) -> None:
        super().__init__(reply="Recibido: {question}")
        self._dice = dice
        self._share = share
        self._kinds = kinds
        self.did: Counter[str] = Counter()

    def be_good(self) -> None:
        """From now on nothing goes wrong."""
        self._share = 0.0

    async def _answer(self, behaviour: str, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.is_chat and self._dice.random() < self._share:
            behaviour = self._dice.choice(self._kinds)
            self.did[behaviour] += 1
        return await super()._answer(behaviour, seen, writer)

    def _completion(self, path: str, text: str, model: str) -> dict[str, Any]:
        return super()._completion(path, text + DETAIL if "detalle" in text else text, model)


KINDS = tuple(kind for kind in fake_provider.BEHAVIOURS if kind not in ("ok", "refuse"))
KINDS_QUICK = tuple(k for k in KINDS if k not in ("hang", "stall", "drip", "slow"))
