"""What stand-ins are asked and told to do: nothing enters, cases and how each must end leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.messages import Audio, Completion, Image, Prompt, PromptMessage, Tool

REQUESTS_PER_MINUTE = 6000
TEXT = "Sí, quedan 3 laptops."
FOUND = {"sku": "LAP-1", "units": 3}
OBJECT = '{"sku": "LAP-1", "units": 3}'
SHAPE = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "units": {"type": "integer"}},
    "required": ["sku", "units"],
}
TOOL = Tool("find_stock", "Units left of a product", SHAPE)
PICTURE = Image("image/png", b"\x89PNG\r\n\x1a\n not a whole picture")
RECORDING = Audio("audio/ogg", b"OggS not a whole recording", "es")
SYSTEM = "Eres el vendedor de la tienda."
TALK = (
    PromptMessage("system", SYSTEM),
    PromptMessage("user", "Hola"),
    PromptMessage("assistant", "¡Hola! ¿Qué busca?"),
)
Script = Mapping[str, Any]


def _text(said: Completion) -> str:
    return "" if said.text == TEXT else "another text"


def _call(said: Completion) -> str:
    found = [(call.name, dict(call.arguments)) for call in said.tool_calls]
    return "" if found == [(TOOL.name, FOUND)] else "another call"


def _object(said: Completion) -> str:
    return "" if said.data == FOUND else "another object"


def _counts(said: Completion) -> str:
    counts = said.usage.input_tokens, said.usage.output_tokens
    return "" if counts == (11, 7) else "other counts"


def _window(said: Completion) -> str:
    limits = [(each.kind, each.limit) for each in said.windows if each.reset_s is not None]
    return "" if limits == [("requests", REQUESTS_PER_MINUTE)] else "no window"


@dataclass(frozen=True)
class Case:
    """One question.

    Args:
        expected: "ok", or the class of the failure and what else is read from it.
        aimock: what its fixture holds besides the question; None where it has no such thing.
        llmock: its behaviour, {} for its usual one; None where it has no such thing.
        asks: fields of the prompt.
        fault: what is wrong with an answer; "" when nothing is.
        streams: the request is changed to ask for a stream.
    """

    name: str
    expected: str = "ok"
    aimock: Script | None = None
    llmock: Script | None = None
    asks: Script = field(default_factory=dict)
    images: tuple[Image, ...] = ()
    fault: Callable[[Completion], str] = _text
    limit_s: float = 5.0
    streams: bool = False

    @property
    def question(self) -> str:
        return f"¿{self.name}?"

    @property
    def fixture(self) -> Script:
        """What aimock answers, once it has read system, history, question and tools as meant."""
        match = {"userMessage": self.question, "systemMessage": SYSTEM, "turnIndex": 1}
        if "tools" in self.asks:
            match["toolName"] = TOOL.name
        return {"match": match, **(self.aimock or {})}

    def prompt(self) -> Prompt:
        asked = PromptMessage("user", self.question, self.images)
        return Prompt((*TALK, asked), **self.asks)


def _good(name: str, text: str = TEXT, **more: Any) -> Case:
    """Both say a text."""
    aimock = {"response": {"content": text}}
    return Case(name, aimock=aimock, llmock={"type": "reply", "text": text}, **more)


def _calling(name: str, **more: Any) -> Case:
    """Both call the tool they are offered."""
    call = {"name": TOOL.name, "arguments": FOUND}
    aimock = {"response": {"toolCalls": [call]}}
    llmock = {"type": "reply", "tool_calls": [call]}
    return Case(name, aimock=aimock, llmock=llmock, asks=OFFERED, fault=_call, **more)


def _failing(name: str, expected: str, status: int, message: str, code: str, wait_s: int) -> Case:
    """Both say these words, each in the form of the provider asked."""
    error = {"message": message, "code": code}
    aimock = {"response": {"error": error, "status": status, "retryAfter": wait_s}}
    llmock = {"type": "fail", "status": status, "retry_after": wait_s, **error}
    return Case(name, expected, aimock, llmock)


OFFERED = {"tools": (TOOL,)}
PLAIN = {"response": {"content": TEXT}}
THOUGHTFUL = {"response": {"content": TEXT, "reasoning": "Mmm."}}
COUNTED = {
    "response": {"content": TEXT, "usage": {"prompt_tokens": 11, "completion_tokens": 7}},
}
HEARD = {"match": {"endpoint": "transcription"}, "response": {"transcription": {"text": TEXT}}}
EMPTY = {"type": "reply", "text": " "}
BLOCKED = {**EMPTY, "finish_reason": "content_filter"}
BAD_ARGUMENTS = {"type": "tool_fault", "kind": "malformed_arguments"}
OTHER_TOOL = {"type": "tool_fault", "kind": "unknown_tool"}
CUT_OFF = {"type": "reply", "text": TEXT, "finish_reason": "length"}
SLOW = {**PLAIN, "chaos": {"latencyMs": 5000}}


def _breaking(kind: str) -> Script:
    return {"type": "stream_fault", "kind": kind, "after_chunks": 1}


GOOD = (
    Case("models", aimock=PLAIN, llmock={}),
    _good("text"),
    _calling("tools"),
    _good("picture", images=(PICTURE,)),
    _good("object", OBJECT, asks={"schema": SHAPE}, fault=_object),
    _good("fenced", f"```json\n{OBJECT}\n```", asks={"schema": SHAPE}, fault=_object),
    Case("thought", aimock=THOUGHTFUL),
    Case("tokens", aimock=COUNTED, fault=_counts),
    Case("windows", llmock={"type": "reply", "text": TEXT}, fault=_window),
    Case("cut off", llmock=CUT_OFF),
    Case("speech", aimock=HEARD),
    _good("stream", streams=True),
    _calling("tools stream", streams=True),
)

# In llmock's own words for each provider; those worth another try carry a wait of a second.
STATUSES = {
    400: "bad_request",
    401: "auth",
    402: "quota",
    403: "auth",
    404: "config",
    408: "timeout",
    413: "bad_request long",
    422: "bad_request",
    429: "rate_limit 1s",
    500: "server",
    502: "server",
    503: "server 1s",
    504: "timeout 1s",
    529: "server 1s",
}

FAILURES = (
    *(
        Case(str(status), expected, llmock={"type": "fail", "status": status})
        for status, expected in STATUSES.items()
    ),
    _failing("busy", "rate_limit 7s", 429, "Rate limit reached.", "rate_limit_exceeded", 7),
    _failing("purse", "quota 1s", 429, "Insufficient credits.", "insufficient_quota", 1),
    _failing("key", "auth", 401, "Incorrect API key provided.", "invalid_api_key", 0),
    _failing("model", "model_not_found", 404, "The model does not exist.", "not_found", 0),
    _failing("too long", "bad_request long", 400, "The prompt is too long.", "invalid", 0),
    Case("error", "server", aimock={**PLAIN, "chaos": {"dropRate": 1}}),
    Case("blocked", "bad_request", llmock=BLOCKED),
    Case("empty", "validation", aimock={"response": {"content": ""}}, llmock=EMPTY),
    Case("arguments", "validation", llmock=BAD_ARGUMENTS, asks=OFFERED),
    Case("other tool", "validation", llmock=OTHER_TOOL, asks=OFFERED),
    Case("malformed", "validation", aimock={**PLAIN, "chaos": {"malformedRate": 1}}),
    Case("disconnect", "network", aimock={**PLAIN, "chaos": {"disconnectRate": 1}}),
    Case("slow", "timeout", SLOW, {"type": "delay", "seconds": 5}, limit_s=0.5),
    Case("ends early", "validation", llmock=_breaking("truncate"), streams=True),
    Case("bad chunk", "validation", llmock=_breaking("malformed"), streams=True),
    Case(
        "drops",
        "network",
        aimock={**PLAIN, "truncateAfterChunks": 1},
        llmock=_breaking("disconnect"),
        streams=True,
    ),
)

CASES = GOOD + FAILURES
