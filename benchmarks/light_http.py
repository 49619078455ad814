"""Bytes of HTTP enter, requests or answers leave: both ends as cheap as load and stand-ins need.

They read what programs like ours send (a Content-Length, or chunks in an answer) and nothing else,
so that on a machine they share with the shop the processor is left to the shop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

END = b"\r\n\r\n"
Reply = Callable[[bytes], None]
Answer = Callable[[bytes, bytes, Reply], None]
Done = Callable[[int], None]


def length_of(head: bytes) -> int | None:
    """What Content-Length says; None when there is none."""
    lower = head.lower()
    at = lower.find(b"content-length:")
    return None if at < 0 else int(lower[at + 15 :].split(b"\r\n", 1)[0])


def response(body: bytes, status: bytes = b"200 OK", kind: bytes = b"application/json") -> bytes:
    """A whole answer."""
    head = b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
    return head % (status, kind, len(body)) + body


def post(path: str, host: str, body: bytes, signature: str) -> bytes:
    """A whole signed form as Twilio posts it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Server(asyncio.Protocol):
    """One caller's connection; each request goes to `answer`, which replies when it likes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (at := self._read.find(END)) >= 0:
            head, end = self._read[:at], at + 4 + (length_of(self._read[:at]) or 0)
            if len(self._read) < end:
                return
            body, self._read = self._read[at + 4 : end], self._read[end:]
            self._answer(head, body, self._reply)

    def _reply(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


class _Line(asyncio.Protocol):
    """One kept connection of a Caller: a request, its answer, the next request."""

    def __init__(self, caller: Caller, request: bytes, done: Done) -> None:
        self._caller, self._request, self._done = caller, request, done
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.send(self._request, self._done)

    def send(self, request: bytes, done: Done) -> None:
        self._done = done
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        at = self._read.find(END)
        if at < 0:
            return
        length = length_of(self._read[:at])
        whole = len(self._read) >= at + 4 + length if length is not None else self._has_last_chunk()
        if whole:
            status, self._read = int(self._read[9:12]), b""
            self._caller.idle.append(self)
            self._finish(status)

    def _has_last_chunk(self) -> bool:
        return self._read.endswith(b"0\r\n\r\n")

    def _finish(self, status: int) -> None:
        done, self._done = self._done, lambda _: None
        done(status)

    def connection_lost(self, _: Exception | None) -> None:
        if self in self._caller.idle:
            self._caller.idle.remove(self)
        self._finish(0)


class Caller:
    """Posts to one port of this machine, on as many kept connections as are needed at once."""

    def __init__(self, port: int) -> None:
        self.idle: list[_Line] = []
        self._port = port
        self._opening: set[asyncio.Task[None]] = set()

    def post(self, request: bytes, done: Done) -> None:
        """Send it now; `done` hears the status, or 0 where the connection broke."""
        if self.idle:
            self.idle.pop().send(request, done)
            return
        task = asyncio.ensure_future(self._open(request, done))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, request: bytes, done: Done) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(
                lambda: _Line(self, request, done), "127.0.0.1", self._port
            )
        except OSError:
            done(0)
