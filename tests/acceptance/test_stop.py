"""The shop stops when told to, takes nobody else's place, and notices what is changed beside it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from core.texts import text
from tests.acceptance import exactly_once
from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop, wait_until

STOPS = ["CTRL_BREAK_EVENT"] if sys.platform == "win32" else ["SIGTERM", "SIGINT"]


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Tests started in the background ignore Ctrl+C, and would hand that on to the shop."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("stop", STOPS)
def test_what_is_under_way_when_the_shop_stops_is_finished_first(
    stop: str, shop: Shop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    groq.behave("ok", delay_s=1)
    shop.start_ready()
    assert shop.receive(inbound_form("¿Tienen laptops?")) == 200
    wait_until(lambda: groq.chats, "the AI is asked")
    assert shop.signal(getattr(signal, stop)) == 0, shop.log
    exactly_once.check(shop.rows, twilio.sent)
    assert shop.output.splitlines()[-1] == text("commands.stopped")
    assert "Traceback" not in shop.log


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("serve", "--no-worker"), "serving_only", id="takes messages"),
        pytest.param(("worker",), "working", id="answers them"),
    ],
)
def test_a_process_that_is_not_the_whole_shop_does_not_speak_for_it(
    new_shop: NewShop, words: tuple[str, ...], says: str
) -> None:
    shop = new_shop()
    shop.words = ("cli.py", *words)
    shop.start()
    first = text(f"commands.{says}", address=shop.url)
    wait_until(lambda: shop.output.startswith(first), "it says so", step_s=0.001)
    assert shop.signal(getattr(signal, STOPS[0])) == 0, shop.log
    assert shop.output.splitlines()[-1] == text("commands.stopped_one")


def ask_an_ai_that_takes(seconds: float, shop: Shop, groq: FakeProvider) -> None:
    groq.behave("ok", delay_s=seconds)
    shop.start_ready()
    assert shop.receive(inbound_form("¿Tienen laptops?")) == 200
    wait_until(lambda: groq.chats, "the AI is asked")


def test_what_cannot_be_finished_is_given_back_and_answered_after_the_restart(
    shop: Shop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    ask_an_ai_that_takes(600, shop, groq)
    assert shop.signal(getattr(signal, STOPS[0])) == 0, shop.log
    assert shop.rows("SELECT tail, done, lease_owner FROM conversation") == [(1, 0, None)]
    groq.behave("ok", delay_s=0)
    shop.start_ready()
    shop.wait_until_answered()
    exactly_once.check(shop.rows, twilio.sent)


def test_a_shop_that_is_being_stopped_still_takes_messages_and_is_not_hurried(
    shop: Shop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    ask_an_ai_that_takes(3, shop, groq)
    assert shop.process is not None
    for _ in range(2):
        shop.process.send_signal(getattr(signal, STOPS[0]))
        assert shop.receive(inbound_form("¿Y mouse?", customer="whatsapp:+34611111111")) == 200
    assert shop.wait_for_end() == 0, shop.log
    assert len(twilio.sent) == 1
    assert shop.rows("SELECT tail, done FROM conversation ORDER BY id") == [(1, 1), (2, 0)]


def test_a_second_shop_on_the_same_database_is_refused_in_one_line(new_shop: NewShop) -> None:
    shop, second = new_shop(), new_shop()
    second.settings["DATABASE_URL"] = shop.settings["DATABASE_URL"]
    shop.start_ready()
    second.start()
    assert second.wait_for_end() == 2
    assert len([line for line in second.log.splitlines() if "❌" in line]) == 1
    assert "Traceback" not in second.log
    assert shop.is_ready()


def test_a_taken_port_is_refused_in_one_line(new_shop: NewShop) -> None:
    shop = new_shop()
    with socket.create_server(("127.0.0.1", shop.port)):
        shop.start()
        assert shop.wait_for_end() == 2
    assert str(shop.port) in shop.log
    assert "Traceback" not in shop.log


def test_another_provider_is_put_first_while_the_shop_runs(
    new_shop: NewShop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    with FakeProvider() as openai:
        shop = new_shop(**groq_settings(groq), OPENAI_API_KEY="sk-test")
        shop.settings["OPENAI_BASE_URL"] = openai.base_url
        shop.connect_twilio(twilio.base_url)
        shop.start_ready()
        switched = shop.command("switch", "openai")
        assert switched.returncode == 0, switched.stderr
        wait_until(lambda: "settings_refreshed" in shop.log, "the shop has noticed")
        assert shop.receive(inbound_form("¿Tienen laptops?")) == 200
        shop.wait_until_answered()
        assert shop.rows("SELECT provider FROM turn") == [("openai",)]
