"""Contexts and their true answers enter; for the same context the same answer leaves again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from bot.messages import Completion, Prompt
from bot.turn_context import TurnContext
from core.clock import Clock
from shop import facts as shop_facts

MOST_ENTRIES = 1000


class AnswerCache:
    """Answers of one process, the least used dropped first.

    Two contexts are the same when their prompts are, the time of day left out: the day and whether
    the shop is open count instead. Only contexts without a talk before them are kept: those are the
    same for whoever asks, and nobody's words reach anybody else.

    Args:
        ttl_s: AI_CACHE_TTL_S; 0 keeps nothing.
        build: the prompt of a context.
    """

    def __init__(self, clock: Clock, ttl_s: float, build: Callable[[TurnContext], Prompt]) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._build = build
        self._entries: OrderedDict[bytes, tuple[float, Completion]] = OrderedDict()

    def key(self, context: TurnContext) -> bytes | None:
        """What the answer to a context is kept under; None when it is not kept at all."""
        if not self._ttl_s or context.history:
            return None
        now = context.now
        is_open = None if now is None else shop_facts.is_open(context.facts, now)
        prompt = self._build(replace(context, now=None))
        said = (context.shop_revision, now and now.date(), is_open, prompt)
        return sha256(repr(said).encode("utf-8", "replace")).digest()

    def find(self, key: bytes | None) -> Completion | None:
        """The answer kept under a key, while it is fresh."""
        if key is None:
            return None
        until, completion = self._entries.get(key, (0.0, None))
        if completion is None or until <= self._clock.monotonic_s():
            return None
        self._entries.move_to_end(key)
        return completion

    def keep(self, key: bytes | None, completion: Completion) -> None:
        """Remember an answer that was found true."""
        if key is None:
            return
        self._entries[key] = self._clock.monotonic_s() + self._ttl_s, completion
        while len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)
