"""What Prometheus reads."""

from __future__ import annotations

from datetime import UTC, datetime

from prometheus_client import generate_latest

from bot.health import Health, Member
from bot.messages import AttemptRow, Reply
from bot.metrics import Metrics
from bot.providers.base import find_providers
from core.errors import provider_error
from core.settings import ProviderSettings
from tests.fakes import FixedClock

MEMBER = Member(find_providers()["groq"], ProviderSettings("k", ("m1",)))


def row(outcome: str, **given: object) -> AttemptRow:
    started_at = datetime(2026, 3, 2, tzinfo=UTC)
    return AttemptRow("t", "groq", "m1", 1, outcome, 300, started_at, **given)  # type: ignore[arg-type]


def text(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_attempts_are_counted_by_how_they_ended() -> None:
    metrics = Metrics()
    metrics.observe(row("answered", input_tokens=20, output_tokens=5, cost_usd=0.25))
    metrics.observe(row("rate_limit"))
    said = text(metrics)
    for line in (
        'mostrador_ai_attempts_total{outcome="answered",provider="groq"} 1.0',
        'mostrador_ai_attempts_total{outcome="rate_limit",provider="groq"} 1.0',
        'mostrador_ai_attempt_duration_seconds_bucket{le="0.5",provider="groq"} 2.0',
        'mostrador_ai_tokens_total{direction="input",provider="groq"} 20.0',
        'mostrador_ai_cost_usd_total{provider="groq"} 0.25',
    ):
        assert line in said


def test_no_series_only_tells_when_another_one_began() -> None:
    metrics = Metrics()
    metrics.observe(row("answered"))
    metrics.composed(Reply("x", "offline", None, attempts=3))
    assert "_created" not in text(metrics)


def test_replies_tell_how_deep_the_fallback_went() -> None:
    metrics = Metrics()
    metrics.composed(Reply("x", "offline", None, attempts=3))
    said = text(metrics)
    assert 'mostrador_ai_replies_total{provider="offline"} 1.0' in said
    assert 'mostrador_ai_fallback_depth_bucket{le="2.0"} 0.0' in said
    assert 'mostrador_ai_fallback_depth_bucket{le="3.0"} 1.0' in said


def test_breakers_are_read_as_they_are_now() -> None:
    metrics, clock = Metrics(), FixedClock.at_noon()
    health = Health(clock)
    metrics.watch(health)
    error = provider_error("x", provider="groq", error_class="timeout")
    health.fail(health.begin(MEMBER, "m1"), error)
    clock.advance(10)
    said = text(metrics)
    assert 'mostrador_ai_breaker_open{model="m1",provider="groq"} 1.0' in said
    assert 'mostrador_ai_wait_seconds{model="m1",provider="groq"} 20.0' in said
