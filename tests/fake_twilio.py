"""A stand-in for Twilio: takes messages as its REST API does, lists them, calls status addresses.

In a test: `with FakeTwilio() as twilio: ... twilio.base_url ... twilio.sent ...`
As a process: `python -m tests.fake_twilio --port 9010 --status-callbacks --log sent.jsonl`

Behaviours, changed any time by `behave`, or `POST /_behave {"behaviour", "times"}` (control port):
  ok                 201, stored
  refuse             the port is closed
  reset_before       connection reset, nothing stored
  accept_then_reset  stored, connection reset: accepted without telling
  hang, hang_stored  no answer; nothing stored, or stored
  500, 502, 503      that status, nothing stored; 502 is HTML
  503_stored         stored, then 503
  garbage            stored, then 201 that is not JSON
  429                with Retry-After: 3
  code:63016         400 with that error code
  fails:63016        stored, 201; the status callbacks report that it failed with this code
`times` limits a behaviour to so many requests; then it is "ok" again.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import signal
import sys
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

T = TypeVar("T")

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "test-token"
SHOP = "whatsapp:+14155238886"
CUSTOMER = "whatsapp:+34600000001"
LIMIT_CHARS = 1600


def sign(
    url: str, params: Iterable[tuple[str, str]] | dict[str, str], token: str = AUTH_TOKEN
) -> str:
    """X-Twilio-Signature for a form posted to `url`."""
    signature: str = RequestValidator(token).compute_signature(url, dict(params))
    return signature


def inbound_form(
    body: str = "",
    *,
    customer: str = CUSTOMER,
    shop: str = SHOP,
    message_sid: str | None = None,
    **fields: str,
) -> dict[str, str]:
    """The form of a customer's text message; `fields` replace or add any of its fields."""
    sid = message_sid or f"SM{uuid4().hex}"
    form = {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": "Lucía",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": customer.removeprefix("whatsapp:+"),
        "SmsStatus": "received",
        "Body": body,
        "To": shop,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": customer,
        "ApiVersion": "2010-04-01",
    }
    return form | fields


def status_form(message_sid: str, status: str, **fields: str) -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": "2010-04-01",
        "MessageStatus": status,
        "SmsSid": message_sid,
        "SmsStatus": status,
        "To": CUSTOMER,
        "From": SHOP,
        "MessageSid": message_sid,
        "AccountSid": ACCOUNT_SID,
    }
    return form | fields


