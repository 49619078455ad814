"""A short, always equal selection of what `python -m tests.fuzz` does at length."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.__main__ import FILES, WEB, opened

QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("target", [*WEB, *FILES])
def test_made_up_input_breaks_nothing(target: str, tmp_path: Path) -> None:
    with contextlib.closing(opened(target, tmp_path)) as case:
        QUICK(case.run)()
