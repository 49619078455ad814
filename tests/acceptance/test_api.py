"""Another program asks the running shop by HTTP, and reads what it counts."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio
from tests.processes import Shop, free_port, wait_until

TOKEN = "a-token-of-the-test"
ANSWERED = r'mostrador_ai_attempts_total\{outcome="answered",provider="groq"\} (\S+)'
ANSWER = "success reply provider model attempts duration_ms products grounded"


def is_alive(shop: Shop) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return shop.get("/healthz").status_code == 200
    return False


@pytest.fixture(scope="module")
def groq() -> Iterator[FakeProvider]:
    with FakeProvider() as stand_in:
        yield stand_in


@pytest.fixture(autouse=True)
def _groq_is_well(groq: FakeProvider) -> None:
    groq.behave("ok", delay_s=0)


@pytest.fixture(scope="module")
def shop(
    tree: Path, stocked_database: Path, tmp_path_factory: pytest.TempPathFactory, groq: FakeProvider
) -> Iterator[Shop]:
    """One running shop for all who only ask."""
    folder = tmp_path_factory.mktemp("asked")
    database = shutil.copy(stocked_database, folder / "shop.db")
    settings = groq_settings(groq) | {"API_TOKEN": TOKEN, "DATABASE_URL": f"sqlite:///{database}"}
    with Shop(tree, folder, settings) as running:
        running.start_ready()
        yield running


def test_a_program_gets_the_shops_answer_and_its_contacts_keep_their_talk(
    shop: Shop, groq: FakeProvider
) -> None:
    first = shop.ask({"message": "¿tienen laptops?", "contact": "ana"}, TOKEN)
    shop.ask({"message": "¿y rojas?", "contact": "ana"}, TOKEN)
    said = [message["content"] for message in groq.chats[-1].body["messages"]]
    shop.ask({"message": "¿y rojas?"}, TOKEN)
    alone = [message["content"] for message in groq.chats[-1].body["messages"]]

    assert (first.status_code, " ".join(first.json())) == (200, ANSWER)
    assert first.json()["provider"] == "groq"
    assert "¿tienen laptops?" in said and "¿tienen laptops?" not in alone


def test_many_at_once_are_answered_or_told_to_come_again(shop: Shop, groq: FakeProvider) -> None:
    groq.behave("ok", delay_s=2)
    with ThreadPoolExecutor(16) as pool:
        found = list(
            pool.map(lambda _: shop.ask({"message": "¿tienen laptops?"}, TOKEN), range(16))
        )

    assert {each.status_code for each in found} == {200, 503}
    assert sum(each.status_code == 200 for each in found) >= 8
    refused = [each for each in found if each.status_code == 503]
    assert all(each.headers["Retry-After"] == "1" for each in refused)
    assert shop.get("/healthz").status_code == 200


def test_with_offline_answers_off_the_failure_has_its_status_and_attempts(
    new_shop: NewShop, groq: FakeProvider
) -> None:
    groq.behave("429")
    shop = new_shop(**groq_settings(groq), API_TOKEN=TOKEN, AI_OFFLINE_ANSWERS="false")
    shop.settings |= {"AI_FALLBACK_ORDER": "groq", "TURN_DEADLINE_S": "2"}
    shop.start_ready()

    failed = shop.ask({"message": "¿tienen laptops?"}, TOKEN)
    again = shop.ask({"message": "¿tienen laptops?"}, TOKEN)

    assert (failed.status_code, failed.json()["error"]) == (429, "rate_limit")
    assert int(failed.headers["Retry-After"]) in (1, 2, 3)
    assert [row["status"] for row in failed.json()["details"]["attempts"]] == [429]
    assert again.status_code == 429 and again.json()["details"]["attempts"] == []


def test_a_web_server_without_worker_answers_programs_too(
    new_shop: NewShop, groq: FakeProvider
) -> None:
    shop = new_shop(**groq_settings(groq), API_TOKEN=TOKEN)
    shop.words = ("cli.py", "serve", "--no-worker")
    shop.start()
    wait_until(lambda: is_alive(shop), "the web server answers")
    answered = wait_until(
        lambda: (found := shop.ask({"message": "hola"}, TOKEN)).status_code == 200 and found,
        "the engine is there",
    )
    assert answered.json()["success"] is True


def test_metrics_count_what_providers_did(shop: Shop) -> None:
    def counted() -> float:
        found = re.search(ANSWERED, shop.get("/metrics").text)
        return float(found[1]) if found else 0

    before = counted()
    shop.ask({"message": "¿tienen laptops?"}, TOKEN)

    wait_until(lambda: counted() == before + 1, "the attempt is counted")
    outside = shop.get("/metrics", **{"X-Forwarded-For": "203.0.113.9"})
    assert outside.status_code == 401


def test_a_worker_shows_how_it_is_on_a_port_of_its_own_at_host(
    new_shop: NewShop, groq: FakeProvider, twilio: FakeTwilio
) -> None:
    port = free_port()
    shop = new_shop(**groq_settings(groq))
    shop.words = ("cli.py", "worker", "--metrics-port", str(port))

    def read(path: str = "/metrics", **headers: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False)

    def is_shown() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return "mostrador_ai_breaker_open" in read().text
        return False

    shop.start()
    wait_until(is_shown, "the metrics are shown")
    wait_until(lambda: read("/readyz").status_code == 200, "it says that it works")
    assert read(**{"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    second = new_shop(**groq_settings(groq))
    refused = second.command("worker", "--metrics-port", str(port))

    assert refused.returncode == 2
    assert str(port) in refused.stderr and "--metrics-port" in refused.stderr

    shop.kill()
    shop.settings["HOST"] = "203.0.113.1"  # nobody's, so nobody can listen there
    refused = shop.command("worker", "--metrics-port", str(port))
    assert refused.returncode == 2
    assert f"203.0.113.1:{port}" in refused.stderr and "HOST" in refused.stderr
