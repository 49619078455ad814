"""What the real server hands to the routes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import httpx
import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from bot.readiness import Readiness
from web import api
from web.access import FORWARDING_HEADERS
from web.server import listen, make_server


@pytest.fixture
def address() -> Iterator[str]:
    web = Flask("test", static_folder=None)
    web.register_blueprint(
        api.make_blueprint(
            readiness=lambda: Readiness({"worker": True}, {"groq": "ok"}),
            metrics=CollectorRegistry(),
            api_token=None,
            public_base_url=None,
        )
    )
    listener = listen("127.0.0.1", 0)
    server = make_server(web, listener)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    with contextlib.suppress(OSError):  # the server may read the word before the bell has rung
        server.trigger.pull_trigger(server.close)
    thread.join()


def test_who_sits_at_the_machine_sees_the_reasons(address: str) -> None:
    assert httpx.get(f"{address}/readyz", trust_env=False).json()["checks"] == {"worker": True}


@pytest.mark.parametrize("header", FORWARDING_HEADERS)
def test_a_tunnel_shows_no_reasons_to_strangers(address: str, header: str) -> None:
    answer = httpx.get(f"{address}/readyz", headers={header: "203.0.113.9"}, trust_env=False)

    assert answer.json() == {"ready": True}
