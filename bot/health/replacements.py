"""Models that are gone enter with those found instead; the one to ask now leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock

REPLACED_FOR = timedelta(days=1)
"""A model that came back is asked again after this."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A model that is gone, and the one asked instead since `at`."""

    provider: str
    gone: str
    found: str
    at: datetime


class Replacements:
    """What stands in for what, of all providers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], Replacement] = {}

    def __iter__(self) -> Iterator[Replacement]:
        return iter(self._known.values())

    def __bool__(self) -> bool:
        return bool(self._known)

    def get(self, provider: str, gone: str) -> Replacement | None:
        return self._known.get((provider, gone))

    def resolve(self, provider: str, model: str) -> str:
        """The model to ask where this one is set."""
        seen = {model}
        while (found := self._instead(provider, model)) is not None and found not in seen:
            seen.add(found)
            model = found
        return model

    def add(self, new: Replacement) -> bool:
        """Take over what was found here or elsewhere; whether it is news.

        A model found later than it was missed is there: one such word ends the other, so that
        nothing is ever replaced in a circle.
        """
        known = self._known.get((new.provider, new.gone))
        if known is not None and known.at >= new.at:
            return False
        for other in self:
            if other.provider == new.provider and other.found == new.gone and other.at > new.at:
                return False
        back = self._known.get((new.provider, new.found))
        if back is not None and back.at <= new.at:
            del self._known[new.provider, new.found]
        self._known[new.provider, new.gone] = new
        return True

    def _instead(self, provider: str, gone: str) -> str | None:
        replaced = self._known.get((provider, gone))
        is_fresh = replaced and self._clock.now() - replaced.at < REPLACED_FOR
        return replaced.found if replaced and is_fresh else None
