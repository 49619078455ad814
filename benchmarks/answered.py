"""What was written and what Twilio took enter; who waited how long, and what went wrong, leaves."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.light_stand_ins import ECHO

if TYPE_CHECKING:
    from benchmarks.end_to_end import Load


@dataclass
class Answers:
    """What became of a run's messages.

    Attributes:
        waits_s: from when each message was due to its first reply.
        came: when each of these replies came.
        lost: acknowledged and never answered.
        other_words: of customers who got a reply that was not the AI's, and therefore not `lost`.
        doubled: answered more than once.
        out_of_order: answered before one the same customer had written earlier.
    """

    waits_s: list[float] = field(default_factory=list)
    came: list[float] = field(default_factory=list)
    lost: int = 0
    other_words: int = 0
    doubled: int = 0
    out_of_order: int = 0

    @classmethod
    def read(cls, load: Load, taken: list[Any]) -> Answers:
        """Join both records; nobody wrote the same words twice."""
        told: dict[str, list[tuple[str, float]]] = defaultdict(list)
        others: Counter[str] = Counter()
        for at, customer, body in taken:
            lines = [line for line in body.splitlines() if line.startswith(ECHO)]
            told[customer] += [(line.removeprefix(ECHO), at) for line in lines]
            others[customer] += not lines
        found = cls()
        written: dict[str, list[int]] = defaultdict(list)
        for number, message in enumerate(load.messages):
            written[message.customer].append(number)
        for customer, numbers in written.items():
            found._add(load, numbers, told[customer], others[customer])
        return found

    def _add(
        self, load: Load, numbers: list[int], told: list[tuple[str, float]], others: int
    ) -> None:
        place = {load.messages[number].text: number for number in numbers}
        told_numbers = [place[text] for text, _ in told if text in place]
        first = list(dict.fromkeys(told_numbers))
        self.doubled += len(told_numbers) - len(first)
        self.out_of_order += sum(b < a for a, b in pairwise(first))
        missing = sum(load.status[n] == 200 for n in numbers if n not in set(first))
        self.other_words += min(missing, others)
        self.lost += missing - min(missing, others)
        times: dict[int, float] = {}
        for text, at in told:
            if text in place:
                times.setdefault(place[text], at)
        self.came += times.values()
        self.waits_s += [at - load.due[number] for number, at in times.items()]
