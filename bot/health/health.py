"""Results of calls enter; who may be asked, when, and with which model leaves.

Everything is kept in memory; `bot.health.store` shares it with other processes and the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, inf

import httpx

from bot.health.breaker import Breaker, Call
from bot.health.member import Member
from bot.health.replacements import Replacement, Replacements
from bot.health.windows import Need, RateWindows
from bot.messages import Window
from bot.providers import base
from bot.providers.advice import advise
from bot.providers.models import pick_model
from core.clock import Clock
from core.errors import ProviderError, provider_error
from core.log import log_event

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(provider, model); model "" while nobody knows which one is loaded."""

CLOSED_BY_PING = frozenset({"network", "auth", "config", "model_not_found"})
"""What a list of models can disprove; a hanging or exhausted model has to prove itself."""
ALARMING = frozenset({"auth", "config", "quota"})
"""What stays until a person mends it."""
CLAIM_LIMIT_S = 1.0
ONE_REQUEST = Need()
LATENCIES_KEPT = 100
LEAST_LATENCIES = 20


@dataclass(slots=True)
class State:
    """What is known of one (provider, model)."""

    breaker: Breaker = field(default_factory=Breaker)
    windows: RateWindows = field(default_factory=RateWindows)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    answers: int = 0
    answered_at: float = -inf
    """Monotonic second of the last answer of this process."""


async def _nobody_else(_call: Call) -> bool:
    return True


