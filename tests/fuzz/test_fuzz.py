"""A short, always equal selection of what `python -m tests.fuzz` does at length."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.__main__ import ALL, SERVER, entered

QUICK = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("target", ALL)
def test_made_up_input_breaks_nothing(target: str, tmp_path: Path) -> None:
    with entered(target, tmp_path) as case:
        settings(QUICK, max_examples=15 if target == SERVER else 40)(case)()
