"""Made-up requests enter a shop that really runs, over HTTP and as bytes; it lives and answers."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from hypothesis import given
from hypothesis import strategies as st

from core.ids import new_id
from tests.fake_twilio import FakeTwilio
from tests.fuzz import inputs, web
from tests.processes import ROOT, Shop

NO_FAULT = {200, 400, 401, 403, 404, 405, 413, 414, 431}
QUIET_S = 2.0


@contextlib.contextmanager
def running_shop(folder: Path) -> Iterator[Shop]:
    """A shop with Twilio's stand-in and no AI; at the end everything it took must be answered."""
    with FakeTwilio() as twilio, Shop(ROOT, folder) as shop:
        shop.settings |= {
            "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
            "API_TOKEN": web.API_TOKEN,
            "COALESCE_WAIT_S": "0",
            "TWILIO_MAX_SENDS_PER_S": "0",
        }
        shop.connect_twilio(twilio.base_url)
        shop.start_ready()
        yield shop
        shop.wait_until_answered()
        assert shop.get("/healthz").status_code == 200
        assert shop.rows("SELECT count(*) FROM turn WHERE state = 'buried'") == [(0,)]
        before, found, trace = shop.log.partition("Traceback")
        assert not found, before[-500:] + found + trace[:3000]


def requests(shop: Shop, client: httpx.Client) -> Callable[[], None]:
    """Requests to every route, signed and with the right token, and bytes that are no request."""

    @given(st.data())
    def check(data: st.DataObject) -> None:
        match data.draw(st.sampled_from(("inbound", "status", "answers", "bytes")), "kind"):
            case "answers":
                body = json.dumps({"message": data.draw(inputs.words(), "message")}).encode()
                headers = {"Authorization": f"Bearer {web.API_TOKEN}"}
                found = client.post(f"{shop.url}/api/answers", content=body, headers=headers)
                assert found.status_code in (200, 400), found.text
            case "bytes":
                assert _speak(shop.port, data.draw(st.binary(max_size=200), "bytes")) in NO_FAULT
            case name:
                sid = f"SM{new_id()}"
                required = inputs.typical("hola", sid, f"whatsapp:+57300{sid[2:9]}")
                body = data.draw(inputs.urlencoded(required), "body")
                path = f"/webhooks/twilio/{name}"
                kind = "application/x-www-form-urlencoded"
                signature = web.signed(path, body, kind, shop.url)["HTTP_X_TWILIO_SIGNATURE"]
                headers = {"X-Twilio-Signature": signature, "Content-Type": kind}
                found = client.post(f"{shop.url}{path}", content=body, headers=headers)
                assert found.status_code in web.allowed(body), found.status_code

    return check


def _speak(port: int, words: bytes) -> int:
    """Send bytes and the end of a request; the status of the answer, 400 when there was none."""
    with socket.create_connection(("127.0.0.1", port), QUIET_S) as connection:
        connection.sendall(b"POST /webhooks/twilio/inbound HTTP/1.1\r\n" + words + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            said = connection.recv(64).split()
            return int(said[1]) if len(said) > 1 else 400
    return 400