class Health:
    """Breakers, rate windows, latencies and replaced models of one process.

    Args:
        is_probing: pings run in this process, so a customer need not find out by waiting.
        claim: asks whether no other process probes this breaker now.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        is_probing: bool = False,
        claim: Callable[[Call], Awaitable[bool]] = _nobody_else,
    ) -> None:
        self._clock = clock
        self.is_probing = is_probing
        self.claim = claim
        self.states: dict[Key, State] = {}
        self.changed: set[Key] = set()
        """Breakers and replaced models the store has not written yet."""
        self.learned: set[Key] = set()
        """The same of rate windows and latencies."""
        self.replacements = Replacements(clock)
        self._loaded: dict[str, str] = {}
        self._alarmed: dict[str, str] = {}

    # Models

    def current_model(self, member: Member, purpose: str = "chat") -> str | None:
        """The model to ask now: the one set or loaded, or what replaced it.

        Args:
            purpose: "chat", "vision" or "transcribe".
        """
        model = member.model_for(purpose)
        if model is None and purpose == "chat":
            model = self._loaded.get(member.name)
        if not self.replacements or model is None:
            return model
        return self.replacements.resolve(member.name, model)

    def replace_model(self, provider: str, gone: str, found: str) -> None:
        """From now on ask `found` where `gone` is set."""
        self.replacements.add(Replacement(provider, gone, found, self._clock.now()))
        self.changed.add((provider, gone))
        if self._loaded.get(provider) == gone:
            self._loaded[provider] = found

    async def find_loaded(self, client: httpx.AsyncClient, member: Member, limit_s: float) -> str:
        """Ask a local provider which model is loaded, and remember it.

        Raises:
            ProviderError: not reached, or none is loaded.
        """
        listed = await base.list_models(member.provider, client, member.settings, limit_s)
        found = pick_model(listed, None)
        if found is None:
            self._loaded.pop(member.name, None)
            raise provider_error(
                "no model loaded", provider=member.name, error_class="model_not_found"
            )
        self._loaded[member.name] = found
        return found

    # Who may be asked

    def state(self, provider: str, model: str | None) -> State:
        key = provider, model or ""
        found = self.states.get(key)
        if found is None:
            found = self.states[key] = State()
        return found

    def breaker(self, provider: str, model: str | None) -> Breaker:
        return self.state(provider, model).breaker

    def may_ask(self, provider: str, model: str | None) -> bool:
        """Closed, or open and due for its one probe."""
        breaker = self.state(provider, model).breaker
        return breaker.open_until is None or breaker.may_ask(self._clock.monotonic_s())

    def ready_in_s(self, provider: str, model: str | None, need: Need = ONE_REQUEST) -> float:
        """Seconds until the rate windows let such a call through; 0 when now."""
        windows = self.state(provider, model).windows
        return windows.wait_s(need, self._clock.monotonic_s()) if windows else 0.0

    def soonest(self, keys: Sequence[tuple[str, str | None]]) -> tuple[str, str | None] | None:
        """With every breaker open: the one due soonest that a caller may probe, if any.

        One that hangs is left alone until it is due: nobody waits for it twice. What pings disprove
        is left to them: a closed local port takes seconds to say so on Windows.
        """
        due = [
            (breaker.open_until, key)
            for key in keys
            if (breaker := self.breaker(*key)).open_until is not None
            and not breaker.probing
            and not (self.is_probing and breaker.error_class in CLOSED_BY_PING)
            and breaker.error_class not in ("rate_limit", "timeout")
        ]
        return min(due, key=lambda pair: pair[0] or 0.0)[1] if due else None

    def open_for_s(self, provider: str, model: str | None) -> float | None:
        """Seconds until its breaker is due again; None when it is closed."""
        until = self.breaker(provider, model).open_until
        return None if until is None else max(0.0, until - self._clock.monotonic_s())

    def forget(self, provider: str) -> None:
        """Its key or address is another now: what was learned with the old one says nothing."""
        for key in [key for key in self.states if key[0] == provider]:
            del self.states[key]
        self._alarmed.pop(provider, None)
        self._loaded.pop(provider, None)

    def silent_s(self, provider: str, model: str | None) -> float:
        """Seconds since it last answered."""
        return self._clock.monotonic_s() - self.state(provider, model).answered_at

    def hangs(self, provider: str, model: str | None) -> bool:
        """Its breaker is open because it did not answer in time."""
        breaker = self.state(provider, model).breaker
        return breaker.open_until is not None and breaker.error_class == "timeout"

    def p95_s(self, provider: str, model: str | None) -> float | None:
        """The 95th percentile of its last answers in seconds; None while too few are known."""
        known = sorted(self.state(provider, model).latencies_s)
        return known[ceil(len(known) * 0.95) - 1] if len(known) >= LEAST_LATENCIES else None

    # What calls find out

    def begin(self, member: Member, model: str | None, need: Need | None = None) -> Call:
        """A call starts; of an open breaker nobody probes yet it is the one probe.

        Args:
            need: what it takes from the rate windows; None: it is no generation.
        """
        state = self.state(member.name, model)
        breaker = state.breaker
        is_probe = breaker.open_until is not None and not breaker.probing
        if is_probe:
            breaker.probing = True
        call = Call(member, model, breaker, is_probe)
        if need is not None:
            state.windows.take(id(call), need)
        return call

    async def may_probe(self, call: Call) -> bool:
        """Whether this probe may go on: not while another process probes the same.

        Whoever is cancelled here, or refused, has given the probe back.
        """
        is_ours = False
        try:
            async with asyncio.timeout(CLAIM_LIMIT_S):
                is_ours = await self.claim(call)
        except TimeoutError:
            is_ours = True  # the database is busy: better two probes than none
        finally:
            if not is_ours:
                self.abandon(call)
        return is_ours

    def succeed(
        self, call: Call, *, duration_s: float | None = None, windows: Sequence[Window] = ()
    ) -> None:
        """A call was answered.

        Args:
            duration_s: how long a generation took; None for what says nothing of generations.
            windows: what the answer said of rate windows.
        """
        state = self.state(call.member.name, call.model)
        state.windows.end(id(call))
        if duration_s is not None:
            state.latencies_s.append(duration_s)
            state.answered_at = self._clock.monotonic_s()
            state.answers += 1
            if state.answers % LEAST_LATENCIES == 0:
                self.learned.add((call.member.name, call.model or ""))
        if windows:
            state.windows.read(windows, self._clock.monotonic_s())
            self.learned.add((call.member.name, call.model or ""))
        breaker = call.breaker
        if breaker.is_open and breaker.error_class == "rate_limit" and not call.is_probe:
            return  # it began before the window was full
        if breaker.failures or breaker.is_open:
            breaker.close()
            self._note_change(call)
        if self._alarmed and self._alarmed.pop(call.member.name, ""):
            log_event(log, logging.INFO, "provider_recovered", provider=call.member.name)

    def abandon(self, call: Call) -> None:
        """A call ended and says nothing; a second word on the same call changes nothing."""
        self.state(call.member.name, call.model).windows.end(id(call))
        if call.is_probe:
            call.breaker.probing = False

    def fail(self, call: Call, error: ProviderError, *, is_doubtful: bool = False) -> None:
        """A call failed.

        Args:
            is_doubtful: it got too little time to be sure of it.
        """
        self.abandon(call)
        changed = call.breaker.note_failure(
            error,
            self._clock.monotonic_s(),
            is_probe=call.is_probe,
            is_local=call.member.provider.is_local,
            is_doubtful=is_doubtful,
        )
        if changed:
            self._note_change(call)
        if error.error_class in ALARMING:
            self._alarm(call.member, error)

    def _note_change(self, call: Call) -> None:
        self.changed.add((call.member.name, call.model or ""))

    def _alarm(self, member: Member, error: ProviderError) -> None:
        """Tell the owner once what only they can mend."""
        if self._alarmed.get(member.name) == error.error_class:
            return
        self._alarmed[member.name] = error.error_class
        advice = advise(error.error_class, member.provider, member.settings, model=error.model)
        log_event(
            log,
            logging.ERROR,
            "provider_alarm",
            f"[AI Multi-Provider] ❌ {member.name}: {error.error_class}. {advice}",
            provider=member.name,
            error_class=error.error_class,
            status=error.status,
        )
