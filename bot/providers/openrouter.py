"""OpenRouter: many companies' models behind one key, some of them free."""

from __future__ import annotations

from bot.providers import bodies
from bot.providers.base import HttpAnswer, HttpRequest
from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel
from core.settings import ProviderSettings


class OpenRouter(OpenAICompatible):
    """https://openrouter.ai/docs/api-reference"""

    name = "openrouter"
    variable = "OPENROUTER"
    default_model = "openrouter/free"
    default_base_url = "https://openrouter.ai/api/v1"
    base_path = "/api/v1"
    key_prefix = "sk-or-"
    key_page = "https://openrouter.ai/settings/keys"
    vision_model = "openrouter/free"
    # Whoever answers may think; those that do not ignore the wish.
    thinking = (ThinkingModel(r"", {"reasoning": {"effort": "low", "exclude": True}}, 1000),)

    def key_request(self, settings: ProviderSettings) -> HttpRequest | None:
        """The list of models is public: it says nothing of the key."""
        return HttpRequest("GET", self.url(settings, "/key"), self.models_request(settings).headers)

    def read_key(self, answer: HttpAnswer) -> None:
        """A key whose own limit is used up is refused on the next call: it counts as `quota`."""
        payload = self.read_payload(answer, None)
        left = next(bodies.values_of(payload, "limit_remaining"), None)
        if isinstance(left, int | float) and left <= 0:
            raise self.unusable(answer, None, "the key's limit is used up", error_class="quota")


PROVIDER = OpenRouter()
