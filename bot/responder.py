"""A prompt or a recording enters, a usable completion leaves: providers are asked in order.

When one fails the next is asked at once; nobody sleeps while another can answer. One deadline holds
for all of it, and every call becomes one row of the ledger and one line of the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

import httpx

from bot import retry
from bot.healing import find_successor
from bot.health import Call, Health, Member
from bot.messages import AttemptRow, Audio, Completion, Prompt, Usage
from bot.money import Budget
from bot.planning import Lineup, Planner, Question, Rules, Turn
from bot.providers import base
from core.clock import Clock
from core.errors import ProviderError, provider_error

LIST_LIMIT_S = 3.0
"""How long a turn may spend on finding out which models there are."""
HEDGE_SHARE = 0.1
"""Extra calls hedging may make, per turn; what is not used is kept, up to HEDGES_KEPT."""
HEDGES_KEPT = 10.0
LEAST_HEDGE_S = 0.2
"""A learned limit below this would hedge against mere noise."""
PROBE_HEDGE_S = 3.0
"""How long a customer waits alone for one that hung before, while its usual time is not known."""
LONG_WAIT_S = 5.0
TOO_LONG_KEPT_S = 3600.0
"""How long prompts are cut in advance for a model that refused a long one."""
_NO_USAGE = Usage()


@dataclass(slots=True)
class _Attempt:
    """One call of one provider; `model` is None until a local provider said which is loaded."""

    option: retry.Option
    member: Member
    model: str | None
    call: Call
    started_at: datetime
    started: float
    limit_s: float
    kept_usd: float = 0.0
    """What the budget keeps back for it."""


class Responder:
    """Asks providers in order; keeps nothing of a turn after it.

    Args:
        client: shared; closed by whoever built it.
        lineup: may be replaced while running.
        record: takes each ledger row; must not wait.
        budget: what a day may cost; paid providers pause when it is reached.
        sleep: waits for the next window; tests pass one that moves their clock.
        random: draws for weighted routing.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        lineup: Lineup,
        health: Health,
        clock: Clock,
        record: Callable[[AttemptRow], None],
        rules: Rules | None = None,
        *,
        budget: Budget | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Random | None = None,
    ) -> None:
        self._client = client
        self.lineup = lineup
        self._health = health
        self._clock = clock
        self._record = record
        self.rules = rules or Rules()
        self._budget = budget
        self._sleep = sleep
        self._planner = Planner(health, clock, budget, random or Random())  # noqa: S311
        self._hedges_left = HEDGES_KEPT
        self._finishing: set[asyncio.Task[Completion | None]] = set()
        """Probes whose turn is answered already."""
        self._waiting: set[str] = set()
        """Providers for whose next window a turn already waits long."""
        self._too_long: dict[tuple[str, str | None], tuple[int, float]] = {}
        """(provider, model) → tokens it refused as too many, until when that is believed."""

    async def respond(
        self,
        prompt: Prompt,
        *,
        deadline_s: float,
        turn_id: str | None = None,
        schema: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
    ) -> Completion:
        """The first usable completion; of the vision order when the prompt shows a picture.

        Args:
            prompt: what to ask.
            deadline_s: seconds this may take, all providers together.
            turn_id: written into the ledger.
            schema: JSON Schema of the object wanted; it is the completion's `data`, validated.
            without: providers not to ask, whatever their state.
        Raises:
            AllProvidersFailed: nobody answered; carries every error. Empty when nobody is left.
        """
        if schema is not None:
            prompt = replace(prompt, schema=schema)
        return await self._answer(Question.of(prompt, without), deadline_s, turn_id)

    async def transcribe(
        self, audio: Audio, *, deadline_s: float, turn_id: str | None = None
    ) -> Completion:
        """The words of a recording, as the completion's text.

        Raises:
            AllProvidersFailed: nobody wrote it down; carries every error.
        """
        return await self._answer(Question.of(audio), deadline_s, turn_id)

    async def close(self) -> None:
        """Give up what still finds out."""
        finishing = tuple(self._finishing)
        for task in finishing:
            task.cancel()
        await asyncio.gather(*finishing, return_exceptions=True)

    def pause_of(self, member: Member) -> tuple[str, float] | None:
        """Why a provider is left alone now and for how many seconds; None when it is not."""
        return self._planner.pause(member, Question.of(Prompt(())))

    def current(self) -> str | None:
        """The provider the next prompt would be sent to; None when nobody can be asked now."""
        return next((m.name for m in self.lineup.chat if self.pause_of(m) is None), None)

    async def _answer(
        self, question: Question, deadline_s: float, turn_id: str | None
    ) -> Completion:
        turn = self._planner.plan(
            question,
            self.lineup.of(question.purpose),
            self.rules,
            deadline_s=deadline_s,
            turn_id=turn_id,
        )
        while True:
            step = self._next_step(turn)
            if step is None:
                turn.progress.all_failed(turn.calls)
                raise self._planner.failure(turn)
            if isinstance(step, retry.Wait):
                await self._wait(turn, step)
                continue
            completion = await self._ask_one_or_two(turn, step)
            if completion is not None:
                calls = turn.calls
                return completion if calls == 1 else replace(completion, attempts=calls)

    def _next_step(
        self, turn: Turn, options: Sequence[retry.Option] | None = None
    ) -> retry.Ask | retry.Wait | None:
        return retry.next_step(
            turn.options if options is None else options,
            now=self._clock.monotonic_s(),
            deadline=turn.deadline,
            attempts=self.rules.attempts,
            style=self.rules.style,
        )

    async def _wait(self, turn: Turn, step: retry.Wait) -> None:
        """Sleep until an option is ready. Of many who would wait long for one slot, one does."""
        option = step.option
        if not option.is_limited:
            await self._sleep(step.seconds)
            return
        is_long = step.seconds > LONG_WAIT_S
        if is_long and option.name in self._waiting:
            option.closed = True
            return
        if is_long:
            self._waiting.add(option.name)
        turn.progress.waiting(step.seconds)
        option.has_waited = True
        try:
            await self._sleep(step.seconds)
        finally:
            if is_long:
                self._waiting.discard(option.name)

    # Hedging

    async def _ask_one_or_two(self, turn: Turn, step: retry.Ask) -> Completion | None:
        """One attempt, beside it a second one where the first is slow and that is wanted."""
        after = self.rules.hedge_after
        if not any(o.is_fresh for o in turn.options if o is not step.option):
            return await self._attempt(turn, step)
        name = step.option.name
        model = self._health.current_model(turn.members[name], turn.question.purpose)
        if self._health.hangs(name, model):
            # Somebody must find out whether it is back; no customer waits long for that.
            usual_s = self._health.p95_s(name, model) or PROBE_HEDGE_S
            return await self._race(turn, step, min(usual_s, PROBE_HEDGE_S), is_probe=True)
        if after == "auto":
            learned_s = self._health.p95_s(name, model)
            after = "off" if learned_s is None else max(learned_s, LEAST_HEDGE_S)
        if isinstance(after, str):
            return await self._attempt(turn, step)
        return await self._race(turn, step, after)

    async def _race(
        self, turn: Turn, step: retry.Ask, hedge_s: float, *, is_probe: bool = False
    ) -> Completion | None:
        """Ask one, and when it is slow the next as well; the first usable answer wins.

        Args:
            is_probe: the first hung before. What is asked beside it is not charged to the share,
                and it may go on when another one has answered: how it ends is worth knowing.
        """
        if not is_probe:
            self._hedges_left = min(HEDGES_KEPT, self._hedges_left + HEDGE_SHARE)
        first = asyncio.create_task(self._attempt(turn, step))
        running = {first}
        try:
            limit_s: float | None = hedge_s
            while running:
                done, running = await asyncio.wait(
                    running, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
                )
                answers = [found for task in done if (found := task.result()) is not None]
                if answers:
                    turn.is_over = True
                    if first in running and is_probe:
                        running.discard(first)
                        self._finishing.add(first)
                        first.add_done_callback(self._finishing.discard)
                    elif first in running:
                        turn.overtaken = step.option.name
                    return answers[0]
                if first.done():
                    continue  # what is still running is asked in its place already
                limit_s = None
                if extra := self._hedge(turn, is_free=is_probe):
                    turn.progress.hedged(step.option.name, hedge_s)
                    running.add(asyncio.create_task(self._attempt(turn, extra)))
            return None
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _hedge(self, turn: Turn, *, is_free: bool) -> retry.Ask | None:
        """The extra call to make now, if one is left and somebody not asked yet is ready.

        Args:
            is_free: beside a probe: not charged, and never another one that hung.
        """
        options = turn.options
        if is_free:
            options = [option for option in options if not self._hangs(turn, option.name)]
        step = self._next_step(turn, options) if is_free or self._hedges_left >= 1 else None
        if not isinstance(step, retry.Ask) or not step.option.is_fresh:
            return None
        self._hedges_left -= 0 if is_free else 1
        return step

    def _hangs(self, turn: Turn, name: str) -> bool:
        model = self._health.current_model(turn.members[name], turn.question.purpose)
        return self._health.hangs(name, model)

    # One call

    async def _attempt(self, turn: Turn, step: retry.Ask) -> Completion | None:
        """The completion, or None when it failed (the turn says why)."""
        attempt = await self._begin(turn, step)
        if attempt is None:
            return None
        name = attempt.member.name
        try:
            try:
                completion = await self._ask(turn, attempt)
            except ProviderError as error:
                await self._fail(turn, attempt, error)
                return None
            except asyncio.CancelledError:
                if turn.overtaken == name:
                    self._note_overtaken(attempt)
                self._ledger(
                    turn, attempt, "cancelled", usage=Usage(None, None, turn.question.tokens)
                )
                raise
            took_s = self._clock.monotonic_s() - attempt.started
            self._health.succeed(attempt.call, duration_s=took_s, windows=completion.windows)
            attempt.model = completion.model
            self._ledger(turn, attempt, "answered", usage=completion.usage)
            self._pay(attempt, completion.usage)
            if not turn.is_over:
                turn.progress.answered(name, completion)
            return completion
        finally:
            attempt.option.is_running = False
            self._health.abandon(attempt.call)
            self._pay(attempt, Usage(turn.question.tokens, 0))  # unless it is known better by now

    async def _begin(self, turn: Turn, step: retry.Ask) -> _Attempt | None:
        """The call's beginning; None when another turn has found out meanwhile that it is down."""
        option, member = step.option, turn.members[step.option.name]
        if option.name != turn.forced:
            self._planner.apply_pause(turn, option)
            if option.closed or option.ready_at > self._clock.monotonic_s():
                return None
        model = self._health.current_model(member, turn.question.purpose)
        tokens, max_tokens = turn.question.tokens, turn.question.max_tokens
        if self._budget and not self._budget.may_ask(member, model, tokens, max_tokens):
            option.closed = True
            return None
        attempt = _Attempt(
            option,
            member,
            model,
            self._health.begin(member, model, turn.question.need),
            self._clock.now(),
            self._clock.monotonic_s(),
            min(step.limit_s, member.timeout_s),
            self._budget.begin(member, model, tokens, max_tokens) if self._budget else 0.0,
        )
        option.is_running = True
        is_ours = False
        try:
            is_ours = not attempt.call.is_probe or await self._health.may_probe(attempt.call)
        finally:  # also where the turn is cancelled in between
            if not is_ours:
                option.closed, option.is_running = True, False
                self._pay(attempt, _NO_USAGE)
        if not is_ours:
            turn.left_alone[member.name] = attempt.call.breaker.error_class
            return None
        attempt.started = self._clock.monotonic_s()
        attempt.limit_s = min(attempt.limit_s, turn.deadline - attempt.started)
        self._fit(turn, member.name, model)
        option.calls += 1
        turn.progress.asked(member.name)
        return attempt

    def _pay(self, attempt: _Attempt, usage: Usage) -> None:
        """Tell the budget once what a call has cost."""
        kept_usd, attempt.kept_usd = attempt.kept_usd, 0.0
        if self._budget and kept_usd:
            self._budget.end(kept_usd, attempt.member, attempt.model, usage)

    async def _ask(self, turn: Turn, attempt: _Attempt) -> Completion:
        """One call within its limit, finding out the loaded model included."""
        member, limit_s = attempt.member, attempt.limit_s
        if attempt.model is None:
            attempt.model = await self._health.find_loaded(
                self._client, member, min(LIST_LIMIT_S, limit_s)
            )
            limit_s -= self._clock.monotonic_s() - attempt.started
        asked = turn.asked_of(member.name)
        if isinstance(asked, Audio):
            return await base.transcribe(
                member.provider, self._client, member.settings, asked, attempt.model, limit_s
            )
        return await base.complete(
            member.provider, self._client, member.settings, asked, attempt.model, limit_s
        )

    async def _fail(self, turn: Turn, attempt: _Attempt, error: ProviderError) -> None:
        option = attempt.option
        took_s = self._clock.monotonic_s() - attempt.started
        turn.errors.append(error)
        self._ledger(turn, attempt, error.error_class, error=error)
        self._pay(attempt, Usage(*error.tokens))
        turn.progress.failed(error, option.calls, self.rules.attempts + option.free_calls, took_s)
        if self._shorten(turn, attempt, error) or await self._heal(turn, attempt, error):
            option.free_calls += 1
            return
        had_little_time = attempt.limit_s < attempt.member.timeout_s / 2
        self._health.fail(
            attempt.call,
            error,
            is_doubtful=had_little_time and error.error_class == "timeout",
        )
        now = self._clock.monotonic_s()
        retry.note_failure(option, error, now=now, style=self.rules.style)
        if attempt.call.breaker.is_open and error.error_class != "rate_limit":
            option.closed = True
        if not option.is_left(self.rules.attempts):
            others = any(o.is_left(self.rules.attempts) for o in turn.options)
            turn.progress.exhausted(option.name, others=others)

    def _note_overtaken(self, attempt: _Attempt) -> None:
        """It had more than its usual time, and nobody heard of it for long: no good sign.

        One in twenty good calls takes more than the usual time, so that alone says nothing.
        """
        name = attempt.member.name
        took_s = self._clock.monotonic_s() - attempt.started
        usual_s = self._health.p95_s(name, attempt.model)
        silent_s = self._health.silent_s(name, attempt.model)
        if usual_s is not None and took_s >= usual_s and silent_s >= attempt.member.timeout_s / 2:
            slow = provider_error(
                "overtaken", provider=name, model=attempt.model, error_class="timeout"
            )
            self._health.fail(attempt.call, slow, is_doubtful=True)

    def _shorten(self, turn: Turn, attempt: _Attempt, error: ProviderError) -> bool:
        """The prompt is too long for this provider: leave out the older half of the talk."""
        asked = turn.asked_of(attempt.member.name)
        shorter = asked.shortened() if error.too_long and isinstance(asked, Prompt) else None
        if shorter is None:
            return False
        turn.shorter[attempt.member.name] = shorter
        turn.progress.shortened(attempt.member.name, shorter.tokens)
        if isinstance(asked, Prompt) and asked.tokens:
            until = self._clock.monotonic_s() + TOO_LONG_KEPT_S
            self._too_long[attempt.member.name, attempt.model] = asked.tokens, until
        return True

    def _fit(self, turn: Turn, name: str, model: str | None) -> None:
        """Cut the prompt at once to what this model was seen to take."""
        tokens, until = self._too_long.get((name, model), (0, 0.0))
        if until <= self._clock.monotonic_s():
            return
        asked = turn.asked_of(name)
        while isinstance(asked, Prompt) and asked.tokens >= tokens and (cut := asked.shortened()):
            turn.shorter[name] = asked = cut

    async def _heal(self, turn: Turn, attempt: _Attempt, error: ProviderError) -> bool:
        """A model is gone: go on with the owner's next one, else with one the provider lists."""
        member, gone, tried = attempt.member, attempt.model, attempt.option.free_calls
        if error.error_class != "model_not_found" or tried > len(member.settings.models):
            return False
        if gone is None:  # none is loaded
            return False
        found = self._health.current_model(member, turn.question.purpose)
        if found is None or found == gone:  # else another turn has found one already
            left_s = turn.deadline - self._clock.monotonic_s()
            found = await find_successor(
                self._client,
                member,
                gone,
                purpose=turn.question.purpose,
                limit_s=min(LIST_LIMIT_S, max(left_s, retry.MIN_ATTEMPT_S)),
                may_pick=self.rules.auto_model,
            )
            if found is None or found == gone:
                return False
            self._health.replace_model(member.name, gone, found)
        turn.progress.healed(member.name, gone, found)
        return True

    # The books

    def _ledger(
        self,
        turn: Turn,
        attempt: _Attempt,
        outcome: str,
        *,
        usage: Usage = _NO_USAGE,
        error: ProviderError | None = None,
    ) -> None:
        if error is not None:
            usage = Usage(*error.tokens)
        if outcome == "timeout":  # what was sent is billed, answered in time or not
            usage = Usage(None, None, turn.question.tokens)
        self._record(
            AttemptRow(
                turn_id=turn.turn_id,
                provider=attempt.member.name,
                model=attempt.model,
                attempt=attempt.option.calls,
                outcome=outcome,
                duration_ms=round((self._clock.monotonic_s() - attempt.started) * 1000),
                started_at=attempt.started_at,
                status=error.status if error else 200 if outcome == "answered" else None,
                retry_after_s=error.retry_after_s if error else None,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                total_tokens=usage.total_tokens,
            )
        )
