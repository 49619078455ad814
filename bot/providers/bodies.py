"""What a body says about a failure: bytes of whatever shape enter, words and codes leave.

Seen in the wild: an object with `error`, the same inside an array, a flat object, a plain string
under `error`, `{"detail": …}`, an upstream's error as JSON text inside `metadata.raw`, one event of
a stream, plain text, HTML. All are walked alike, so that rules look at words and never at shapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.redaction import redact

_CODE_KEYS = frozenset(
    {
        *("code", "type", "status", "reason", "quotaid", "blockreason", "limit_source"),
        *("error_type", "error_code", "errortype", "errorcode", "__type"),
    }
)
_STATUS_KEYS = frozenset({"code", "status", "status_code", "raw_status_code"})
# Echoes of what we sent, what the model wrote, and names that would only mislead a rule.
_SKIPPED_KEYS = frozenset(
    {
        *("@type", "links", "headers", "failed_generation", "input", "param", "loc", "ctx"),
        *("id", "user_id", "request_id", "provider_name", "model", "object"),
        *("domain", "locale", "service"),
    }
)
_KEY_LIKE = re.compile(r"\b(?:(?:sk|gsk|pk|key)[-_]|bearer )[\w*.-]{6,}|[\w*-]{32,}", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)
_LONG_QUOTE = re.compile(r"""(["'`])[^"'`]{40,}\1""")
# Some send nothing but a code where others send a sentence.
_CODE = re.compile(r"\w*(?:[A-Za-z]_[A-Za-z]|[a-z][A-Z])\w*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+")
_MOST_NODES = 500
_MOST_WORDS = 5_000
_MOST_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """What a body says went wrong.

    Args:
        text: every sentence in it, joined; of a web page its title; "" when there is none.
        codes: every code, type and status word as snake_case, joined by blanks.
        status: the HTTP status the body itself names (400..599), when it does.
        is_page: the body is a web page.
    """

    text: str = ""
    codes: str = ""
    status: int | None = None
    is_page: bool = False

    @property
    def summary(self) -> str:
        """A short line for the log, without anything that looks like a key or a long quotation."""
        words = redact(" ".join((self.text or self.codes).split()))  # first: it knows whole keys
        words = f"web page {words}".strip() if self.is_page else words
        words = _LONG_QUOTE.sub('"…"', _KEY_LIKE.sub("***", words))
        return words if len(words) <= _MOST_SUMMARY else words[: _MOST_SUMMARY - 1] + "…"


def parse(body: bytes) -> Any | None:
    """The JSON value of a body, or the first error event of a stream; None when it is neither."""
    value = _loads(body)
    if value is not None:
        return value
    events = (_loads(line.removeprefix(b"data:").strip()) for line in body.splitlines())
    return next((event for event in events if find_error(event) is not None), None)


def read_events(body: bytes) -> list[Any]:
    """The JSON values of a stream's lines (server-sent events or one object a line), in order.

    [] when one of them is broken: what the others say would be an answer with a hole.
    """
    lines = (line.removeprefix(b"data:").strip() for line in body.splitlines())
    events = [_loads(line) for line in lines if line[:1] == b"{"]
    return [] if None in events else events


def find_error(payload: Any) -> Any | None:
    """The error inside something that may look like a good answer; None when there is none."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if not isinstance(payload, dict):
        return None
    if payload.get("error"):
        return payload["error"]
    if payload.get("object") == "error" or payload.get("type") == "error":
        return payload
    choices = payload.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0].get("error") or None
    return None


def describe(payload: Any) -> Fault:
    """Words, codes and inner status of an error of any shape."""
    texts: list[str] = []
    codes: list[str] = []
    statuses: list[int] = []
    for key, value in _walk(payload):
        if isinstance(value, str):
            is_code = key in _CODE_KEYS
            if is_code or _CODE.fullmatch(value):
                codes.append(value)
            if not is_code:
                texts.append(value)
        elif key in _STATUS_KEYS and 400 <= value < 600:
            statuses.append(int(value))
    return Fault(
        text=" ".join(dict.fromkeys(texts))[:_MOST_WORDS],
        codes=" ".join(map(_snake_case, codes))[:_MOST_WORDS],
        status=statuses[0] if statuses else None,
    )


def _snake_case(code: str) -> str:
    """One spelling for RateLimitExceeded, RATE_LIMIT_EXCEEDED and "rate-limit exceeded"."""
    return _BETWEEN_WORDS.sub("_", _HUMP.sub("_", code[:_MOST_WORDS])).strip("_").lower()


def describe_body(body: bytes, payload: Any | None) -> Fault:
    """As `describe`; a body that is no JSON is taken as plain text, or as a web page."""
    if payload is not None:
        return describe(payload)
    text = body[:_MOST_WORDS].decode("utf-8", "replace").lstrip("\ufeff").strip()
    if not text[:20].lower().startswith(("<!doctype", "<html", "<?xml", "<head")):
        return Fault(text=text)
    title = _TITLE.search(body)
    return Fault(text=title[1].decode("utf-8", "replace").strip() if title else "", is_page=True)


def nested_headers(payload: Any) -> dict[str, str]:
    """Headers an upstream sent, as some routers repeat them inside the error; lower-case names."""
    found: dict[str, str] = {}
    for node in _nodes(payload):
        headers = node.get("headers")
        if isinstance(headers, dict):
            found |= {str(name).lower(): str(value) for name, value in headers.items()}
    return found


def values_of(payload: Any, *keys: str) -> Iterator[Any]:
    """Every value that stands under one of these keys, anywhere in the payload."""
    for node in _nodes(payload):
        yield from (node[key] for key in keys if key in node)


def _walk(payload: Any) -> Iterator[tuple[str, Any]]:
    """Strings and numbers with the key they stand under, in the order sent."""
    waiting: list[tuple[str, Any]] = [("", payload)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        key, value = waiting.pop(0)
        if isinstance(value, dict):
            pairs = [(str(name).lower(), child) for name, child in value.items()]
            waiting += [pair for pair in pairs if pair[0] not in _SKIPPED_KEYS]
        elif isinstance(value, list):
            waiting += [(key, child) for child in value]
        elif isinstance(value, str):
            inner = _loads(value) if value.lstrip()[:1] in ("{", "[") else None
            if inner is None:
                yield key, value
            else:
                waiting.append((key, inner))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield key, value


def _nodes(payload: Any) -> Iterator[dict[str, Any]]:
    waiting = [payload]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _loads(text: bytes | str) -> Any | None:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
