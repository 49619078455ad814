"""A quick AI stand-in for benchmarks: HTTP requests enter, one prepared answer or fault leaves.

As a process: `python -m benchmarks.upstream`; prints its port. The first part of the path decides:
/ok, /500, /429, /reset, /hang.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests.fake_provider import reset

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1772463600,
        "model": "fake-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Sí, tenemos tres laptops."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 412, "completion_tokens": 37, "total_tokens": 449},
    }
).encode()
FAULTS = {
    b"500": (500, b'{"error":{"message":"Internal server error","type":"server_error"}}'),
    b"429": (429, b'{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}'),
}


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


RESPONSES = {b"ok": _response(200, ANSWER)} | {
    name: _response(status, body) for name, (status, body) in FAULTS.items()
}


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests until it closes."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.find(b"content-length:")
            if at >= 0:
                await reader.readexactly(int(lower[at + 15 : lower.index(b"\r\n", at)]))
            kind = head.split(b" ", 2)[1].split(b"/")[1]
            if kind == b"hang":
                await asyncio.Event().wait()
            if kind == b"reset":
                reset(writer)
                return
            writer.write(RESPONSES[kind])
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve on a free port until killed."""
    server = await asyncio.start_server(serve_one, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
