"""A question enters; who is asked, in which order, and who is left alone for now leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from bot import retry
from bot.health import Health, Member
from bot.health.windows import Need
from bot.messages import Audio, Prompt
from bot.money import Budget, estimate_usd
from bot.progress import Progress
from bot.routing import arrange
from core.clock import Clock
from core.errors import AllProvidersFailed, ProviderError

BUDGET = "budget"
"""Why a provider is paused that the day's budget has no room for."""
PASSING = frozenset({"rate_limit", "timeout", "network", "server", "validation"})
"""What goes away by itself: only then does it help to tell when to come back."""
LEAST_WAIT_S = 1.0
"""Told where somebody is just finding out."""
AUDIO_TOKENS = 500
"""What a recording counts for where a window counts tokens; nobody knows before it is heard."""


@dataclass(frozen=True, slots=True)
class Lineup:
    """Who is asked for what, in order; those that lack a key, or the ability, left out."""

    chat: Sequence[Member]
    vision: Sequence[Member] = ()
    transcribe: Sequence[Member] = ()

    def of(self, purpose: str) -> Sequence[Member]:
        """The members for "chat", "vision" or "transcribe"."""
        return {"vision": self.vision, "transcribe": self.transcribe}.get(purpose, self.chat)


@dataclass(frozen=True, slots=True)
class Rules:
    """How to ask: AI_ATTEMPTS_PER_PROVIDER, AI_RETRY_STYLE, AI_AUTO_MODEL, AI_HEDGE_AFTER (seconds,
    "auto" or "off"), AI_ROUTING, AI_WEIGHTS."""

    attempts: int = 2
    style: str = "rounds"
    auto_model: bool = True
    hedge_after: float | Literal["auto", "off"] = "off"
    routing: str = "order"
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the tokens that may cost: those sent, and the most that come back."""

    purpose: str
    asked: Prompt | Audio
    tokens: int
    max_tokens: int = 0
    without: Collection[str] = ()
    """Providers not to ask."""

    @property
    def need(self) -> Need:
        """What it takes from rate windows."""
        return Need(self.tokens, self.max_tokens)

    @classmethod
    def of(cls, asked: Prompt | Audio, without: Collection[str] = ()) -> Question:
        """A recording is written down; a prompt with a picture goes to those who see."""
        if isinstance(asked, Audio):
            return cls("transcribe", asked, AUDIO_TOKENS)
        purpose = "vision" if any(said.images for said in asked.messages) else "chat"
        return cls(purpose, asked, asked.tokens, asked.max_tokens, without)


@dataclass(slots=True)
class Turn:
    """The state of one question; times are monotonic seconds."""

    question: Question
    turn_id: str | None
    deadline: float
    members: dict[str, Member]
    options: list[retry.Option]
    progress: Progress
    errors: list[ProviderError] = field(default_factory=list)
    shorter: dict[str, Prompt] = field(default_factory=dict)
    """The prompt cut down to what a provider takes."""
    unaffordable: set[str] = field(default_factory=set)
    """Paused by the day's budget; never asked all the same."""
    left_alone: dict[str, str] = field(default_factory=dict)
    """Provider → class, where somebody else is just finding out whether it is back."""
    is_over: bool = False
    """It has its answer."""
    overtaken: str | None = None
    """Who was asked first and is cancelled because another one answered before it."""
    forced: str | None = None
    """With every breaker open: the one provider that is asked all the same."""

    @property
    def calls(self) -> int:
        return sum(option.calls for option in self.options)

    def asked_of(self, name: str) -> Prompt | Audio:
        """What this provider is asked: the question, cut down where it had to be."""
        return self.shorter.get(name, self.question.asked)


