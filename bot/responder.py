"""A prompt enters, a usable completion leaves: providers are asked in order within one deadline.

When one fails the next is asked at once; nobody sleeps while another can answer. Every call becomes
one row of the ledger and one line of the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from bot import retry
from bot.health import Call, Health, Member
from bot.messages import AttemptRow, Completion, Prompt, Usage
from bot.providers import base
from bot.providers.models import pick_model
from core.clock import Clock
from core.errors import AllProvidersFailed, ProviderError, provider_error
from core.log import log_event

log = logging.getLogger(__name__)

TAG = "[AI Multi-Provider]"
LIST_LIMIT_S = 3.0
"""How long a turn may spend on finding out which models there are."""
_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Rules:
    """How to ask: AI_ATTEMPTS_PER_PROVIDER, AI_RETRY_STYLE, AI_AUTO_MODEL."""

    attempts: int = 2
    style: str = "rounds"
    auto_model: bool = True


@dataclass(slots=True)
class _Turn:
    """The state of one `respond`."""

    prompt: Prompt
    turn_id: str | None
    deadline: float
    options: list[retry.Option]
    members: dict[str, Member]
    errors: list[ProviderError]
    forced: str | None = None
    """With every breaker open: the one provider that is asked all the same."""

    @property
    def calls(self) -> int:
        return sum(option.calls for option in self.options)


@dataclass(slots=True)
class _Attempt:
    """One call of one provider; `model` is None until a local provider said which is loaded."""

    option: retry.Option
    member: Member
    model: str | None
    started_at: datetime
    started: float
    limit_s: float


class Responder:
    """Asks providers in order; keeps nothing of a turn after it.

    Args:
        client: shared; closed by whoever built it.
        members: providers in the order to ask, those without a key left out.
        record: takes each ledger row; must not wait.
        sleep: waits for the next window; tests pass one that moves their clock.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        members: Sequence[Member],
        health: Health,
        clock: Clock,
        record: Callable[[AttemptRow], None],
        rules: Rules | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self.members = tuple(members)
        self._health = health
        self._clock = clock
        self._record = record
        self.rules = rules or Rules()
        self._sleep = sleep

    async def respond(
        self, prompt: Prompt, *, deadline_s: float, turn_id: str | None = None
    ) -> Completion:
        """The first usable completion.

        Args:
            prompt: what to ask.
            deadline_s: seconds this may take, all providers together.
            turn_id: written into the ledger.
        Raises:
            AllProvidersFailed: nobody answered; carries every error.
        """
        turn = self._plan(prompt, deadline_s, turn_id)
        order = " → ".join(member.name for member in self.members) or "-"
        _say(
            logging.INFO,
            "responder_started",
            f"🔄 Usando sistema multi-provider con fallback automático (orden: {order})",
            turn_id=turn_id,
        )
        while True:
            step = retry.next_step(
                turn.options,
                now=self._clock.monotonic_s(),
                deadline=turn.deadline,
                attempts=self.rules.attempts,
                style=self.rules.style,
            )
            if step is None:
                raise self._failed(turn)
            if isinstance(step, retry.Wait):
                await self._wait(turn, step)
                continue
            completion = await self._try(turn, step)
            if completion is not None:
                return completion

    def _plan(self, prompt: Prompt, deadline_s: float, turn_id: str | None) -> _Turn:
        now = self._clock.monotonic_s()
        options = [retry.Option(member.name) for member in self.members]
        turn = _Turn(
            prompt,
            turn_id,
            now + deadline_s,
            options,
            {member.name: member for member in self.members},
            [],
        )
        for option in options:
            self._apply_breaker(turn, option)
        if all(o.closed or o.ready_at + retry.MIN_ATTEMPT_S > turn.deadline for o in options):
            keys = [(m.name, self._health.current_model(m)) for m in self.members]
            soonest = self._health.soonest(keys)
            turn.forced = soonest[0] if soonest else None
            for option in options:
                option.closed = option.name != turn.forced
        return turn

    def _apply_breaker(self, turn: _Turn, option: retry.Option) -> None:
        """An open breaker closes the option; a full rate window only postpones it."""
        model = self._health.current_model(turn.members[option.name])
        if self._health.may_ask(option.name, model):
            return
        breaker = self._health.breaker(option.name, model)
        option.is_limited = breaker.error_class == "rate_limit"
        if option.is_limited:
            option.ready_at = breaker.open_until or 0.0
        else:
            option.closed = True
        _say(
            logging.INFO,
            "provider_paused",
            f"⚠️ {option.name} en pausa ({breaker.error_class}, "
            f"{self._health.open_for_s(option.name, model) or 0:.0f} s)",
            provider=option.name,
            error_class=breaker.error_class,
            turn_id=turn.turn_id,
        )

    async def _try(self, turn: _Turn, step: retry.Ask) -> Completion | None:
        option, member = step.option, turn.members[step.option.name]
        if option.calls == 0 and option.name != turn.forced:
            self._apply_breaker(turn, option)  # another turn may have found out meanwhile
            if option.closed or option.ready_at > self._clock.monotonic_s():
                return None
        option.calls += 1
        _say(
            logging.INFO,
            "provider_asked",
            f"🔄 Intentando con: {member.name}",
            provider=member.name,
            turn_id=turn.turn_id,
        )
        attempt = _Attempt(
            option,
            member,
            self._health.current_model(member),
            self._clock.now(),
            self._clock.monotonic_s(),
            min(step.limit_s, member.timeout_s),
        )
        call = self._health.begin(member.name, attempt.model)
        try:
            try:
                completion = await self._ask(turn, attempt)
            except ProviderError as error:
                await self._fail(turn, attempt, call, error)
                return None
            except asyncio.CancelledError:
                self._ledger(turn, attempt, "cancelled")
                raise
            self._health.succeed(call)
            return self._succeed(turn, attempt, completion)
        finally:
            self._health.abandon(call)

    async def _ask(self, turn: _Turn, attempt: _Attempt) -> Completion:
        """One call within its limit, finding out the loaded model included."""
        member = attempt.member
        try:
            async with asyncio.timeout(attempt.limit_s):
                attempt.model = attempt.model or await self._health.find_loaded(
                    self._client, member, LIST_LIMIT_S
                )
                return await base.complete(
                    member.provider,
                    self._client,
                    member.settings,
                    turn.prompt,
                    attempt.model,
                    attempt.limit_s,
                )
        except TimeoutError:
            raise provider_error(
                f"no answer within {attempt.limit_s:.1f} s",
                provider=member.name,
                model=attempt.model,
                error_class="timeout",
            ) from None

    def _succeed(self, turn: _Turn, attempt: _Attempt, completion: Completion) -> Completion:
        attempt.model = completion.model
        self._ledger(turn, attempt, "answered", usage=completion.usage)
        name = attempt.member.name
        _say(
            logging.INFO,
            "provider_answered",
            f"✅ Éxito con: {name}",
            provider=name,
            model=completion.model,
            turn_id=turn.turn_id,
        )
        return replace(completion, provider=name, attempts=turn.calls)

    async def _fail(self, turn: _Turn, attempt: _Attempt, call: Call, error: ProviderError) -> None:
        option, name = attempt.option, attempt.member.name
        took_s = self._clock.monotonic_s() - attempt.started
        turn.errors.append(error)
        self._ledger(turn, attempt, error.error_class, error=error)
        most = self.rules.attempts + option.heals
        status = f"{error.status}, " if error.status else ""
        _say(
            logging.WARNING,
            "provider_failed",
            f"❌ Error con {name}: {error.error_class} "
            f"(intento {option.calls}/{most}, {status}{took_s:.1f} s)",
            provider=name,
            error_class=error.error_class,
            status=error.status,
            turn_id=turn.turn_id,
        )
        if await self._heal(turn, attempt, error):
            return
        self._health.fail(call, error)
        now = self._clock.monotonic_s()
        retry.note_failure(option, error, now=now, style=self.rules.style)
        if call.breaker.is_open and error.error_class != "rate_limit":
            option.closed = True
        if option.closed or option.attempts >= self.rules.attempts:
            self._say_exhausted(turn, option)

    def _say_exhausted(self, turn: _Turn, option: retry.Option) -> None:
        others = [
            other
            for other in turn.options
            if other is not option and not other.closed and other.attempts < self.rules.attempts
        ]
        _say(
            logging.WARNING,
            "provider_exhausted",
            f"⚠️ {option.name} agotado" + (", siguiente provider" if others else ""),
            provider=option.name,
            turn_id=turn.turn_id,
        )

    async def _heal(self, turn: _Turn, attempt: _Attempt, error: ProviderError) -> bool:
        """A model is gone: take the owner's next one, else one the provider lists."""
        option, member, model = attempt.option, attempt.member, attempt.model
        models = member.settings.models
        if error.error_class != "model_not_found" or option.heals > len(models):
            return False
        found = self._health.current_model(member)
        if found == model:  # else another turn has found one already
            found = None
            if model in models[:-1]:
                found = models[models.index(model or "") + 1]
            elif self.rules.auto_model:
                found = await self._listed_instead(turn, member, model)
        if found is None or found == model:
            return False
        option.heals += 1
        self._health.use_model(member.name, found)
        _say(
            logging.WARNING,
            "model_replaced",
            f"🔄 {member.name}: el modelo {model} no está disponible, se usa {found}",
            provider=member.name,
            model=found,
            instead_of=model,
        )
        return True

    async def _listed_instead(self, turn: _Turn, member: Member, model: str | None) -> str | None:
        left_s = turn.deadline - self._clock.monotonic_s()
        try:
            listed = await base.list_models(
                member.provider,
                self._client,
                member.settings,
                min(LIST_LIMIT_S, max(left_s, retry.MIN_ATTEMPT_S)),
            )
        except ProviderError as error:
            log_event(
                log,
                logging.WARNING,
                "model_list_failed",
                provider=member.name,
                error_class=error.error_class,
            )
            return None
        others = [listed_model for listed_model in listed if listed_model.name != model]
        return pick_model(others, model, member.provider.default_model)

    async def _wait(self, turn: _Turn, step: retry.Wait) -> None:
        if step.option.is_limited:
            _say(
                logging.INFO,
                "rate_limit_wait",
                f"⏳ Rate limit alcanzado, esperando {step.seconds:.1f}s...",
                seconds=round(step.seconds, 1),
                turn_id=turn.turn_id,
            )
        await self._sleep(step.seconds)

    def _failed(self, turn: _Turn) -> AllProvidersFailed:
        _say(
            logging.ERROR,
            "all_providers_failed",
            f"❌ Todas las APIs de IA fallaron ({turn.calls} intentos)",
            attempts=turn.calls,
            turn_id=turn.turn_id,
        )
        waits = [
            wait
            for member in self.members
            if (wait := self._health.open_for_s(member.name, self._health.current_model(member)))
        ]
        return AllProvidersFailed(turn.errors, min(waits, default=None))

    def _ledger(
        self,
        turn: _Turn,
        attempt: _Attempt,
        outcome: str,
        *,
        usage: Usage = _NO_USAGE,
        error: ProviderError | None = None,
    ) -> None:
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
            )
        )


def _say(level: int, event: str, words: str, **fields: object) -> None:
    log_event(log, level, event, f"{TAG} {words}", **fields)
