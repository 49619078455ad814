"""providers, stats, switch, test, attempts: what is known of each provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_provider import FakeProvider
from tests.integration.commands.conftest import Run

PING = "name configured ok state latency_ms model error advice checked_at"
FIGURES = (
    "name requests succeeded failed success_rate mean_ms p95_ms input_tokens output_tokens cost_usd"
)
ROW = (
    "id turn_id provider model attempt outcome status retry_after_s duration_ms first_token_ms "
    "input_tokens output_tokens cost_usd started_at"
)
