"""What is left of a provider's rate windows: headers of a good answer enter, windows leave."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Window


def read_windows(headers: Mapping[str, str]) -> tuple[Window, ...]:
    """Every window these headers speak of, in no order; () when they speak of none.

    Args:
        headers: lower-case names.
    """
    return ()
