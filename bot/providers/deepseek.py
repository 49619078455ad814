"""DeepSeek: cheap paid models over OpenAI's chat API."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel


class DeepSeek(OpenAICompatible):
    """https://api-docs.deepseek.com"""

    name = "deepseek"
    variable = "DEEPSEEK"
    default_model = "deepseek-flash"
    default_base_url = "https://api.deepseek.com"
    key_prefix = "sk-"
    key_page = "https://platform.deepseek.com/api_keys"
    json_mode = "json_object"
    # Thinking is on unless it is switched off; the old reasoner cannot stop.
    thinking = (
        ThinkingModel(r"reasoner|-r1", room_tokens=2000),
        ThinkingModel(r"", fields={"thinking": {"type": "disabled"}}),
    )


PROVIDER = DeepSeek()
