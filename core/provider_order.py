"""Settings enter; the names of the providers to show and to ask leave, first first."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from core.env_values import PROVIDER_NAMES

if TYPE_CHECKING:
    from core.settings import Settings

FIRST_THREE = PROVIDER_NAMES[:3]
"""Asked when the owner set no order, keys or not; the others join once they are configured."""

KEYLESS = ("lmstudio", "ollama")
"""Providers on the shop's own machine: they need no key."""


def listed_order(settings: Settings, running: Collection[str] = ()) -> tuple[str, ...]:
    """The providers the shop rests on, those without a key too.

    A set order is exactly that; else the first three and every other configured one. A provider
    named by AI_PROVIDER comes first. With fallback off one is left: the named one, else the
    first that can be asked.

    Args:
        running: those of `may_be_running` that were found.
    """
    order = settings.ai_fallback_order or (*FIRST_THREE, *_others(settings, running))
    if settings.ai_provider != "multi":
        order = (settings.ai_provider, *(name for name in order if name != settings.ai_provider))
    if settings.ai_fallback_enabled:
        return order
    candidates = order if settings.ai_provider == "multi" else order[:1]
    return tuple(name for name in candidates if _can_be_asked(settings, name))[:1] or order[:1]


def usable_order(settings: Settings, running: Collection[str] = ()) -> tuple[str, ...]:
    """The providers to ask: `listed_order` without those that lack a key."""
    listed = listed_order(settings, running)
    return tuple(name for name in listed if _can_be_asked(settings, name))


def may_be_running(settings: Settings) -> tuple[str, ...]:
    """Providers of this machine that nobody configured, and that join the order when they run."""
    if settings.ai_fallback_order:
        return ()
    listed = listed_order(settings)
    return tuple(name for name in KEYLESS if name not in listed)


def _can_be_asked(settings: Settings, name: str) -> bool:
    return name in KEYLESS or settings.providers[name].api_key is not None


def _others(settings: Settings, running: Collection[str]) -> tuple[str, ...]:
    return tuple(
        name
        for name in PROVIDER_NAMES
        if name not in FIRST_THREE and (name in running or _is_set(settings, name))
    )


def _is_set(settings: Settings, name: str) -> bool:
    provider = settings.providers[name]
    keyless = name in KEYLESS and (provider.models or provider.base_url)
    return bool(provider.api_key or keyless)
