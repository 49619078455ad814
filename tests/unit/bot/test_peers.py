"""A worker whose beat stands still is dead, whatever any clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.peers import MISSED_LOOKS, Peers

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("beats_s", "died"),
    [
        pytest.param([0] * (MISSED_LOOKS + 1), True, id="stands still"),
        pytest.param([0] * MISSED_LOOKS, False, id="not long enough"),
        pytest.param([0, 2, 4, 6, 8], False, id="goes on"),
        pytest.param([0, 0, 0, 2, 2, 2], False, id="stalled and came back"),
        pytest.param([0, -3600, -3598, -3596], False, id="its clock was set back"),
        pytest.param([-9000, -8998, -8996, -8994], False, id="its clock is wrong"),
    ],
)
def test_a_worker_is_dead_when_its_beat_stands_still(beats_s: list[int], died: bool) -> None:
    peers = Peers("me")
    found = [peers.look({"other": AT + timedelta(seconds=beat)}) for beat in beats_s]
    assert bool(found[-1]) == died


def test_nobody_buries_itself() -> None:
    peers = Peers("me")
    assert not any(peers.look({"me": AT}) for _ in range(9))


@pytest.mark.parametrize(
    ("names", "living"), [((), 1), (("me",), 1), (("me", "b", "c"), 3), (("b", "c"), 3)]
)
def test_those_who_beat_share_the_work(names: tuple[str, ...], living: int) -> None:
    peers = Peers("me")
    peers.look(dict.fromkeys(names, AT))
    assert peers.living == living
