"""The benchmark's bookkeeping sees what is lost, doubled and out of order."""

from __future__ import annotations

import pytest

from benchmarks.answered import Answers
from benchmarks.end_to_end import Load
from benchmarks.light_stand_ins import ECHO
from benchmarks.written import Written

ANA = [ECHO + text for text in ("uno", "dos")]


@pytest.mark.parametrize(
    ("bodies", "status", "expected"),
    [
        pytest.param(ANA, 200, (0, 0, 0, 0), id="each once"),
        pytest.param(["\n".join(ANA)], 200, (0, 0, 0, 0), id="both in one reply"),
        pytest.param(ANA[:1], 200, (1, 0, 0, 0), id="lost"),
        pytest.param(ANA[:1], 503, (0, 0, 0, 0), id="never acknowledged"),
        pytest.param([*ANA, ANA[0]], 200, (0, 1, 0, 0), id="doubled"),
        pytest.param(ANA[::-1], 200, (0, 0, 1, 0), id="out of order"),
        pytest.param([ANA[0], "Ya te respondo"], 200, (0, 0, 0, 1), id="in other words"),
    ],
)
def test_every_kind_of_wrong_is_counted(
    bodies: list[str], status: int, expected: tuple[int, ...]
) -> None:
    load = Load([Written("ana", text, b"") for text in ("uno", "dos")], per_s=1, ports=[])
    load.status[0], load.status[1] = 200, status
    found = Answers.read(load, [(1.0, "ana", body) for body in bodies])
    assert (found.lost, found.doubled, found.out_of_order, found.other_words) == expected
