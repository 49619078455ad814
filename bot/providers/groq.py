"""Groq: fast open models over OpenAI's chat API, free within narrow windows."""

from __future__ import annotations

from bot.providers.openai_compatible import OpenAICompatible, ThinkingModel, effort


class Groq(OpenAICompatible):
    """https://console.groq.com/docs/api-reference"""

    name = "groq"
    variable = "GROQ"
    default_model = "openai/gpt-oss-20b"
    default_base_url = "https://api.groq.com/openai/v1"
    key_prefix = "gsk_"
    key_page = "https://console.groq.com/keys"
    has_free_plan = True
    transcribe_model = "whisper-large-v3-turbo"
    vision_model = "meta-llama/llama-4-scout-17b-16e-instruct"
    # Its json_schema is for some models only, json_object for all.
    json_mode = "json_object"
    # Little room: the limit as a whole counts toward the tokens of each minute, used or not.
    thinking = (
        ThinkingModel(r"gpt-oss", effort("low"), room_tokens=400),
        ThinkingModel(r"qwen.?3", effort("none")),
        ThinkingModel(r"deepseek-r1|qwq|reason", room_tokens=1000),
    )


PROVIDER = Groq()
