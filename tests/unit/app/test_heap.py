"""What is there at the start is left alone by the garbage collector; what comes later is not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from app import heap


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class _Knot:
    """Goes only when cycles are looked for."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_there_is_looked_at_no_more() -> None:
    before = len(gc.get_objects())
    heap.settle()
    assert gc.get_freeze_count() > before / 2
    assert len(gc.get_objects()) < before / 10


def test_what_a_former_worker_left_goes_when_the_next_one_starts() -> None:
    knot = _Knot()
    ghost = weakref.ref(knot)
    heap.settle()
    del knot
    heap.settle()
    assert ghost() is None
