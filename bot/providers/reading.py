"""What every reader of answers needs: raw values enter, text without thoughts and numbers leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.messages import Usage

MOST_TOKENS = 100_000_000
"""Beyond this a count is a slip, and no database column takes it."""
# A whole block; one cut off by the limit; or one whose opening tag stood in the model's template.
_THOUGHTS = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)"
    r"|\A(?:(?!<think).)*</think(?:ing)?>",
    re.DOTALL | re.IGNORECASE,
)


def visible(text: str) -> str:
    """What the customer may see of a model's text: stripped, thoughts in tags left out."""
    return (_THOUGHTS.sub("", text) if "<" in text else text).strip()


def root_of(address: str, ends: str) -> str:
    """The root of an API from what people paste; a gateway's own path before it stays.

    Args:
        ends: pattern of what may follow the root: a version, an endpoint.
    """
    return re.sub(rf"(?:{ends})/?$", "", address.strip())


def string(value: Any) -> str:
    """The value when it is a string, else ""."""
    return value if isinstance(value, str) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; [] when it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def count(value: Any) -> int | None:
    """The value when it is a whole number, else None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_TOKENS
    return value if is_count else None


def read_usage(usage: Any) -> Usage:
    """Tokens under whichever names a provider gives them."""
    if not isinstance(usage, dict):
        return Usage()
    return Usage(*(next(_counts(usage, names), None) for names in _USAGE_NAMES))


_USAGE_NAMES = (
    ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count"),
    ("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count"),
    ("total_tokens", "totalTokenCount"),
)


def usage_of(payload: Any) -> Usage:
    """What an answer cost, also one that cannot be used."""
    if not isinstance(payload, dict):
        return Usage()
    return read_usage(payload.get("usage") or payload.get("usageMetadata") or payload)


def _counts(usage: dict[str, Any], names: tuple[str, ...]) -> Iterator[int]:
    return (found for name in names if (found := count(usage.get(name))) is not None)