@dataclass
class FakeTwilio:
    """One stand-in; a context manager that runs it in a thread of its own.

    Args:
        port: where it listens; 0 takes a free one.
        control_port: where /_behave and /_sent stay reachable; 0 takes a free one.
        auth_tokens: any of them is accepted.
        status_callbacks: whether accepted messages report queued, sent, delivered and read.
        callback_pause_s: pause before each status callback.
        log: a file every accepted message is written to, one JSON object a line.
    """

    port: int = 0
    control_port: int = 0
    account_sid: str = ACCOUNT_SID
    auth_tokens: tuple[str, ...] = (AUTH_TOKEN,)
    status_callbacks: bool = False
    callback_pause_s: float = 0.01
    log: Path | None = None
    behaviour: str = "ok"
    sent: list[dict[str, Any]] = field(default_factory=list)
    """Accepted messages in order, as the REST API shows them, and their "status_callback"."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Every request to the messages address: {"method", "token", "fields"}."""
    statuses_answered: list[tuple[str, int]] = field(default_factory=list)
    """(status, HTTP answer) of every status callback made; 0 when nobody answered."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-twilio")
        self._thread.start()
        self._run(self.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def behave(self, behaviour: str, times: int | None = None) -> None:
        """What the following requests meet; `times` of them, or all."""
        self._run(self.change(behaviour, times))

    def wait_for_callbacks(self) -> None:
        """Return once every status callback due so far was made."""
        self._run(self.finish_callbacks())

    async def start(self) -> None:
        """Listen on both ports."""
        self._times: int | None = None
        self._numbers = itertools.count()
        self._callbacks: set[asyncio.Task[None]] = set()
        self._hanging = asyncio.Event()
        self._http = aiohttp.ClientSession()
        application = web.Application()
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        application.router.add_post(path, self._create)
        application.router.add_get(path, self._list)
        application.router.add_post("/_behave", self._behave)
        application.router.add_get("/_sent", self._show_sent)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site: web.TCPSite | None = None
        self.control_port = await self._listen_control()
        await self._open()
        await self.change(self.behaviour)

    async def _listen_control(self) -> int:
        site = web.TCPSite(self._runner, "127.0.0.1", self.control_port)
        await site.start()
        return _port_of(site)

    async def _open(self) -> None:
        if self._site is None:
            self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
            await self._site.start()
            self.port = _port_of(self._site)

    async def _close(self) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            transport = connection.transport
            if transport and transport.get_extra_info("sockname")[1] == self.port:
                transport.abort()

    async def stop(self) -> None:
        """Close both ports and drop what is under way."""
        self._hanging.set()
        for task in self._callbacks:
            task.cancel()
        await asyncio.gather(*self._callbacks, return_exceptions=True)
        await self._http.close()
        await self._runner.cleanup()

    async def change(self, behaviour: str, times: int | None = None) -> None:
        self.behaviour, self._times = behaviour, times
        await (self._close() if behaviour == "refuse" else self._open())

    async def finish_callbacks(self) -> None:
        while self._callbacks:
            await asyncio.gather(*self._callbacks)

    def _next_behaviour(self, _method: str) -> str:
        behaviour = self.behaviour
        if self._times is not None:
            self._times -= 1
            if self._times <= 0:
                self.behaviour, self._times = "ok", None
        return behaviour

    async def _behave(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        # Answered first: "refuse" may close the connection this came on.
        task = asyncio.create_task(self.change(wanted["behaviour"], wanted.get("times")))
        self._callbacks.add(task)
        task.add_done_callback(self._callbacks.discard)
        return web.json_response({"behaviour": wanted["behaviour"]})

    async def _show_sent(self, _: web.Request) -> web.Response:
        return web.json_response({"messages": self.sent})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        self._note(request, fields)
        behaviour = self._next_behaviour(request.method)
        if refusal := self._refusal(request, fields, behaviour):
            return refusal
        if behaviour == "reset_before":
            return _reset(request)
        if behaviour == "hang":
            return await self._hang()
        message = await self._keep(fields, behaviour)
        if behaviour == "accept_then_reset":
            return _reset(request)
        if behaviour == "hang_stored":
            return await self._hang()
        if behaviour == "503_stored":
            return _error(503, 20503, "Service unavailable")
        if behaviour == "garbage":
            return web.Response(status=201, text="<html>Created</html>", content_type="text/html")
        return web.json_response(message, status=201)

    def _note(self, request: web.Request, fields: dict[str, str]) -> None:
        noted = {"method": request.method, "token": _credentials(request)[1], "fields": fields}
        self.requests.append(noted)

    def _refusal(
        self, request: web.Request, fields: dict[str, str], behaviour: str
    ) -> web.Response | None:
        """The answer to a request nothing is stored of."""
        if not self._is_known(request):
            return _error(401, 20003, "Authenticate")
        if behaviour == "429":
            return _error(429, 20429, "Too Many Requests", {"Retry-After": "3"})
        if behaviour == "502":
            return web.Response(
                status=502, text="<html>Bad Gateway</html>", content_type="text/html"
            )
        if behaviour in ("500", "503"):
            return _error(int(behaviour), 20500, "Internal error")
        if behaviour.startswith("code:"):
            return _error(400, int(behaviour.removeprefix("code:")), "Refused")
        return _check(fields)

    def _is_known(self, request: web.Request) -> bool:
        user, token = _credentials(request)
        return user == self.account_sid and token in self.auth_tokens

    async def _hang(self) -> web.Response:
        await self._hanging.wait()
        return web.Response(status=500)

    async def _keep(self, fields: dict[str, str], behaviour: str) -> dict[str, Any]:
        return self._store(fields, behaviour)

    def _store(self, fields: dict[str, str], behaviour: str) -> dict[str, Any]:
        sid = f"SM{next(self._numbers):08x}{uuid4().hex[:24]}"
        now = format_datetime(datetime.now(UTC))
        message: dict[str, Any] = {
            "sid": sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": fields.get("MessagingServiceSid"),
            "to": fields["To"],
            "from": fields.get("From") or SHOP,
            "body": fields.get("Body", ""),
            "status": "queued",
            "direction": "outbound-api",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "error_code": None,
            "error_message": None,
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}.json",
            "subresource_uris": {},
        }
        self.sent.append(message | {"status_callback": fields.get("StatusCallback")})
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self.sent[-1]) + "\n")
        self._report(self.sent[-1], behaviour)
        return message

    def _report(self, message: dict[str, Any], behaviour: str) -> None:
        code = behaviour.removeprefix("fails:") if behaviour.startswith("fails:") else ""
        if message["status_callback"] and (self.status_callbacks or code):
            task = asyncio.create_task(self._call_back(message, code))
            self._callbacks.add(task)
            task.add_done_callback(self._callbacks.discard)

    async def _call_back(self, message: dict[str, Any], code: str) -> None:
        """A failed message reports both "undelivered" and "failed", as seen at Twilio."""
        good = ("queued", "sent", "delivered", "read")
        for status in ("queued", "undelivered", "failed") if code else good:
            await asyncio.sleep(self.callback_pause_s)
            form = status_form(message["sid"], status, To=message["to"], From=message["from"])
            if code and status != "queued":
                message["error_code"] = int(code)
                form["ErrorCode"] = code
            message["status"] = status
            answer = await self._post(message["status_callback"], form)
            self.statuses_answered.append((status, answer))

    async def _post(self, url: str, form: dict[str, str]) -> int:
        headers = {"X-Twilio-Signature": sign(url, form, self.auth_tokens[0])}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            limit = aiohttp.ClientTimeout(15)
            async with self._http.post(url, data=form, headers=headers, timeout=limit) as answer:
                return answer.status
        return 0

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self._note(request, dict(request.query))
        behaviour = self._next_behaviour(request.method)
        if refusal := self._refusal(request, {"To": "-", "From": "-", "Body": "-"}, behaviour):
            return refusal
        if behaviour in ("reset_before", "accept_then_reset"):
            return _reset(request)
        if behaviour.startswith("hang"):
            return await self._hang()
        return web.json_response(self._page(request))

    def _page(self, request: web.Request) -> dict[str, Any]:
        query = request.query
        wanted = [
            {name: value for name, value in message.items() if name != "status_callback"}
            for message in reversed(self.sent)
            if query.get("To") in (None, message["to"])
            and query.get("From") in (None, message["from"])
        ]
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        rest = wanted[(page + 1) * size :]
        after = str(request.rel_url.update_query(Page=page + 1, PageSize=size)) if rest else None
        return {
            "messages": wanted[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": min((page + 1) * size, len(wanted)),
            "uri": str(request.rel_url),
            "first_page_uri": str(request.rel_url.update_query(Page=0, PageSize=size)),
            "previous_page_uri": None,
            "next_page_uri": after,
        }


def _port_of(site: web.TCPSite) -> int:
    server = site._server
    assert isinstance(server, asyncio.Server)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _credentials(request: web.Request) -> tuple[str, str]:
    scheme, _, words = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return "", ""
    user, _, token = base64.b64decode(words).decode().partition(":")
    return user, token


def _reset(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


def _check(fields: dict[str, str]) -> web.Response | None:
    if not fields.get("To"):
        return _error(400, 21604, "A 'To' phone number is required.")
    if not fields.get("From") and not fields.get("MessagingServiceSid"):
        return _error(400, 21603, "A 'From' phone number is required.")
    body = fields.get("Body") or fields.get("ContentSid", "")
    if not body.strip():
        return _error(400, 21619, "A text message body or media urls must be specified.")
    if len(body.encode("utf-16-le")) // 2 > LIMIT_CHARS:
        return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return None


def _error(
    status: int, code: int, message: str, headers: dict[str, str] | None = None
) -> web.Response:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return web.json_response(body, status=status, headers=headers)


async def _serve(twilio: FakeTwilio) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await twilio.start()
    sys.stdout.write(json.dumps({"port": twilio.port, "control_port": twilio.control_port}) + "\n")
    sys.stdout.flush()
    await stopping.wait()
    await twilio.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Twilio.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--behaviour", default="ok")
    parser.add_argument("--status-callbacks", action="store_true")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    asyncio.run(_serve(FakeTwilio(**vars(options))))


if __name__ == "__main__":
    main()
