"""A prompt that wants an object enters with its schema told; an answer's validated object leaves.

Providers with a JSON mode are asked for it as well; the instruction works everywhere.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from bot.messages import Completion, Prompt, PromptMessage

MOST_STARTS = 20
"""Brackets tried as the beginning of the object: models like to say something before it."""
_INSTRUCTION = (
    "Answer with one JSON object only: no other words, no code fence. It must fit this JSON Schema:"
)


def instructed(prompt: Prompt) -> Prompt:
    """The same prompt with its schema told at the end of the system message."""
    told = f"{_INSTRUCTION}\n{_written(prompt.schema or {})}"
    first, *rest = prompt.messages
    if first.role != "system":
        return replace(prompt, messages=(PromptMessage("system", told), *prompt.messages))
    system = replace(first, content=f"{first.content}\n\n{told}")
    return replace(prompt, messages=(system, *rest))


def read_object(completion: Completion, schema: Mapping[str, Any]) -> Any:
    """The object of an answer, small faults of its JSON mended.

    Raises:
        ValueError: there is none, or it does not fit the schema; says where, never what.
    """
    found = completion.tool_calls[0].arguments if completion.tool_calls else _parse(completion.text)
    fault = next(_validator(_written(schema)).iter_errors(found), None)
    if fault is not None:
        raise ValueError(f"{fault.json_path} does not fit: {fault.validator}")
    return found


def _parse(text: str) -> Any:
    """The first object or list in a text, however a model wrapped or broke it."""
    starts = [found.start() for found in re.finditer(r"[{\[]", text)]
    for start in starts[:MOST_STARTS]:
        with contextlib.suppress(ValueError):
            return json.JSONDecoder().raw_decode(text, start)[0]
    if not starts:
        raise ValueError("no JSON in the answer")
    from json_repair import repair_json  # slow to import, seldom needed

    return repair_json(text[starts[0] :], return_objects=True)


def _written(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=32)
def _validator(schema: str) -> Any:
    from jsonschema.validators import validator_for  # slow to import, seldom needed

    read = json.loads(schema)
    return validator_for(read)(read)
