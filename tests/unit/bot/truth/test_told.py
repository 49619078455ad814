"""Fluent replies over the sample shop enter: no lie passes, hardly a truth is touched.

The same at length: `python benchmarks/truth.py`.
"""

from __future__ import annotations

import random

import pytest

from bot.grounding import check
from tests.told import Told, every_template
from tests.told.scenes import Scene, load, scenes

MOST_TOUCHED = 0.01


@pytest.fixture(scope="module")
def shown() -> list[Scene]:
    return scenes(load(), random.Random(1), 200)


def replies(name: str, shown: list[Scene], seed: int) -> list[Told]:
    return list(every_template(name, shown, random.Random(seed)))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_lie_about_money_stock_or_discounts_passes(shown: list[Scene], seed: int) -> None:
    lies = [o for o in replies("lies", shown, seed) if o.kind in ("amount", "stock", "discount")]
    assert len(lies) > 300
    assert [o.reply for o in lies if check(o.reply, o.context).grounded] == []


def test_hardly_any_other_lie_passes(shown: list[Scene]) -> None:
    lies = [o for o in replies("lies", shown, 3) if o.kind not in ("amount", "stock", "discount")]
    passed = [o.reply for o in lies if check(o.reply, o.context).grounded]
    assert len(passed) <= MOST_TOUCHED * len(lies), passed


@pytest.mark.parametrize("seed", [1, 2])
def test_hardly_any_truth_is_touched(shown: list[Scene], seed: int) -> None:
    truths = replies("truths", shown, seed)
    touched = [o.reply for o in truths if not check(o.reply, o.context).grounded]
    assert len(touched) <= MOST_TOUCHED * len(truths), touched
