"""Working stand-ins that tests pass in instead of patching."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class FixedClock:
    """A clock that moves only when told to."""

    instant: datetime
    elapsed_s: float = field(default=0.0)

    def now(self) -> datetime:
        return self.instant

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.elapsed_s += seconds
