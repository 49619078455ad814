"""Fluent replies enter, lies in over fifty ways and truths in over forty styles; two shares leave.

    python benchmarks/truth.py [--catalog FILE | --talks FILE] [--lies 3000] [--truths 1000]

How many lies the truth check lets pass and how many truths it touches, by way, and its time.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.grounding import check
from tests.told import Told, told
from tests.told.scenes import SAMPLE, Scene, load, scenes
from tests.told.talks import talk_scenes


def drawn(name: str, shown: list[Scene], dice: random.Random, count: int) -> Iterator[Told]:
    """As many replies as wanted, every way equally often."""
    made = 0
    while made < count:
        for one in told(name, shown, dice):
            yield one
            made += 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--catalog", type=Path, default=SAMPLE)
    parser.add_argument("--talks", type=Path, help="take the turns of these talks")
    parser.add_argument("--lies", type=int, default=3000)
    parser.add_argument("--truths", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many of the errors")
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    if asked.talks:
        shown = list(talk_scenes(asked.talks))
    else:
        shown = scenes(load(asked.catalog), dice, 400)
    times: list[float] = []
    for name, count in (("lies", asked.lies), ("truths", asked.truths)):
        wrong, made = [], Counter[str]()
        for one in drawn(name, shown, dice, count):
            start = time.perf_counter()
            verdict = check(one.reply, one.context)
            times.append((time.perf_counter() - start) * 1000)
            made[one.way] += 1
            if verdict.grounded == (name == "lies"):
                wrong.append((one, verdict))
        print(f"{name}: {len(wrong)} of {made.total()} {'passed' if name == 'lies' else 'touched'}")
        for way, number in Counter((o.kind, o.way) for o, _ in wrong).most_common():
            print(f"  {' '.join(way).strip()}: {number} of {made[way[1]]}")
        dice.shuffle(wrong)
        for one, verdict in wrong[: asked.show]:
            reasons = [(r.kind, r.reason, r.claim) for r in verdict.rejections]
            print(f"    [{one.way}] {one.context.question!r} -> {one.reply!r} {reasons}")
    cuts = statistics.quantiles(times, n=100)
    print(f"time of a check: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms")


if __name__ == "__main__":
    main()
