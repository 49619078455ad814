"""OpenAI: paid models, the last of the usual order."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel, effort


class OpenAI(OpenAICompatible):
    """https://platform.openai.com/docs/api-reference/chat"""

    name = "openai"
    variable = "OPENAI"
    default_model = "gpt-5.4-nano"
    default_base_url = "https://api.openai.com/v1"
    key_prefix = "sk-"
    key_page = "https://platform.openai.com/api-keys"
    transcribe_model = "gpt-4o-mini-transcribe"
    vision_model = "gpt-5.4-nano"
    is_strict_with_thinking = True
    # From 5.1 on thinking can be switched off; gpt-5 itself and the o-series cannot stop.
    thinking = (
        ThinkingModel(r"^gpt-\d[\d.]*-chat"),
        ThinkingModel(r"^gpt-5\.\d+(-mini|-nano)?(-\d{4}.*)?$", effort("none")),
        ThinkingModel(
            r"^gpt-5(-mini|-nano)?(-\d{4}.*)?$",
            effort("minimal"),
            room_tokens=1000,
        ),
        ThinkingModel(r"^gpt-[5-9].*-pro", room_tokens=4000),
        ThinkingModel(r"^gpt-[5-9]|^o\d", effort("low"), room_tokens=2000),
    )


PROVIDER = OpenAI()
