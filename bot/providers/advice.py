"""What the owner can do about a provider: an error class enters, one sentence to act on leaves."""

from __future__ import annotations

from bot.providers.base import Provider
from core.settings import ProviderSettings
from core.texts import has_text, text

UNCONFIGURED = "unconfigured"
"""What health calls a provider without its key."""


def advise(
    error_class: str,
    provider: Provider,
    settings: ProviderSettings,
    *,
    model: str | None = None,
    language: str | None = None,
) -> str:
    """What to do about a provider that cannot be used.

    Args:
        error_class: one of the ten classes, or UNCONFIGURED.
        settings: of this provider; the key is looked at and never repeated.
        model: the model asked, when it differs from the one set.
        language: "es" when None.
    Raises:
        KeyError: no such class.
    """
    case = _case(error_class, provider, settings)
    own = f"advice.{provider.name}.{case}"
    return text(
        own if has_text(own) else f"advice.{case}",
        language,
        name=provider.name,
        variable=provider.variable,
        prefix=provider.key_prefix,
        page=provider.key_page,
        model=model or next(iter(settings.models), provider.default_model or "?"),
        base_url=settings.base_url or provider.default_base_url,
        timeout_s=f"{settings.timeout_s or provider.default_timeout_s:g}",
        longer_s=f"{2 * (settings.timeout_s or provider.default_timeout_s):g}",
    )


def _case(error_class: str, provider: Provider, settings: ProviderSettings) -> str:
    if not provider.is_configured(settings):
        return "key_missing"
    key = settings.api_key or ""
    if error_class == "auth" and provider.key_prefix and not key.startswith(provider.key_prefix):
        return "key_form"
    return error_class
