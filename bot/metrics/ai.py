"""Ledger rows, replies and breakers enter; figures of the AI providers leave, and all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.health import Health
from bot.messages import AttemptRow, Reply
from bot.metrics.spine import Spine
from bot.providers import offline

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60)
DEPTHS = (0, 1, 2, 3, 4, 6, 8)


class Metrics:
    """The figures of one process; those of AI providers have names that begin with `mostrador_ai_`.

    Attributes:
        spine: those of a message's way.
    """

    def __init__(self) -> None:
        # Else a second series beside each; all of them began with the process, which tells when.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.spine = Spine(self.registry)
        ProcessCollector(registry=self.registry)
        self._breakers: _Breakers | None = None
        self._attempts = Counter(
            "mostrador_ai_attempts_total",
            "Calls of AI providers, by how they ended.",
            ("provider", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "mostrador_ai_attempt_duration_seconds",
            "How long calls of AI providers took.",
            ("provider",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._tokens = Counter(
            "mostrador_ai_tokens_total",
            "Tokens as the providers counted them.",
            ("provider", "direction"),
            registry=self.registry,
        )
        self._cost = Counter(
            "mostrador_ai_cost_usd_total",
            "Cost at list prices, where they are known.",
            ("provider",),
            registry=self.registry,
        )
        self._replies = Counter(
            "mostrador_ai_replies_total",
            "Composed replies, by whose they are.",
            ("provider",),
            registry=self.registry,
        )
        self._depth = Histogram(
            "mostrador_ai_fallback_depth",
            "Provider calls a reply took.",
            buckets=DEPTHS,
            registry=self.registry,
        )

    def observe(self, row: AttemptRow) -> None:
        """Count one call of an AI; the catalog's own answers are counted as replies."""
        if row.provider == offline.NAME:
            return
        self._attempts.labels(row.provider, row.outcome).inc()
        self._seconds.labels(row.provider).observe(row.duration_ms / 1000)
        for direction, tokens in (("input", row.input_tokens), ("output", row.output_tokens)):
            if tokens:
                self._tokens.labels(row.provider, direction).inc(tokens)
        if row.cost_usd:
            self._cost.labels(row.provider).inc(row.cost_usd)

    def composed(self, reply: Reply) -> None:
        """Count one reply of an AI or of the catalog."""
        self._replies.labels(reply.provider).inc()
        self._depth.observe(reply.attempts)

    def watch(self, health: Health) -> None:
        """From now on tell the state of these breakers, and of no earlier ones, when read."""
        if self._breakers is not None:
            self.registry.unregister(self._breakers)
        self._breakers = _Breakers(health)
        self.registry.register(self._breakers)


class _Breakers(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return self._families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        is_open, wait_s = self._families()
        for provider, model in list(self._health.states):
            breaker_s = self._health.open_for_s(provider, model)
            is_open.add_metric((provider, model), 0.0 if breaker_s is None else 1.0)
            window_s = self._health.ready_in_s(provider, model)
            wait_s.add_metric((provider, model), max(breaker_s or 0.0, window_s))
        yield from (is_open, wait_s)

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        labels = ("provider", "model")
        return (
            GaugeMetricFamily(
                "mostrador_ai_breaker_open", "1 while nobody is sent to it.", labels=labels
            ),
            GaugeMetricFamily(
                "mostrador_ai_wait_seconds",
                "Until its breaker is due and its rate windows have room.",
                labels=labels,
            ),
        )
