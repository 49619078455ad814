"""LM Studio: models on the shop's own machine, whichever is loaded."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.providers import bodies
from bot.providers.base import HttpAnswer, HttpRequest
from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel
from core.settings import ProviderSettings


class LMStudio(OpenAICompatible):
    """https://lmstudio.ai/docs/app/api"""

    name = "lmstudio"
    variable = "LM_STUDIO"
    default_model = None
    default_base_url = "http://localhost:1234/v1"
    default_timeout_s = 30.0
    base_path = "/v1"
    needs_key = False
    is_local = True
    thinking = (
        ThinkingModel(r"gpt-oss|deepseek-r1|qwq|qwen.?3|magistral|think|reason", room_tokens=1500),
    )

    def loaded_request(self, settings: ProviderSettings) -> HttpRequest | None:
        """Its own list says which models are in memory; OpenAI's form of it does not."""
        address = urlsplit(self.url(settings, ""))
        return HttpRequest(
            "GET",
            f"{address.scheme}://{address.netloc}/api/v0/models",
            self.models_request(settings).headers,
        )

    def read_loaded(self, answer: HttpAnswer) -> frozenset[str]:
        """Empty for older servers, which answer 200 on a path they do not know."""
        payload = bodies.parse(answer.body) if answer.status == 200 else None
        entries = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(entries, list):
            return frozenset()
        return frozenset(
            entry["id"]
            for entry in entries
            if isinstance(entry, dict) and entry.get("state") == "loaded" and entry.get("id")
        )


PROVIDER = LMStudio()
