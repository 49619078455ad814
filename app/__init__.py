"""The composition root: settings enter, a running shop leaves; builds all concrete things.

What is here is imported when it is first asked for, so that each command loads what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.alarms import free_mb
    from app.catalog import download_catalog, look_at_source
    from app.engine import (
        Engine,
        context_reader,
        day_start,
        open_engine,
        prompt_limits,
        shop_time,
    )
    from app.house import (
        House,
        has_products,
        has_sample_catalog,
        is_twilio_configured,
        open_house,
        plain_reason,
        read_settings,
        shop_currency,
        upgrade,
    )
    from app.limits import DEFAULT_CONCURRENCY
    from app.moving import back_up, move
    from app.roster import Roster, find_roster
    from app.serving import make_bridge, make_web, serve, work
    from app.working import check_twilio

__all__ = [
    "DEFAULT_CONCURRENCY",
    "Engine",
    "House",
    "Roster",
    "back_up",
    "check_twilio",
    "context_reader",
    "day_start",
    "download_catalog",
    "find_roster",
    "free_mb",
    "has_products",
    "has_sample_catalog",
    "is_twilio_configured",
    "look_at_source",
    "make_bridge",
    "make_web",
    "move",
    "open_engine",
    "open_house",
    "plain_reason",
    "prompt_limits",
    "read_settings",
    "serve",
    "shop_currency",
    "shop_time",
    "upgrade",
    "work",
]

_MODULES = (
    *("limits", "house", "catalog", "roster", "engine", "alarms"),
    *("working", "serving", "moving"),
)
"""The lightest first."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = import_module(f"app.{module}")
            if hasattr(found, name):
                return getattr(found, name)
    raise AttributeError(name)
