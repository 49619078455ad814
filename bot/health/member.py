"""A provider and its settings enter, what the owner made of both leaves."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from bot.providers.base import Provider
from core.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class Member:
    """A provider as the owner configured it."""

    provider: Provider
    settings: ProviderSettings

    @property
    def name(self) -> str:
        return self.provider.name

    @property
    def is_configured(self) -> bool:
        return self.provider.is_configured(self.settings)

    @property
    def uses_loaded_model(self) -> bool:
        """The owner named no model and the provider has no default: ask which one is loaded."""
        return not self.settings.models and self.provider.default_model is None

    @property
    def timeout_s(self) -> float:
        return self.settings.timeout_s or self.provider.default_timeout_s

    @property
    def mark(self) -> str:
        """Tells this key and address from others without naming them."""
        said = f"{self.settings.api_key}|{self.settings.base_url}"
        return sha256(said.encode()).hexdigest()[:16]

    def model_for(self, purpose: str) -> str | None:
        """The model set for a purpose; None for chat: whichever is loaded, else: it cannot.

        Args:
            purpose: "chat", "vision" or "transcribe".
        """
        if purpose == "vision":
            return self.provider.vision_model
        if purpose == "transcribe":
            return self.provider.transcribe_model
        return next(iter(self.settings.models), self.provider.default_model)
