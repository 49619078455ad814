"""Who is asked first: the providers of an order enter, the order of one turn leaves (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from bot.health import Member

Price = Callable[[Member], float | None]
"""What a turn would cost at a provider, in US dollars; None when nobody knows."""


def arrange(
    members: Sequence[Member],
    routing: str,
    *,
    weights: Mapping[str, float],
    price: Price,
    random: Random,
) -> list[Member]:
    """The order of one turn.

    Args:
        routing: "order" as configured; "weighted" drawn by `weights`, each next one among those
            that are left, providers without a weight behind them; "cheapest" by price, those of
            unknown price last, equals as configured.
        random: draws; tests hand in a seeded one.
    """
    if routing == "weighted":
        return _draw(members, weights, random)
    if routing == "cheapest":
        priced = [(price(member), member) for member in members]
        unknown = float("inf")
        return [
            m for _, m in sorted(priced, key=lambda pair: unknown if pair[0] is None else pair[0])
        ]
    return list(members)


def _draw(members: Sequence[Member], weights: Mapping[str, float], random: Random) -> list[Member]:
    waiting = [member for member in members if weights.get(member.name, 0) > 0]
    drawn: list[Member] = []
    while waiting:
        chosen = random.choices(waiting, [weights[member.name] for member in waiting])[0]
        waiting.remove(chosen)
        drawn.append(chosen)
    return drawn + [member for member in members if member not in drawn]
