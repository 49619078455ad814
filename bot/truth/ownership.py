"""Mentions and amounts of a text enter; for each amount, the mentions it can belong to leave."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.truth.amounts import Amount
from bot.truth.mentions import Mention
from bot.truth.sentences import Span, clause_around

_LEADS_TO_NAME = re.compile(
    r"(?:\s|[-–—:(=>]|,? (?:y )?(?:es|is|e|se trata de)\b"
    r"|\b(?:por|para|el|la|los|las|un|una|tienes|tenemos|tendrias|llevas|lleva|te"
    r"|puedes|llevarte"
    r"|llevar|esta|estan|precio|del|de|for|the|you|get|a|o|seria|our|nuestro|nuestra|cada|hay"
    r"|encuentras"
    r"|is|price|of|we|have|em|do|da|voce|leva)\b)*$"
)
_COORDINATED = re.compile(
    r"(?:\s|[,/&+]|\b(?:y|e|o|u|and|or|ou|el|la|los|las|the|un|una|con|mas|plus|\d{1,2})\b)*$"
)
_RANKED = re.compile(
    r"barat|economic|car[oa]s?\b|cheap|expensive|\botr[oa]|ultim|\bmenor|\bmayor|\bother|latter"
    r"|desde|entre"
)

Owners = tuple[Mention, ...]


def assign(
    folded: str,
    sentence: Span,
    mentions: Sequence[Mention],
    amounts: Sequence[Amount],
    carried: Owners,
) -> list[tuple[Amount, Owners]]:
    """Who each amount of one sentence can belong to.

    Args:
        mentions, amounts: those of this sentence, in order.
        carried: mentions of the sentence before, which "cuesta …" alone refers to.
    """
    if not mentions:
        return _in_order(folded, sentence, carried, amounts)
    pairs: list[tuple[Amount, Owners]] = []
    first = mentions[0].start
    lead = [amount for amount in amounts if amount.start < first]
    taken: list[Mention] = []
    if (named := _as_many(mentions, lead)) and len(lead) == len(amounts):
        return _in_order(folded, sentence, named, lead)
    if lead:
        points_on = bool(_LEADS_TO_NAME.fullmatch(folded, lead[-1].end, first))
        back = lead[: -1 if points_on else None]
        pairs += _in_order(folded, sentence, carried, back)
        if points_on:
            pairs.append((lead[-1], (mentions[0],)))
            taken = [mentions[0]]
    for group, following, after in _groups(mentions, amounts, first):
        waiting = [mention for mention in group if mention not in taken]
        pairs += _share(folded, sentence, waiting or group, following, after, bool(taken), taken)
    return pairs


def _as_many(mentions: Sequence[Mention], lead: Sequence[Amount]) -> Owners:
    """As in "El primero cuesta …, el segundo …: A y B": the names follow when they are as many."""
    return tuple(mentions) if len(mentions) == len(lead) > 1 else ()


def _groups(
    mentions: Sequence[Mention], amounts: Sequence[Amount], first: int
) -> list[tuple[list[Mention], list[Amount], Mention | None]]:
    """Runs of mentions, each with the amounts up to the next mention, and that mention."""
    groups: list[tuple[list[Mention], list[Amount], Mention | None]] = []
    run: list[Mention] = []
    for index, mention in enumerate(mentions):
        run.append(mention)
        after = mentions[index + 1] if index + 1 < len(mentions) else None
        limit = after.start if after else None
        own = [
            a for a in amounts if a.start >= mention.start and (limit is None or a.start < limit)
        ]
        if own:
            groups.append((run, own, after))
            run = []
    return groups


def _share(
    folded: str,
    sentence: Span,
    group: list[Mention],
    amounts: list[Amount],
    after: Mention | None,
    is_reversed: bool,
    taken: list[Mention],
) -> list[tuple[Amount, Owners]]:
    """Amounts behind a run of mentions; the last may already point on to the next mention."""
    pairs: list[tuple[Amount, Owners]] = []
    if after is not None and (len(amounts) > 1 or is_reversed):
        last = amounts[-1]
        if _LEADS_TO_NAME.fullmatch(folded, last.end, after.start):
            pairs.append((last, (after,)))
            taken.append(after)
            amounts = amounts[:-1]
    if len(group) == len(amounts):
        return [*((a, (m,)) for a, m in zip(amounts, group, strict=True)), *pairs]
    plausible = _nearest(folded, sentence, group, amounts[0]) if amounts else ()
    return [*((amount, plausible) for amount in amounts), *pairs]


def _nearest(folded: str, sentence: Span, group: list[Mention], amount: Amount) -> Owners:
    """The last mention of a run and those listed together with it; all, set apart by commas."""
    clause = clause_around(folded, sentence, amount.start, amount.end)
    if group[-1].start < clause[0]:
        return tuple(group)
    nearest = [group[-1]]
    for earlier in reversed(group[:-1]):
        if not _COORDINATED.fullmatch(folded, earlier.end, nearest[-1].start):
            break
        nearest.append(earlier)
    return tuple(nearest)


def _in_order(
    folded: str, sentence: Span, carried: Owners, amounts: Sequence[Amount]
) -> list[tuple[Amount, Owners]]:
    """As in "El primero cuesta …, el segundo …": as many amounts as names before go in order."""
    in_order = len(carried) == len(amounts) > 1 and not _RANKED.search(folded, *sentence)
    if in_order:
        return [(a, (m,)) for a, m in zip(amounts, carried, strict=True)]
    return [(amount, carried) for amount in amounts]
