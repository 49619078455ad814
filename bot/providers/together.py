"""Together: open models over OpenAI's chat API, paid by use."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel, effort


class Together(OpenAICompatible):
    """https://docs.together.ai/reference"""

    name = "together"
    variable = "TOGETHER"
    default_model = "openai/gpt-oss-20b"
    default_base_url = "https://api.together.xyz/v1"
    base_path = "/v1"
    key_page = "https://api.together.ai/settings/api-keys"
    thinking = (
        ThinkingModel(r"gpt-oss", effort("low"), room_tokens=600),
        ThinkingModel(r"-r1|qwq|thinking|reason|qwen.?3", room_tokens=1500),
    )


PROVIDER = Together()
