"""Settings: saved values, the environment and `.env` enter, one checked, frozen object leaves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core import env_values as words
from core.env_faults import fault
from core.env_layers import DEFAULT, ENV_FILE, ENVIRONMENT, SAVED, choose, layer, read_env_file
from core.env_values import PROVIDER_NAMES, BadValue
from core.errors import ConfigError
from core.provider_order import listed_order
from core.texts import text

ALIASES: Mapping[str, tuple[str, ...]] = {
    "AI_PROVIDER": ("LLM_DEFAULT_PROVIDER",),
    "AI_FALLBACK_ENABLED": ("LLM_AUTO_FALLBACK",),
    "AI_FALLBACK_ORDER": ("LLM_FALLBACK_ORDER",),
    "AI_TEMPERATURE": ("LLM_TEMPERATURE",),
    "AI_MAX_TOKENS": ("LLM_MAX_TOKENS",),
    "GEMINI_API_KEY": ("GOOGLE_GEMINI_API_KEY",),
    "LM_STUDIO_URL": ("LM_STUDIO_BASE_URL",),
}
"""Other names of some settings; the setting's own name wins."""


def _checked_database(value: str) -> str:
    from core.database import parse_url  # with SQLAlchemy behind it: slow, and rarely needed

    try:
        parse_url(value, Path())
    except ValueError as error:
        raise BadValue("database") from error
    return value


Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, BeforeValidator(words.decimal), Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, BeforeValidator(words.seconds)]
Timeout = Annotated[float, BeforeValidator(words.timeout), Field(gt=0)]
Flag = Annotated[bool, BeforeValidator(words.flag)]
Secret = Annotated[str, BeforeValidator(words.secret)]
WhatsApp = Annotated[str, BeforeValidator(words.whatsapp_address)]
Url = Annotated[str, BeforeValidator(words.http_url)]
Providers = Annotated[tuple[str, ...], BeforeValidator(words.provider_names)]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What the owner set for one provider; None or () where nothing is set.

    Args:
        api_key: the secret, never printed.
        models: tried in turn; () means the provider's default.
        base_url: where its API is; None means the provider's own address.
        timeout_s: limit of one attempt as a whole; None means the provider's default.
    """

    api_key: Secret | None = field(default=None, repr=False)
    models: Annotated[tuple[str, ...], BeforeValidator(words.words)] = ()
    base_url: Annotated[str, BeforeValidator(words.api_url)] | None = None
    timeout_s: Timeout | None = None


class Settings(BaseSettings):
    """Everything an owner can set, under the setting's own name in lower case.

    None means not set. Names ending in `_s`, and every timeout, are in seconds. Secrets are left
    out of `repr`.

    Attributes:
        ai_fallback_order: () when the owner set none.
        providers: by name, all ten.
        sources: setting name → "saved", "environment", ".env" or "default".
        warnings: what counts as not set or looks like a slip, one sentence each, in Spanish.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    public_base_url: Annotated[str, BeforeValidator(words.public_url)] | None = None
    database_url: Annotated[str, AfterValidator(_checked_database)] = Field(
        default="sqlite:///data/mostrador.db", repr=False
    )
    console_password: str | None = Field(default=None, repr=False)
    api_token: Secret | None = Field(default=None, repr=False)
    secret_key: str | None = Field(default=None, repr=False)
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(words.upper)
    ] = "INFO"
    log_format: Annotated[Literal["text", "json"], BeforeValidator(words.lower)] = "text"

    shop_name: str | None = None
    shop_language: Annotated[Literal["es", "en", "pt"], BeforeValidator(words.lower)] = "es"
    shop_currency: (
        Annotated[str, BeforeValidator(words.upper), Field(pattern="^[A-Z]{3}$")] | None
    ) = None
    shop_timezone: Annotated[str, AfterValidator(words.timezone)] = "UTC"
    owner_whatsapp: WhatsApp | None = None
    owner_content_sid: str | None = None
    owner_webhook_url: Url | None = Field(default=None, repr=False)

    twilio_account_sid: str | None = None
    twilio_auth_tokens: Annotated[tuple[str, ...], BeforeValidator(words.secrets)] = Field(
        default=(), repr=False
    )
    twilio_whatsapp_from: WhatsApp | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_base_url: Url | None = None
    twilio_max_sends_per_s: Number = 80
    twilio_reopen_content_sid: str | None = None

    coalesce_wait_s: Seconds = 1.5
    coalesce_max_s: Seconds = 6
    turn_deadline_s: Annotated[Seconds, Field(gt=0)] = 45
    history_messages: Count = 20
    prompt_max_tokens: Annotated[int, Field(ge=300)] = 3000

    ai_provider: Annotated[str, BeforeValidator(words.chosen_provider)] = "multi"
    ai_fallback_enabled: Flag = True
    ai_fallback_order: Providers = ()
    ai_routing: Annotated[
        Literal["order", "weighted", "cheapest"], BeforeValidator(words.lower)
    ] = "order"
    ai_weights: Annotated[Mapping[str, float], BeforeValidator(words.weights)] = Field(
        default_factory=dict
    )
    ai_attempts_per_provider: Annotated[int, Field(ge=1, le=10)] = 2
    ai_retry_style: Annotated[Literal["rounds", "in_place"], BeforeValidator(words.lower)] = (
        "rounds"
    )
    ai_hedge_after: Annotated[Literal["off", "auto"] | float, BeforeValidator(words.hedge)] = "off"
    ai_temperature: Annotated[Number, Field(le=2)] = 0.4
    ai_max_tokens: Annotated[int, Field(ge=1)] = 500
    ai_daily_budget_usd: Number | None = None
    ai_cache_ttl_s: Seconds = 0
    ai_offline_answers: Flag = True
    ai_ping_interval_s: Seconds = 300
    ai_auto_model: Flag = True
    ai_local_download: Annotated[Literal["never", "auto"], BeforeValidator(words.lower)] = "never"
    ai_transcribe_order: Providers = ("groq", "openai")
    ai_vision_order: Providers = ("groq", "openai", "gemini")

    catalog_source: str | None = None
    retention_days: Annotated[int, Field(ge=1)] | None = None
    webchat_enabled: Flag = True

    providers: Mapping[str, ProviderSettings] = Field(
        default_factory=lambda: {name: ProviderSettings() for name in PROVIDER_NAMES}
    )
    sources: Mapping[str, str] = Field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = Field(default=(), repr=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # from_env lays the layers itself, since it must know which one a value came from and
        # pass over placeholders; an object built directly never looks at the machine.
        return (init_settings,)

    @field_validator("providers")
    @classmethod
    def _lmstudio_answers_under_v1(
        cls, providers: Mapping[str, ProviderSettings]
    ) -> Mapping[str, ProviderSettings]:
        local = providers.get("lmstudio", ProviderSettings())
        return {**providers, "lmstudio": replace(local, base_url=words.with_v1(local.base_url))}

    @field_validator("coalesce_max_s")
    @classmethod
    def _limit_not_below_wait(cls, limit_s: float, info: Any) -> float:
        wait_s = info.data.get("coalesce_wait_s", 0)
        if limit_s < wait_s:
            raise BadValue("coalesce", wait=f"{wait_s:g}", limit=f"{limit_s:g}")
        return limit_s

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Everything that must never be printed, for `core.redaction.register_secrets`."""
        keys = [provider.api_key for provider in self.providers.values()]
        own = [self.console_password, self.api_token, self.secret_key, *self.twilio_auth_tokens]
        own += [urlsplit(self.database_url).password]
        for address in (self.owner_webhook_url, self.catalog_source):
            own += words.parts_behind_host(address)
        return tuple(value for value in (*keys, *own) if value)

    @classmethod
    def from_env(
        cls,
        mapping: Mapping[str, str] | None = None,
        *,
        env_file: Path | None,
        saved: Mapping[str, str] | None = None,
    ) -> Self:
        """Read every layer, check everything, and build the one object.

        Args:
            mapping: the environment; None means this process's own.
            env_file: the `.env`; None, or one that is not there, means no such layer.
            saved: what was saved in the product, by setting name; strongest of all.
        Raises:
            ConfigError: with all faults together, each naming the variable and the mend.
        """
        from_file, file_warnings = read_env_file(env_file)
        layers = (
            layer(SAVED, saved or {}),
            layer(ENVIRONMENT, os.environ if mapping is None else mapping),
            layer(ENV_FILE, from_file),
        )
        chosen = choose(layers, SETTING_NAMES, ALIASES)
        try:
            settings = cls(
                **_by_field(chosen.values),
                sources={name: chosen.sources.get(name, DEFAULT) for name in SETTING_NAMES},
                warnings=(*file_warnings, *chosen.warnings),
            )
        except ValidationError as error:
            # Without the cause: pydantic's own error carries the values, secrets among them.
            raise ConfigError(*_faults(error)) from None
        return settings.model_copy(
            update={"warnings": (*settings.warnings, *_keys_left_out(settings))}
        )


def _prefix(provider: str) -> str:
    return "LM_STUDIO" if provider == "lmstudio" else provider.upper()


def _base_url_name(provider: str) -> str:
    return "LM_STUDIO_URL" if provider == "lmstudio" else f"{_prefix(provider)}_BASE_URL"


PLAIN_NAMES: Mapping[str, str] = {
    name: "TWILIO_AUTH_TOKEN" if name == "twilio_auth_tokens" else name.upper()
    for name in Settings.model_fields
    if name not in ("providers", "sources", "warnings")
}
"""Field → setting name."""

PROVIDER_FIELDS: Mapping[tuple[str, str], str] = {
    (provider, attribute): name
    for provider in PROVIDER_NAMES
    for attribute, name in (
        ("api_key", f"{_prefix(provider)}_API_KEY"),
        ("models", f"{_prefix(provider)}_MODEL"),
        ("base_url", _base_url_name(provider)),
        ("timeout_s", f"{_prefix(provider)}_TIMEOUT"),
    )
}
"""(provider, attribute) → setting name."""

SETTING_NAMES: tuple[str, ...] = (*PLAIN_NAMES.values(), *PROVIDER_FIELDS.values())
"""Every setting there is, aliases left out."""


def _by_field(values: Mapping[str, str]) -> dict[str, Any]:
    """Setting names become fields; every provider gets its own table."""
    fields: dict[str, Any] = {
        name: values[setting] for name, setting in PLAIN_NAMES.items() if setting in values
    }
    tables: dict[str, dict[str, str]] = {name: {} for name in PROVIDER_NAMES}
    for (provider, attribute), setting in PROVIDER_FIELDS.items():
        if setting in values:
            tables[provider][attribute] = values[setting]
    return {**fields, "providers": tables}


def _faults(error: ValidationError) -> list[str]:
    return [fault(_setting_at(each["loc"]), each) for each in error.errors()]


def _setting_at(place: tuple[int | str, ...]) -> str:
    if place[0] == "providers":
        return PROVIDER_FIELDS[str(place[1]), str(place[2])]
    return PLAIN_NAMES[str(place[0])]


def _keys_left_out(settings: Settings) -> list[str]:
    """Keys of providers that a set order never asks: likely a slip."""
    asked = listed_order(settings)
    return [
        text("setup.warning.key_left_out", name=PROVIDER_FIELDS[name, "api_key"], provider=name)
        for name, provider in settings.providers.items()
        if settings.ai_fallback_order and provider.api_key and name not in asked
    ]
