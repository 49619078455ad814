"""Words of shop, catalog or customer enter; the same words leave, unable to pass for anything else.

A model reads one stream of text. What marks its parts (tags, the bar before each line of data, a
role and a colon, the control tokens of chat templates) must not be writable by whoever wrote the
data, nor may anything stand there that people cannot see.
"""

from __future__ import annotations

import re

BAR = "| "
"""Stands before every line of data, and nowhere inside one."""

_LOOKALIKES = str.maketrans(
    dict.fromkeys("<＜﹤〈⟨❮", "‹") | dict.fromkeys(">＞﹥〉⟩❯", "›") | dict.fromkeys("|｜¦❘", "/")
)
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\xad"  # control codes, soft hyphen
    "\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2800\\u3164\\uffa0"  # blanks
    "\\u200b\\u200c\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"  # direction
    "\\ufe00-\\ufe0d\\ud800-\\uf8ff\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U0010ffff]"  # tags and selectors, which can carry whole texts; private use
    "|[\\u200d\\ufe0e\\ufe0f]{3,}"
)
_EMOJI_PARTS = re.compile("[\\u200d\\ufe0e\\ufe0f]")
"""Joiner and selectors: invisible, but part of what an emoji looks like."""
_ROLE = re.compile(
    r"\b(system|assistant|user|human|developer|tool|instruct|response|sistema|asistente|assistente"
    r"|usuario|usuário|instructions?|instrucción|instrucciones|instrução|instruções)\s*[:：]",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"<(?=[|｜][^<>|｜\n]{1,40}[|｜]>|/?(?:s|bos|eos|unk|pad)>|(?:start|end)_of_turn>|<?/?SYS>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])",
    re.IGNORECASE,
)
"""Where a control token of a chat template begins: <|im_start|>, <s>, <<SYS>>, [INST]."""
_FENCE = re.compile(r"([#`=~])\1+")
"""What Markdown sets parts apart with: ###, ```, ===."""


_HARMLESS = re.compile(r"[\wÀ-ÿ .,;:()/'\"%+&$€¿?¡!°–-]*", re.ASCII)
"""Nearly all that names and descriptions are made of; only a role could be spoken in it."""


def inert(data: str) -> str:
    """Data on one line that can neither open a tag nor start a line, nor speak in a role."""
    line = " ".join(data.split())
    if _HARMLESS.fullmatch(line):
        return _ROLE.sub(r"\1 -", line) if ":" in line else line
    seen = _EMOJI_PARTS.sub("", visible(" ".join(data.split())))
    line = " ".join(seen.translate(_LOOKALIKES).split())
    return _ROLE.sub(r"\1 -", _FENCE.sub(r"\1", _CONTROL.sub("(", line)))


def spoken(words: str) -> str:
    """What was said in the talk: as it stands, but for what nobody sees and control tokens."""
    return _CONTROL.sub(lambda found: f"{found[0]} ", visible(words))


def visible(words: str) -> str:
    """Without invisible characters and control codes; line ends and emoji stay."""
    return _INVISIBLE.sub("", words)
