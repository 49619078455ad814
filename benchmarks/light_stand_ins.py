"""Requests for an AI and for Twilio enter, answers leave, and on demand a record of what came.

    python -m benchmarks.light_stand_ins '{"ai_s": 1, "webs": [8000], "callbacks": false}'

One process for both; prints `{"ai": port, "twilio": port}`. The AI waits, then repeats the question
(so that what was sent tells which message it answers) and offers the first product it was shown.
Twilio takes everything and, if asked to, reports each message as queued, sent and delivered.
`GET /state` and `GET /taken` at Twilio's port tell how far it is, and everything.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import hmac
import itertools
import json
import re
import sys
import time
from collections import defaultdict
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.light_http import Caller, Reply, Server, post, response

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "test-token"
ECHO = "Recibido: "
MODELS = response(b'{"object":"list","data":[{"id":"fake-model","object":"model"}]}')
STATUSES = (("queued", 0.05), ("sent", 0.3), ("delivered", 0.8))
_PRODUCT = re.compile(r"^\| \S+ \| ([^|]+) \| ([^| ]+) \| ", re.MULTILINE)


def sign(url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature of a form posted to `url`."""
    words = url + "".join(name + value for name, value in sorted(form.items()))
    digest = hmac.new(AUTH_TOKEN.encode(), words.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class AI:
    """Answers chats after so many seconds; counts those that wait."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self.calls = self.waiting = self.most_waiting = 0
        self._late = [0] * 1000
        """Answers by how many milliseconds late they were."""

    def __call__(self, head: bytes, body: bytes, reply: Reply) -> None:
        if not head.startswith(b"POST"):
            reply(MODELS)
            return
        self.calls += 1
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        loop = asyncio.get_running_loop()
        due = loop.time() + self._wait_s
        loop.call_at(due, self._answer, due, _completion(json.loads(body)), reply)

    def _answer(self, due: float, answer: bytes, reply: Reply) -> None:
        self.waiting -= 1
        late_s = asyncio.get_running_loop().time() - due
        self._late[min(int(late_s * 1000), 999)] += 1
        reply(answer)

    def late_ms(self) -> int:
        """So late, or less, were 99 of 100 answers."""
        wanted = sum(self._late) * 0.99
        return next(ms for ms, n in enumerate(itertools.accumulate(self._late)) if n >= wanted)


def _completion(asked: dict[str, Any]) -> bytes:
    said = asked["messages"]
    words = "\n".join(ECHO + line for line in said[-1]["content"].splitlines())
    if found := _PRODUCT.search(said[0]["content"]):
        words += f"\nTenemos *{found[1]}* a {found[2]}. ¿Te interesa?"
    choice = {"index": 0, "message": {"role": "assistant", "content": words}}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked["model"],
        "choices": [choice | {"finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940},
    }
    return response(json.dumps(answer).encode())


class Twilio:
    """Takes messages and keeps when each came; its list finds those to one customer."""

    def __init__(self, ai: AI, webs: list[int], callbacks: bool) -> None:
        self._ai, self._callbacks = ai, callbacks
        self._webs = itertools.cycle([Caller(port) for port in webs])
        self._numbers = itertools.count(1)
        self.taken: list[tuple[float, str, str]] = []
        self._by_customer: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.told = self.reported = self.report_refused = 0

    def __call__(self, head: bytes, body: bytes, reply: Reply) -> None:
        method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
        if method == b"POST":
            reply(self._create(body))
        elif path == b"/state":
            reply(response(json.dumps(self._state()).encode()))
        elif path == b"/taken":
            reply(response(json.dumps(self.taken).encode()))
        else:
            reply(response(json.dumps(self._list(urlsplit(path.decode()).query)).encode()))

    def _state(self) -> dict[str, Any]:
        return {
            "told": self.told,
            "calls": self._ai.calls,
            "waiting": self._ai.waiting,
            "most_waiting": self._ai.most_waiting,
            "late_ms": self._ai.late_ms(),
            "reported": self.reported,
            "report_refused": self.report_refused,
        }

    def _create(self, body: bytes) -> bytes:
        came = time.perf_counter()
        form = dict(parse_qsl(body.decode()))
        self.taken.append((came, form["To"], form["Body"]))
        self.told += form["Body"].count(ECHO)
        message = _message(next(self._numbers), form)
        self._by_customer[form["To"]].append(message)
        if self._callbacks and "StatusCallback" in form:
            for status, after_s in STATUSES:
                asyncio.get_running_loop().call_later(
                    after_s, self._report, message, status, form["StatusCallback"]
                )
        return response(json.dumps(message).encode(), b"201 Created")

    def _list(self, query: str) -> dict[str, Any]:
        to = parse_qs(query).get("To", [""])[0]
        found = self._by_customer.get(to, [])[::-1]
        return {"messages": found, "page": 0, "page_size": 100, "next_page_uri": None}

    def _report(self, message: dict[str, Any], status: str, url: str) -> None:
        form = {
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
            "MessageStatus": status,
            "SmsSid": message["sid"],
            "SmsStatus": status,
            "To": message["to"],
            "From": message["from"],
            "MessageSid": message["sid"],
            "AccountSid": ACCOUNT_SID,
        }
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}"
        request = post(path, parts.netloc, urlencode(form).encode(), sign(url, form))
        next(self._webs).post(request, self._reported)

    def _reported(self, status: int) -> None:
        self.reported += 1
        self.report_refused += status != 200


def _message(number: int, form: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": f"SM{number:032x}",
        "account_sid": ACCOUNT_SID,
        "to": form["To"],
        "from": form.get("From", ""),
        "body": form["Body"],
        "status": "queued",
        "direction": "outbound-api",
        "date_created": formatdate(usegmt=False).replace("-0000", "+0000"),
        "date_sent": None,
        "num_media": "0",
        "num_segments": "1",
        "error_code": None,
        "error_message": None,
        "api_version": "2010-04-01",
    }


async def serve(ai_s: float, webs: list[int], callbacks: bool) -> None:
    """Serve on free ports until killed."""
    loop = asyncio.get_running_loop()
    ai = AI(ai_s)
    twilio = Twilio(ai, webs, callbacks)
    ports = {}
    for name, answer in (("ai", ai), ("twilio", twilio)):
        server = await loop.create_server(lambda a=answer: Server(a), "127.0.0.1", 0, backlog=4096)
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    gc.freeze()  # what is kept is kept until the end: walking it would make the stand-ins late
    gc.disable()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(**json.loads(sys.argv[1])))
