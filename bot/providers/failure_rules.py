"""A rule by which words mean a failure: an error's words enter, whether the rule fits leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Rule:
    """What some words in an error mean.

    Args:
        codes: searched in its code, type and status words, without regard to case.
        text: searched in its sentences likewise; one hit in either is enough.
        statuses: the only ones it is for; none: any.
        retry_same: None when it is as usual for the class.
        too_long: the request would pass if it were shorter.
    """

    error_class: str
    codes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    statuses: frozenset[int] = frozenset()
    retry_same: bool | None = None
    too_long: bool = False

    def fits(self, status: int, codes: str, text: str) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        return _finds(self.codes, codes) or _finds(self.text, text)


def find_rule(rules: Iterable[Rule], status: int, codes: str, text: str) -> Rule | None:
    """The first rule that fits, or None: then the status alone decides."""
    return next((rule for rule in rules if rule.fits(status, codes, text)), None)


def _finds(patterns: tuple[str, ...], words: str) -> bool:
    return bool(patterns) and _either(patterns).search(words) is not None


@cache
def _either(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Compiled when the first failure asks for it: most runs of a command never do."""
    return re.compile("|".join(patterns), re.IGNORECASE)
