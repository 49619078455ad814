"""A seed enters; the faults of one run leave, in the order they strike (pure)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.points import Point

ACTIONS = ("kill", "delay", "raise")
AT_THE_DOOR = frozenset(
    {
        *(Point.WEBHOOK_VERIFIED, Point.MESSAGE_UNIT, Point.MESSAGE_STORED, Point.MESSAGE_WOKEN),
        *(Point.STATUS_UNIT, Point.STATUS_STORED),
    }
)
"""Reached where messages are taken; all others where they are answered."""
MOST_REACHES = 6
"""A fault strikes at the n-th time its point is reached, n up to this."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: `action` at a point, or to a part of the house."""

    where: str
    action: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.where}:{self.action}"


EVERYWHERE = (
    *(("shop", action) for action in ("kill", "stall", "stop")),
    *((Point.SENDING, "stall"), ("customers", "burst")),
    *(("clock", seconds) for seconds in ("+90", "+3600", "-90", "-3600")),
    *(("outside", who) for who in ("twilio_refuses", "providers_refuse")),
)
SQLITE = (("disk", "full"), ("disk", "failing"), ("disk", "read_only"))
POSTGRES = (
    ("web", "kill"),
    ("worker", "kill"),
    ("worker", "stall"),
    ("database_server", "kill"),
    ("backend", "kill"),
    ("backend", "terminate"),
    ("backend", "stall"),
    ("commit", "unheard"),
    ("one_clock", "+60"),
)
RARE = frozenset({Point.BURIAL, Point.UNCLEAR, Point.POSTPONED, Point.LOOK_UP, Point.LOOKED_UP})


def make_plan(seed: int, database: str, rounds: int) -> list[Fault]:
    """Every point with every action, and everything else that can break, `rounds` times."""
    dice = random.Random(f"{seed} {database}")
    others = EVERYWHERE + (SQLITE if database == "sqlite" else POSTGRES)
    plan: list[Fault] = []
    for _ in range(rounds):
        faults = [_at(point, action, dice) for point in Point for action in ACTIONS]
        faults += [Fault(*other) for other in others]
        dice.shuffle(faults)
        plan += faults
    return plan


def brief_plan(seed: int, database: str) -> list[Fault]:
    """What every test run can afford: each point's kill, or what only a database server has."""
    dice = random.Random(f"{seed} {database}")
    if database == "postgres":
        return [Fault(*other) for other in POSTGRES if "stall" not in other and "+60" not in other]
    kills = [Fault(point, "kill") for point in Point]
    dice.shuffle(kills)
    return [*kills, *(Fault(*other) for other in SQLITE)]


def _at(point: Point, action: str, dice: random.Random) -> Fault:
    return Fault(point, action, 1 if point in RARE else dice.randint(1, MOST_REACHES))


def names(plan: Sequence[Fault]) -> dict[str, int]:
    """How often each fault is planned."""
    counts: dict[str, int] = {}
    for fault in plan:
        counts[str(fault)] = counts.get(str(fault), 0) + 1
    return counts
