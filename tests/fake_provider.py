"""A working AI server: HTTP requests enter, answers or faults of your choice leave.

It speaks OpenAI's API under any base path (`/v1`, `/openai/v1`, `/api/v1`), the own ones of
Anthropic, Gemini and Ollama, and writes recordings down.

In a test: `with FakeProvider() as fake: … fake.base_url … fake.behave("500") … fake.seen`.
As a process: `python -m tests.fake_provider --port 9001 --behaviour ok --delay 1`; then
`POST /_behave {"behaviour": "500"}` changes it while it runs and `GET /_seen` tells what was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHAT_ENDS = (
    *("/chat/completions", "/v1/messages", ":generateContent", "/api/chat"),
    "/audio/transcriptions",
)
DEFAULT_REPLY = "Hola, gracias por escribir. ¿Qué producto busca?"
SLOW_S = 2.0
KEPT_REQUESTS = 1000

# What chat answers with when the fault is a whole answer: status, extra headers, body.
_FAULTY_ANSWERS: dict[str, tuple[int, dict[str, str], str]] = {
    "500": (500, {}, '{"error":{"message":"Internal server error","type":"server_error"}}'),
    "503": (503, {}, '{"error":{"message":"The server is overloaded","type":"server_error"}}'),
    "429": (
        429,
        {"retry-after": "3"},
        '{"error":{"message":"Rate limit reached for requests per minute","type":"requests",'
        '"code":"rate_limit_exceeded"}}',
    ),
    "401": (
        401,
        {},
        '{"error":{"message":"Invalid API Key","type":"invalid_request_error",'
        '"code":"invalid_api_key"}}',
    ),
    "404": (
        404,
        {},
        '{"error":{"message":"The model does not exist or you do not have access to it.",'
        '"type":"invalid_request_error","code":"model_not_found"}}',
    ),
    "html": (200, {"content-type": "text/html"}, "<!doctype html><html><body>Hi</body></html>"),
    "half_json": (200, {}, '{"id":"x","choices":[{"message":{"role":"assistant","content":"Ho'),
    "error_in_200": (200, {}, '{"error":{"message":"Internal Server Error","code":500}}'),
    "no_choices": (200, {}, '{"id":"x","object":"chat.completion","choices":[]}'),
}
_TEXTS = {"empty": "", "think_only": "<think>The customer greets me.</think>"}
# These strike every path, the list of models too; the others only chat.
_EVERYWHERE = frozenset({"reset", "hang", "drip", "stall", "500", "503", "401", "html"})
BEHAVIOURS = (
    *("ok", "slow", "refuse", "reset", "hang", "drip", "stall", "retired"),
    *_FAULTY_ANSWERS,
    *_TEXTS,
)


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    at: float

    @property
    def question(self) -> str:
        """The last user message, or ""."""
        body = self.body if isinstance(self.body, dict) else {}
        asked = [said["content"] for said in body.get("messages", []) if said["role"] == "user"]
        asked += [said["parts"][-1]["text"] for said in body.get("contents", [])]
        return asked[-1] if asked else ""

    @property
    def model(self) -> str | None:
        """The model asked for, in the body or in Gemini's path."""
        if self.path.endswith(":generateContent"):
            return self.path.rpartition("/")[2].removesuffix(":generateContent")
        return self.body.get("model") if isinstance(self.body, dict) else None

    @property
    def is_chat(self) -> bool:
        return self.path.endswith(CHAT_ENDS)