class Planner:
    """Knows who may be asked now.

    Args:
        random: draws for weighted routing.
    """

    def __init__(self, health: Health, clock: Clock, budget: Budget | None, random: Random) -> None:
        self._health = health
        self._clock = clock
        self._budget = budget
        self._random = random

    def plan(
        self,
        question: Question,
        members: Sequence[Member],
        rules: Rules,
        *,
        deadline_s: float,
        turn_id: str | None,
    ) -> Turn:
        """The turn of a question: an order, and who is left alone.

        Args:
            members: for the question's purpose, in the configured order.
        Raises:
            AllProvidersFailed: nobody is left beside those it is not to ask.
        """
        left = [member for member in members if member.name not in question.without]
        if members and not left:
            raise AllProvidersFailed([])
        ordered = self._arranged(question, left, rules)
        turn = Turn(
            question,
            turn_id,
            self._clock.monotonic_s() + deadline_s,
            {member.name: member for member in ordered},
            [retry.Option(member.name) for member in ordered],
            Progress(turn_id),
        )
        turn.progress.started(turn.members)
        for option in turn.options:
            self.apply_pause(turn, option)
        if all(o.closed or o.ready_at + retry.MIN_ATTEMPT_S > turn.deadline for o in turn.options):
            self._force_one(turn)
        return turn

    def pause(self, member: Member, question: Question) -> tuple[str, float] | None:
        """Why a provider is not asked now, and for how many seconds; None when it may be."""
        health, name = self._health, member.name
        model = health.current_model(member, question.purpose)
        if not health.may_ask(name, model):
            return health.breaker(name, model).error_class, health.open_for_s(name, model) or 0.0
        if self._budget and not self._budget.may_ask(
            member, model, question.tokens, question.max_tokens
        ):
            return BUDGET, self._budget.day_left_s()
        wait_s = health.ready_in_s(name, model, question.need)
        return ("rate_limit", wait_s) if wait_s else None

    def apply_pause(self, turn: Turn, option: retry.Option) -> None:
        """An open breaker closes the option; a full rate window only postpones it."""
        pause = self.pause(turn.members[option.name], turn.question)
        if pause is None:
            return
        why, seconds = pause
        if why == BUDGET:
            turn.unaffordable.add(option.name)
        option.is_limited = why == "rate_limit"
        option.closed = not option.is_limited or option.has_waited
        option.ready_at = self._clock.monotonic_s() + seconds
        turn.progress.paused(option.name, why, seconds)

    def failure(self, turn: Turn) -> AllProvidersFailed:
        """Nobody answered: every error, why the others were left alone, when to come back."""
        found = {name: self.pause(member, turn.question) for name, member in turn.members.items()}
        paused = {name: pause for name, pause in found.items() if pause is not None}
        waits = [seconds for why, seconds in paused.values() if why in PASSING]
        reasons = {name: "quota" if why == BUDGET else why for name, (why, _) in paused.items()}
        failed = {error.provider for error in turn.errors if error.error_class in PASSING}
        if any(found[name] is None for name in failed):
            waits = []  # it may answer at any moment: a time to come back would be too late
        reasons = turn.left_alone | reasons
        if turn.members and not turn.errors and not reasons:
            reasons = dict.fromkeys(turn.members, "timeout")  # no time was left to ask anybody
        wait_s = max(LEAST_WAIT_S, min(waits)) if waits else None
        return AllProvidersFailed(turn.errors, wait_s, reasons)

    def _arranged(
        self, question: Question, members: Sequence[Member], rules: Rules
    ) -> Sequence[Member]:
        if rules.routing == "order" or question.purpose == "transcribe":
            return members

        def price(member: Member) -> float | None:
            model = self._health.current_model(member, question.purpose)
            return estimate_usd(member.provider, model, question.tokens, question.max_tokens)

        return arrange(
            members, rules.routing, weights=rules.weights, price=price, random=self._random
        )

    def _force_one(self, turn: Turn) -> None:
        """Nobody can be asked within the deadline: try the one whose breaker is due soonest."""
        keys = [
            (name, self._health.current_model(member, turn.question.purpose))
            for name, member in turn.members.items()
            if name not in turn.unaffordable
        ]
        soonest = self._health.soonest(keys)
        turn.forced = soonest[0] if soonest else None
        for option in turn.options:
            option.closed = option.name != turn.forced
            option.ready_at = self._clock.monotonic_s()  # now: waiting for it helps nobody
