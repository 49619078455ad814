"""The sample talks enter, an AI that lies (or is true) answers them; what was delivered leaves.

    python benchmarks/told_talks.py [--times 20] [--tell lies] [--seed 7] [--show 20]

A stand-in AI reads the products of each prompt and says of them one of the things of `tests/told`;
the shop as it is decides what of it a customer reads. With 20 rounds about 3,000 answers are told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app
from bot.reading.language import detect_language
from core.log import configure
from evals.reading import read_talks
from evals.running import Plan, TurnRun, run_talks
from tests.fake_provider import FakeProvider, Seen
from tests.told import ways
from tests.told.fields import fields
from tests.told.scenes import Scene, load, pick

TALKS = Path(__file__).resolve().parent.parent / "evals" / "sample_talks.json"
LINE = re.compile(r"^\| (\S+) \|", re.MULTILINE)
LEAST = 2
"""Products a scene speaks of; a prompt with fewer gets others of the shop beside them."""
PLAIN = "¿Qué producto buscas?"


class Teller(FakeProvider):
    """Answers every question with a lie, or a truth, on products of its prompt."""

    def __init__(self, table: str, seed: int) -> None:
        super().__init__(models=("teller",))
        self.told: dict[str, str] = {}
        # The hour decides whether some are lies, and the question whether some are truths.
        unfit = {"now", "asks"} if table == "truths" else {"now"}
        self._ways = {name: way for name, way in ways(table).items() if not unfit & way.keys()}
        self._is_true = table == "truths"
        self._dice = random.Random(seed)
        self._shop = {product.sku: product for product in load()}

    async def _answer(self, behaviour: str, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.is_chat:
            self.reply = self._tell(seen)
        return await super()._answer(behaviour, seen, writer)

    def _tell(self, seen: Seen) -> str:
        skus = LINE.findall(seen.body["messages"][0]["content"])
        shown = [self._shop[sku] for sku in dict.fromkeys(skus) if sku in self._shop]
        if len(shown) < LEAST:
            if self._is_true:  # of what the prompt does not hold nothing is known to be true
                return PLAIN
            others = [product for product in self._shop.values() if product not in shown]
            shown += self._dice.sample(others, LEAST)
        self._dice.shuffle(shown)
        language = detect_language([seen.question])
        for way in self._dice.sample(list(self._ways), len(self._ways)):
            scene = pick([Scene(tuple(shown))], self._ways[way].get("needs", ""), self._dice)
            if scene is not None:
                template = self._dice.choice(self._ways[way][language])
                reply = template.format_map(fields(scene, language, self._dice)).strip()
                self.told[reply] = f"{self._ways[way].get('kind', '')} {way}".strip()
                return reply
        return PLAIN


@contextmanager
def sample_house(base_url: str) -> Iterator[app.House]:
    """The sample shop with the teller as its only AI, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/told.db",
            "AI_FALLBACK_ORDER": "groq",
            "GROQ_API_KEY": "gsk_for_the_stand_in",
            "GROQ_MODEL": "teller",
            "GROQ_BASE_URL": base_url,
        }
        with closing(app.open_house(quiet=True)) as house:
            configure(level="CRITICAL", log_format="text")
            yield house


def main() -> None:
    """Hold the talks and print what became of the answers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--tell", choices=("lies", "truths"), default="lies")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=20, help="print so many of them")
    asked = parser.parse_args()
    with Teller(asked.tell, asked.seed) as teller, sample_house(teller.base_url) as house:
        runs = asyncio.run(run_talks(house, read_talks(TALKS), Plan(times=asked.times)))
    turns = [turn for run in runs for turn in run.turns if turn.answer]
    print(f"{teller.count} answers told ({asked.tell}) in {len(turns)} turns")
    (_report_lies if asked.tell == "lies" else _report_truths)(teller, turns, asked.show)


def _report_lies(teller: Teller, turns: list[TurnRun], show: int) -> None:
    passed = [turn for turn in turns if _origin(turn) == "groq" and turn.reply in teller.told]
    print(f"lies delivered: {len(passed)}")
    for way, count in Counter(teller.told[str(turn.reply)] for turn in passed).most_common():
        print(f"  {way}: {count}")
    for turn in passed[:show]:
        print(f"    [{teller.told[str(turn.reply)]}] {turn.question!r} -> {turn.reply!r}")
    checks = Counter(
        one.check for turn in turns if _origin(turn) == "groq" for one in turn.failures
    )
    print(
        f"sums of money and discounts that are not so, read anew: "
        f"{checks['amounts'] + checks['discount']}"
    )


def _report_truths(_teller: Teller, turns: list[TurnRun], show: int) -> None:
    touched: list[Any] = [turn.answer for turn in turns if turn.answer and turn.answer["truth"]]
    rejected = [
        one for answer in touched for one in answer["truth"] if one.get("kind") != "accepted"
    ]
    print(f"truths touched: {sum(not answer['grounded'] for answer in touched)}")
    for one in rejected[:show]:
        print(f"    {one}")


def _origin(turn: TurnRun) -> str:
    return str(turn.answer["provider"]) if turn.answer else ""


if __name__ == "__main__":
    main()
