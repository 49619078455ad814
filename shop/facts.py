"""The shop facts file enters, what the shop says about itself leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The facts as they were given: the contract's fields and unknown ones alike.

    `values` is {} when the shop has said nothing; then hours, delivery and so on are unknown.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    is_sample: bool = False