class FakeProvider:
    """The server, in a thread of its own while used as a context manager.

    Args:
        behaviour: one of BEHAVIOURS.
        delay_s: how long chat waits before it answers; "slow" without one waits SLOW_S.
        models: what it lists; "retired" answers 404 for every other one.
        loaded: the one LM Studio's own list calls loaded.
        reply: the text it answers with; `{question}` in it becomes the last user message.
        port: 0 takes a free one.
        requests_log: every request is appended here as a line of JSON.
    """

    def __init__(
        self,
        behaviour: str = "ok",
        *,
        delay_s: float = 0.0,
        models: tuple[str, ...] = ("fake-model",),
        loaded: str | None = None,
        reply: str = DEFAULT_REPLY,
        port: int = 0,
        requests_log: Path | None = None,
    ) -> None:
        self.delay_s = delay_s
        self.models = models
        self.loaded = loaded
        self.reply = reply
        self.port = port
        self.count = 0
        self.seen: deque[Seen] = deque(maxlen=KEPT_REQUESTS)
        self.behaviour = _known(behaviour)
        self._log = requests_log
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def chats(self) -> list[Seen]:
        """The chat requests among those seen."""
        return [seen for seen in self.seen if seen.is_chat]

    def __enter__(self) -> FakeProvider:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(started)))
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def behave(self, behaviour: str, delay_s: float | None = None) -> None:
        """Change the behaviour from the test's thread; it holds when this returns."""
        assert self._loop is not None
        change = self._behave(_known(behaviour), delay_s)
        asyncio.run_coroutine_threadsafe(change, self._loop).result()

    async def serve(self) -> None:
        """Serve until cancelled, in the running loop."""
        await self._run(threading.Event())

    async def _run(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        # The port is taken even while connections are refused, and kept for later.
        await self._listen()
        await self._behave(self.behaviour, None)
        started.set()
        try:
            await self._stopped.wait()
        finally:
            await self._close()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._connected, "127.0.0.1", self.port, backlog=1024
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _behave(self, behaviour: str, delay_s: float | None) -> None:
        self.behaviour = behaviour
        self.delay_s = self.delay_s if delay_s is None else delay_s
        if behaviour == "refuse":
            await self._close()
        else:
            await self._listen()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._serve_one(reader, writer):
                    pass
        except asyncio.CancelledError:
            pass  # the test is over, or we refuse from now on
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read and answer one request; whether the connection stays open."""
        seen = await _read_request(reader)
        if seen.path.endswith("/_seen"):
            requests = [asdict(request) for request in self.seen]
            return await _write(writer, 200, json.dumps({"count": self.count, "seen": requests}))
        if seen.path.endswith("/_behave"):
            behaviour = _known(seen.body["behaviour"])
            await _write(writer, 200, json.dumps({"behaviour": behaviour}))
            await self._behave(behaviour, seen.body.get("delay_s"))
            return behaviour != "refuse"
        self._note(seen)
        if seen.is_chat:
            await asyncio.sleep(self.delay_s or (SLOW_S if self.behaviour == "slow" else 0))
        behaviour = self.behaviour if seen.is_chat or self.behaviour in _EVERYWHERE else "ok"
        return await self._answer(behaviour, seen, writer)

    def _note(self, seen: Seen) -> None:
        self.count += 1
        self.seen.append(seen)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(seen), ensure_ascii=False) + "\n")

    async def _answer(self, behaviour: str, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if behaviour == "reset":
            reset(writer)
            return False
        if behaviour in ("hang", "stall", "drip"):
            return await _never_finish(behaviour, writer)
        if behaviour == "retired" and seen.model not in self.models:
            behaviour = "404"
        if behaviour in _FAULTY_ANSWERS:
            status, headers, body = _FAULTY_ANSWERS[behaviour]
            return await _write(writer, status, body, headers)
        path = seen.path.partition("?")[0]
        if path.endswith(("/models", "/api/tags", "/api/ps", "/key")):
            return await _write(writer, 200, json.dumps(self._models(path)))
        if not seen.is_chat:
            return await _write(writer, 404, '{"error":"Unexpected endpoint or method."}')
        text = _TEXTS.get(behaviour, self.reply.replace("{question}", seen.question))
        model = seen.model or self.loaded or self.models[0]
        return await _write(writer, 200, json.dumps(self._completion(path, text, model)))

    def _models(self, path: str) -> dict[str, Any]:
        if path.endswith("/key"):
            return {"data": {"label": "key", "limit": None, "limit_remaining": None}}
        if path.endswith("/api/ps"):
            return {"models": [{"name": self.loaded}] if self.loaded else []}
        if path.endswith("/api/tags"):
            return {"models": [{"name": name} for name in self.models]}
        if "/v1beta/" in path:
            able = {"supportedGenerationMethods": ["generateContent"]}
            return {"models": [{"name": f"models/{name}", **able} for name in self.models]}
        entries: list[dict[str, Any]] = [{"id": name, "object": "model"} for name in self.models]
        if "/api/v0/" in path:
            for entry in entries:
                entry["state"] = "loaded" if entry["id"] == self.loaded else "not-loaded"
        return {"object": "list", "data": entries}

    def _completion(self, path: str, text: str, model: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        if path.endswith("/audio/transcriptions"):
            return {"text": text}
        if path.endswith("/v1/messages"):
            return {
                "type": "message",
                "model": model,
                "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 20, "output_tokens": 10},
            }
        if path.endswith(":generateContent"):
            content = {"role": "model", "parts": [{"text": text}]}
            return {
                "candidates": [{"content": content, "finishReason": "STOP"}],
                "modelVersion": model,
                "usageMetadata": {"promptTokenCount": 20, "candidatesTokenCount": 10},
            }
        if path.endswith("/api/chat"):
            counts = {"prompt_eval_count": 20, "eval_count": 10}
            return {
                "model": model,
                "message": message,
                "done": True,
                "done_reason": "stop",
            } | counts
        return {
            "id": f"chatcmpl-{self.count}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30},
        }


def _known(behaviour: str) -> str:
    if behaviour not in BEHAVIOURS:
        raise ValueError(f"{behaviour!r} is none of {', '.join(BEHAVIOURS)}")
    return behaviour


async def _read_request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    with contextlib.suppress(ValueError):
        return Seen(method, path, headers, json.loads(body), time.time())
    return Seen(method, path, headers, body.decode("utf-8", "replace"), time.time())


async def _write(
    writer: asyncio.StreamWriter, status: int, body: str, extra: dict[str, str] | None = None
) -> bool:
    content = body.encode()
    headers = {"content-type": "application/json", "content-length": str(len(content))}
    lines = [f"{name}: {value}" for name, value in (headers | (extra or {})).items()]
    head = "\r\n".join([f"HTTP/1.1 {status} Fake", *lines, "", ""])
    writer.write(head.encode() + content)
    await writer.drain()
    return True


async def _never_finish(how: str, writer: asyncio.StreamWriter) -> bool:
    """Hang: not a byte; stall: headers and no body; drip: a byte of the body each second."""
    if how != "hang":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        writer.write(b"content-length: 100000\r\n\r\n")
    while True:
        if how == "drip":
            writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset and not an orderly end."""
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def main() -> None:
    """Serve until interrupted; prints the address once it listens."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="ok")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--model", action="append", help="may be repeated")
    parser.add_argument("--requests-log", type=Path)
    parser.add_argument("--reply", default=DEFAULT_REPLY)
    options = parser.parse_args()
    fake = FakeProvider(
        options.behaviour,
        delay_s=options.delay,
        models=tuple(options.model or ("fake-model",)),
        reply=options.reply,
        port=options.port,
        requests_log=options.requests_log,
    )
    with fake, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{fake.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
