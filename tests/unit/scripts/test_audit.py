"""What the database of vulnerabilities says decides; its silence does not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.audit import Audit, installed_for

ROOT = Path(__file__).resolve().parents[3]
Serve = Callable[[bytes | dict[str, str]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a database that answers with these bytes, or knows these packages' vulnerability."""
    servers: list[HTTPServer] = []

    def start(known: bytes | dict[str, str]) -> str:
        class Database(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                names = [query["package"]["name"] for query in asked["queries"]]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(known if isinstance(known, bytes) else listed(names, known))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Database)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def listed(names: list[str], known: dict[str, str]) -> bytes:
    results = [{"vulns": [{"id": known[name]}]} if name in known else {} for name in names]
    return json.dumps({"results": results}).encode()


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        pytest.param({}, True, id="nothing known"),
        pytest.param({"flask": "GHSA-1"}, False, id="asked for by name"),
        pytest.param({"werkzeug": "GHSA-2"}, False, id="needed by another"),
        pytest.param({"psycopg-binary": "GHSA-3"}, False, id="needed by an extra"),
        pytest.param({"ruff": "GHSA-4"}, True, id="of the tests alone"),
        pytest.param(b"<html>", None, id="a page of somebody else's"),
        pytest.param(b'{"results": []}', None, id="an answer to another question"),
    ],
)
def test_only_what_the_shop_runs_on_fails(
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    known: bytes | dict[str, str],
    verdict: bool | None,
) -> None:
    assert Audit(ROOT, serve(known)).verdict(patience_s=30) is verdict
    if isinstance(known, dict):
        assert all(found in capsys.readouterr().err for found in known.values())


def test_without_an_answer_nobody_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert Audit(ROOT, url).verdict(patience_s=0) is None


def test_everything_installed_for_the_shop_is_asked_about() -> None:
    assert {"flask", "jinja2", "aiohttp", "yarl"} <= installed_for(ROOT / "requirements.txt").keys()
