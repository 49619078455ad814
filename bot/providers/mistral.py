"""Mistral: European models over OpenAI's chat API; it refuses every field it does not know."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel


class Mistral(OpenAICompatible):
    """https://docs.mistral.ai/api"""

    name = "mistral"
    variable = "MISTRAL"
    default_model = "mistral-small-latest"
    default_base_url = "https://api.mistral.ai/v1"
    base_path = "/v1"
    key_page = "https://console.mistral.ai/api-keys"
    vision_model = "mistral-small-latest"
    thinking = (ThinkingModel(r"magistral", room_tokens=2000),)


PROVIDER = Mistral()
