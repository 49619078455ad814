"""Tokens enter, US dollars leave; and whether a day's budget still allows a call.

Prices are list prices of `genai-prices`, loaded on first need (0.3 s, 30 MB): never where somebody
waits. What no list knows is not invented: its cost is None.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from bot.health import Member
from bot.messages import Usage
from bot.providers.base import Provider
from core.clock import Clock
from core.errors import DatabaseUnavailable
from core.log import log_event

log = logging.getLogger(__name__)

PRICED_AS = {"gemini": "google"}
"""Where the price list calls a provider by another name."""
PRICED_TOKENS = 1000
GUESSED_USD = (1e-6, 4e-6)
"""For the budget alone: a token in and out of a paid model whose price no list knows."""
TWILIO_MESSAGE_USD = 0.005
"""Twilio's own price of a WhatsApp message, in or out; Meta's fees come on top.
Source: https://www.twilio.com/en-us/whatsapp/pricing"""
REFRESH_S = 5.0
SHARE = 0.1
"""Of a day's budget, for one conversation: who writes without end must not use up everybody's."""


def is_free(provider: Provider, model: str | None) -> bool:
    """Whether a call costs nothing: on the shop's own machine, or a model marked as free."""
    return provider.is_local or (model or "").endswith((":free", "openrouter/free"))


def cost_usd(provider: Provider, model: str | None, usage: Usage) -> float | None:
    """What an answer cost at list prices; thoughts count as output. None when nobody knows."""
    if is_free(provider, model):
        return 0.0
    given, produced = usage.input_tokens, usage.output_tokens or 0
    if given is None and usage.output_tokens is None:
        given = usage.total_tokens  # of a call nobody answered: what was sent
    if given is None and usage.output_tokens is None:
        return None
    given = given or 0
    if usage.total_tokens is not None:
        produced = max(produced, usage.total_tokens - given)
    return _cost(provider, model, given, produced)


def estimate_usd(
    provider: Provider, model: str | None, tokens: int, max_tokens: int
) -> float | None:
    """What a call may cost at most; None when no price is known."""
    if is_free(provider, model):
        return 0.0
    return _cost(provider, model, tokens, max_tokens)


def _cost(provider: Provider, model: str | None, given: int, produced: int) -> float | None:
    prices = token_prices(provider.name, model or "")
    return None if prices is None else given * prices[0] + produced * prices[1]


@lru_cache(maxsize=512)
def token_prices(provider: str, model: str) -> tuple[float, float] | None:
    """US dollars of one token in and one out; None when the list does not know the model."""
    import genai_prices  # 0.3 s and 30 MB: only where money is asked for

    tokens = genai_prices.Usage(input_tokens=PRICED_TOKENS, output_tokens=PRICED_TOKENS)
    try:
        price = genai_prices.calc_price(
            tokens, model_ref=model, provider_id=PRICED_AS.get(provider, provider)
        )
    except LookupError:
        return None
    return float(price.input_price) / PRICED_TOKENS, float(price.output_price) / PRICED_TOKENS


class Budget:
    """AI_DAILY_BUDGET_USD: paid providers pause once what is spent and under way reaches it.

    Providers with a free plan and local ones go on: their keys begin where nothing is billed.

    Args:
        limit_usd: of one day of the shop.
        spent: reads what paid providers have cost since an instant; other processes included.
        day_start: the beginning of the shop's day an instant lies in.
    """

    def __init__(
        self,
        limit_usd: float,
        clock: Clock,
        spent: Callable[[datetime], float],
        day_start: Callable[[datetime], datetime],
    ) -> None:
        self.limit_usd = limit_usd
        self._clock = clock
        self._spent = spent
        self._day_start = day_start
        self._day: datetime | None = None
        self._known_usd = 0.0
        self._under_way_usd = 0.0
        self._told: datetime | None = None

    @property
    def day(self) -> datetime | None:
        """When the day began whose spending is counted; None before anything was read."""
        return self._day

    @property
    def is_reached(self) -> bool:
        """Whether this process had to leave a call out today."""
        return self._told is not None and self._told == self._day

    def may_ask(self, member: Member, model: str | None, tokens: int, max_tokens: int) -> bool:
        """Whether a call of so many tokens still fits into the day."""
        if not is_paid(member.provider, model):
            return True
        likely_usd = self._likely_usd(member, model, tokens, max_tokens)
        if self._known_usd + self._under_way_usd + likely_usd <= self.limit_usd:
            return True
        self._tell()
        return False

    def begin(self, member: Member, model: str | None, tokens: int, max_tokens: int) -> float:
        """A call starts; what it may cost is kept back until `end` is given the same figure."""
        if not is_paid(member.provider, model):
            return 0.0
        likely_usd = self._likely_usd(member, model, tokens, max_tokens)
        self._under_way_usd += likely_usd
        return likely_usd

    def end(self, kept_usd: float, member: Member, model: str | None, usage: Usage) -> None:
        """The call is over: what it did cost takes the place of what was kept back."""
        if not kept_usd:
            return
        self._under_way_usd -= kept_usd
        given, produced = usage.input_tokens or 0, usage.output_tokens or 0
        cost = cost_usd(member.provider, model, usage)
        guess = given * GUESSED_USD[0] + produced * GUESSED_USD[1]
        self._known_usd += guess if cost is None else cost

    def day_left_s(self) -> float:
        """Seconds until the shop's next day."""
        now = self._clock.now()
        return (self._day_start(now) + timedelta(days=1) - now).total_seconds()

    def load(self) -> None:
        """Read what was spent today; blocks."""
        self._day = self._day_start(self._clock.now())
        self._known_usd = self._spent(self._day)

    async def run(self, before: Callable[[], None]) -> None:
        """Read again every few seconds until cancelled: other processes spend too.

        Args:
            before: stores what this process has not stored yet; blocks.
        """
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await asyncio.to_thread(before)
                await asyncio.to_thread(self.load)
            except DatabaseUnavailable:  # bot/alarms/teller.py says so, once
                continue
            except Exception:  # else its day would never end
                log.exception("budget_broken")

    def _likely_usd(self, member: Member, model: str | None, tokens: int, max_tokens: int) -> float:
        known = estimate_usd(member.provider, model, tokens, max_tokens)
        guess = tokens * GUESSED_USD[0] + max_tokens * GUESSED_USD[1]
        return guess if known is None else known

    def _tell(self) -> None:
        if self._told != self._day:
            self._told = self._day
            log_event(
                log,
                logging.WARNING,
                "budget_reached",
                f"[AI Multi-Provider] ⚠️ Presupuesto del día alcanzado ({self.limit_usd:g} USD): "
                "los providers de pago esperan hasta mañana",
                limit_usd=self.limit_usd,
            )


def is_paid(provider: Provider, model: str | None) -> bool:
    """Whether calls are billed: neither free nor on a plan that bills nothing."""
    return not provider.has_free_plan and not is_free(provider, model)
