"""A turn's context enters, a true reply leaves: from an AI, else from the catalog."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot import grounding
from bot import prompt as prompts
from bot.answer_cache import AnswerCache
from bot.messages import AttemptRow, Completion, Prompt, Reply
from bot.providers import offline
from bot.responder import Responder
from bot.turn_context import TurnContext
from core.clock import Clock
from core.errors import AllProvidersFailed, ProviderError, provider_error
from core.log import log_event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PromptLimits:
    """HISTORY_MESSAGES, PROMPT_MAX_TOKENS, AI_TEMPERATURE, AI_MAX_TOKENS."""

    history_messages: int = 20
    prompt_max_tokens: int = 3000
    temperature: float = 0.4
    max_tokens: int = 500

    def build(self, context: TurnContext) -> Prompt:
        """The prompt of a context within these limits."""
        return prompts.build(
            context,
            history_messages=self.history_messages,
            max_tokens_prompt=self.prompt_max_tokens,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )


MOST_ASKS = 3
"""The first time, once more with the correction, then others than those who insisted."""


@dataclass(slots=True)
class _Draft:
    """What one reply cost and what was wrong with its earlier versions."""

    turn_id: str | None
    question: Prompt
    prompt: Prompt
    """The question, with the correction of the last answer that was not true."""
    deadline: float
    started: float
    without: frozenset[str] = frozenset()
    """Providers not to ask at all."""
    attempts: int = 0
    asks: int = 0
    rejected: list[Mapping[str, Any]] = field(default_factory=list)
    """What the truth check refused: kind, claim, reason and provider of each."""

    @property
    def passed_over(self) -> frozenset[str]:
        """Providers not to ask now; those who said what is not true only after the correction."""
        return self.without.union(
            each["provider"] for each in self.rejected if self.asks >= MOST_ASKS - 1
        )


class Composer:
    """Writes replies; the responder asks, the truth check decides.

    Args:
        record: takes the ledger row of an offline answer.
        offline_answers: AI_OFFLINE_ANSWERS.
        cache_ttl_s: AI_CACHE_TTL_S.
        composed: is told every reply.
    """

    def __init__(
        self,
        responder: Responder,
        clock: Clock,
        record: Callable[[AttemptRow], None],
        *,
        limits: PromptLimits,
        offline_answers: bool = True,
        cache_ttl_s: float = 0.0,
        composed: Callable[[Reply], None] = lambda _reply: None,
    ) -> None:
        self._cache = AnswerCache(clock, cache_ttl_s, limits.build)
        self._composed = composed
        self._responder = responder
        self._clock = clock
        self._record = record
        self._limits = limits
        self._offline_answers = offline_answers

    async def compose(
        self,
        context: TurnContext,
        *,
        deadline_s: float,
        turn_id: str | None = None,
        without: frozenset[str] = frozenset(),
    ) -> Reply:
        """The reply to a context.

        Args:
            without: providers not to ask.
        Raises:
            AllProvidersFailed: no AI answered truly and offline answers are switched off.
        """
        started = self._clock.monotonic_s()
        question = self._limits.build(context)
        draft = _Draft(turn_id, question, question, started + deadline_s, started, without)
        reply = await self._find(draft, context)
        self._composed(reply)
        return reply

    async def _find(self, draft: _Draft, context: TurnContext) -> Reply:
        reply = None
        try:
            while reply is None and draft.asks < MOST_ASKS:
                reply = await self._ask(draft, context)
        except AllProvidersFailed as error:
            draft.attempts += len(error.errors)
            if not self._offline_answers:
                raise _joined(error, draft) from error
        if reply is None and not self._offline_answers:
            raise AllProvidersFailed([_untrue(draft)])
        return reply or self._from_catalog(draft, context)

    async def _ask(self, draft: _Draft, context: TurnContext) -> Reply | None:
        """One answer of the responder; None when it is not true (the draft says why)."""
        key = None if draft.rejected else self._cache.key(context)
        completion = self._cache.find(key)
        is_cached = completion is not None
        if completion is None:
            completion = await self._responder.respond(
                draft.prompt,
                deadline_s=draft.deadline - self._clock.monotonic_s(),
                turn_id=draft.turn_id,
                without=draft.passed_over,
            )
            draft.attempts += completion.attempts
        draft.asks += 1
        verdict = grounding.check(completion.text, context)
        if not verdict.grounded:
            self._reject(draft, context, completion, verdict)
            return None
        log_event(
            log,
            logging.INFO,
            "reply_composed",
            f"[AI] ✅ Respuesta generada con: {completion.provider} ({completion.model})",
            provider=completion.provider,
            model=completion.model,
            cached=is_cached,
            turn_id=draft.turn_id,
        )
        if not is_cached:
            self._cache.keep(key, completion)
        return Reply(
            text=completion.text,
            provider=completion.provider,
            model=completion.model,
            products=verdict.products,
            prices=verdict.prices,
            **self._common(
                draft, context, grounding.accepted(verdict.prices, context, verdict.bases)
            ),
        )

    def _reject(
        self,
        draft: _Draft,
        context: TurnContext,
        completion: Completion,
        verdict: grounding.Verdict,
    ) -> None:
        kinds = ", ".join(sorted({rejection.kind for rejection in verdict.rejections}))
        draft.rejected += [
            {
                "kind": each.kind,
                "claim": each.claim,
                "reason": each.reason,
                "provider": completion.provider,
            }
            for each in verdict.rejections
        ]
        draft.prompt = prompts.with_correction(
            draft.question, completion.text, grounding.correction(verdict, context)
        )
        log_event(
            log,
            logging.WARNING,
            "reply_untrue",
            f"[AI] ⚠️ Respuesta de {completion.provider} rechazada: no consta en el catálogo "
            f"({kinds})",
            provider=completion.provider,
            kinds=kinds,
            turn_id=draft.turn_id,
        )

    def _from_catalog(self, draft: _Draft, context: TurnContext) -> Reply:
        started_at, started = self._clock.now(), self._clock.monotonic_s()
        answer = offline.answer(context)
        self._record(
            AttemptRow(
                turn_id=draft.turn_id,
                provider=offline.NAME,
                model=None,
                attempt=1,
                outcome="answered",
                duration_ms=round((self._clock.monotonic_s() - started) * 1000),
                started_at=started_at,
            )
        )
        log_event(
            log,
            logging.INFO,
            "reply_composed",
            "[AI] ✅ Respuesta generada con: offline (catálogo)",
            provider=offline.NAME,
            turn_id=draft.turn_id,
        )
        return Reply(
            text=answer.text,
            provider=offline.NAME,
            model=None,
            products=answer.products,
            prices=answer.prices,
            **self._common(draft, context, grounding.accepted(answer.prices, context)),
        )

    def _common(
        self, draft: _Draft, context: TurnContext, accepted: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "attempts": draft.attempts,
            "grounded": not draft.rejected,
            "truth": (*draft.rejected, accepted),
            "prompt_version": draft.prompt.version,
            "prompt_tokens": draft.prompt.tokens,
            "language": context.language,
            "duration_ms": round((self._clock.monotonic_s() - draft.started) * 1000),
        }


def _joined(error: AllProvidersFailed, draft: _Draft) -> AllProvidersFailed:
    """Why there is no reply: an untrue first one counts among the failures, and whoever was not to
    be asked is too dear."""
    errors = [_untrue(draft), *error.errors] if draft.rejected else error.errors
    paused = dict.fromkeys(draft.without, "quota") | error.paused
    return AllProvidersFailed(errors, error.retry_after_s, paused)


def _untrue(draft: _Draft) -> ProviderError:
    kinds = ", ".join(sorted({each["kind"] for each in draft.rejected}))
    return provider_error(
        f"the answer was not true: {kinds}", provider="-", error_class="validation"
    )
