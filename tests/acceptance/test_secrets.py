"""Whatever goes wrong, no secret is written anywhere, and no log tells what a customer wrote."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.acceptance.conftest import NewShop
from tests.fake_twilio import ACCOUNT_SID, FakeTwilio, inbound_form, sign, status_form
from tests.processes import Shop, wait_until

SECRETS = {
    "TWILIO_AUTH_TOKEN": "tw1l10-0ne-s3cret,tw1l10-tw0-s3cret",
    "API_TOKEN": "ap1-t0ken-s3cret",
    "CONSOLE_PASSWORD": "c0ns0le-s3cret",
    "SECRET_KEY": "s1gn1ng-s3cret",
    "GROQ_API_KEY": "gr0q.key+s3cret",
    "OPENAI_API_KEY": "0pena1/key=s3cret",
    "GEMINI_API_KEY": "gem1n1-s3cret",
    "ANTHROPIC_API_KEY": "anthr0p1c-s3cret",
    "OWNER_WEBHOOK_URL": "http://127.0.0.1:9/h00k-s3cret",
    "CATALOG_SOURCE": "http://127.0.0.1:9/list.csv?t=s0urce-s3cret",
}
MARK = "s3cret"
"""Stands in every secret above, and nowhere else."""
TEXT, NAME, NUMBER = "Zanfonía XK-771", "Hermenegilda", "573009998877"
"""What a customer writes, who they are, and the number they write from."""


class Echo(BaseHTTPRequestHandler):
    """An AI that refuses everything, with the key and the question in its refusal."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        given = {**self.headers, "path": self.path}
        words = [f"{name} {value!r}" for name, value in given.items()]
        said = f"Key refused: {'; '.join(words)}; you asked '{TEXT}' {asked[-60:]}"
        body = json.dumps({"error": {"message": said, "code": "invalid_api_key"}}).encode()
        self.send_response(401 if "gr0q" in said else 400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def settings(echo: str, log_format: str) -> dict[str, str]:
    names = ("GROQ", "OPENAI", "GEMINI", "ANTHROPIC")
    order = {"AI_FALLBACK_ORDER": ",".join(names).lower(), "AI_PING_INTERVAL_S": "1"}
    bases = {f"{name}_BASE_URL": echo for name in names}
    return SECRETS | bases | order | {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": log_format}


def good_and_bad_traffic(shop: Shop) -> list[str]:
    """What a shop meets in a bad hour; everything it answered."""
    form = inbound_form(f"¿Tienen {TEXT}?", customer=f"whatsapp:+{NUMBER}", ProfileName=NAME)
    url = f"{shop.url}/webhooks/twilio/inbound"
    token = SECRETS["TWILIO_AUTH_TOKEN"].split(",")[1]
    signature = {"X-Twilio-Signature": sign(url, form, token)}
    api = SECRETS["API_TOKEN"]
    answers = [shop.post(form, **signature), shop.post(form), shop.post(form, "status")]
    with broken_table(shop):
        answers += [shop.post(form | {"MessageSid": "SM2"}, **signature), shop.ask(form, api)]
        again = form | {"MessageSid": "SM3"}
        answers.append(shop.post(again, **{"X-Twilio-Signature": sign(url, again, token)}))
        answers.append(shop.ask({"message": TEXT, "contact": NUMBER}, api))
        answers.append(shop.get("/readyz"))
    answers += [
        shop.ask({"message": f"¿Tienen {TEXT}?"}, api),
        shop.ask({"message": TEXT}, f"{api}-wrong"),
        shop.get("/metrics"),
        shop.get("/readyz"),
        shop.post(status_form("SM9", "failed", ErrorMessage=TEXT), "status", **signature),
    ]
    assert [answer.status_code for answer in answers[:3]] == [200, 403, 403]
    wait_until(lambda: "twilio_account_fault" in shop.log, "Twilio refuses the token")
    return [answer.text + str(answer.headers) for answer in answers]


@contextlib.contextmanager
def broken_table(shop: Shop) -> Iterator[None]:
    """Storing a message fails with an error that carries what was to be stored."""
    path = shop.settings["DATABASE_URL"].removeprefix("sqlite:///")
    refuse = "BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'broken'); END"
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
        database.execute(f"CREATE TRIGGER broken {refuse}")
        database.commit()
        try:
            yield
        finally:
            database.execute("DROP TRIGGER broken")
            database.commit()


def commands(shop: Shop) -> str:
    """What the commands say that look at providers and connections, and those that fail."""
    refused = shop.settings["DATABASE_URL"]
    said = [shop.command(*words) for words in (("doctor", "--json"), ("providers", "--json"))]
    shop.settings["DATABASE_URL"] = f"postgresql://shop:dsn-{MARK}@127.0.0.1:9/shop"
    said.append(shop.command("stats"))
    shop.settings["DATABASE_URL"] = refused
    assert [each.returncode for each in said] == [1, 1, 2]
    return "".join(each.stdout + each.stderr for each in said)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_written_anywhere_and_no_log_tells_what_customers_wrote(
    new_shop: NewShop, echo: str, log_format: str
) -> None:
    with FakeTwilio() as twilio:
        shop = new_shop(**settings(echo, log_format))
        shop.connect_twilio(twilio.base_url)
        shop.settings |= SECRETS
        shop.start_ready()
        said = [*good_and_bad_traffic(shop), commands(shop) if log_format == "text" else ""]
        wait_until(lambda: shop.rows("SELECT error FROM provider_state"), "a ping is stored")
        shop.kill()
    written = {
        "answers and commands": "".join(said),
        "log": shop.log,
        "output": shop.output,
        **{path.name: stored(path) for path in shop.folder.glob("shop.db*")},
    }
    assert "Traceback" in shop.log or '"trace"' in shop.log, "the bad hour was bad"
    assert {place: context(text, MARK) for place, text in written.items() if MARK in text} == {}
    told = {word: context(shop.log, word) for word in (TEXT, "XK-771", NAME, NUMBER, ACCOUNT_SID)}
    assert {word: found for word, found in told.items() if found} == {}


def stored(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def context(text: str, word: str) -> list[str]:
    """Where a word stands, with what is around it."""
    places = [at for at in range(len(text)) if text.startswith(word, at)]
    return [text[max(at - 150, 0) : at + 60] for at in places[:3]]
