"""What the owner can do about a provider: an error class enters, one sentence to act on leaves."""

from __future__ import annotations

from bot.providers.base import Provider
from core.settings import ProviderSettings
from core.texts import has_text, text

UNCONFIGURED = "unconfigured"
"""What health calls a provider without its key."""

# Where credit is bought; the others do it on the page of their keys.
_BILLING_PAGES = {
    "anthropic": "https://console.anthropic.com/settings/billing",
    "deepseek": "https://platform.deepseek.com/top_up",
    "groq": "https://console.groq.com/settings/billing",
    "mistral": "https://admin.mistral.ai/organization/billing",
    "openai": "https://platform.openai.com/settings/organization/billing",
    "openrouter": "https://openrouter.ai/settings/credits",
    "together": "https://api.together.ai/settings/billing",
}


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
    asked = model or next(iter(settings.models), provider.default_model)
    case = _case(error_class, provider, settings)
    if case == "model_not_found" and not asked and has_text(f"advice.{provider.name}.no_model"):
        case = "no_model"
    own = f"advice.{provider.name}.{case}"
    page = _BILLING_PAGES.get(provider.name) if case == "quota" else None
    return text(
        own if has_text(own) else f"advice.{case}",
        language,
        name=provider.name,
        variable=provider.variable,
        prefix=provider.key_prefix,
        page=page or provider.key_page,
        model=asked or "?",
        base_url=settings.base_url or provider.default_base_url,
        timeout_s=f"{settings.timeout_s or provider.default_timeout_s:g}",
        longer_s=f"{2 * (settings.timeout_s or provider.default_timeout_s):g}",
    )


def _case(error_class: str, provider: Provider, settings: ProviderSettings) -> str:
    """The class, or what is wrong with the key when a look at it tells more."""
    if not provider.is_configured(settings):
        return "key_missing"
    key = settings.api_key or ""
    if error_class != "auth":
        return error_class
    if not key.isascii() or any(letter.isspace() for letter in key):
        return "key_characters"
    return "auth" if key.startswith(provider.key_prefix) else "key_form"
