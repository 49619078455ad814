"""kill -9 between any two steps of a turn: after the restart there is exactly one reply."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import httpx
import pytest

from tests.acceptance import exactly_once
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop, wait_until

QUESTION = "¿Tienen laptops para estudiar?"
DYING = ("-m", "tests.acceptance.dying_shop", "serve")
LATER = (*DYING, "--ahead-s", "60")
"""A minute later: nobody need wait until a send that had no answer may be looked up."""

WAITING = "SELECT 1 FROM conversation WHERE tail > done"
CLAIMED = "SELECT 1 FROM conversation WHERE lease_owner IS NOT NULL"
SAVED = "SELECT 1 FROM turn"
SENDING = "SELECT 1 FROM outbox_item WHERE state = 'sending'"
RECORDED = "SELECT 1 FROM outbox_item WHERE state = 'accepted'"
FINISHED = "SELECT 1 FROM turn WHERE state = 'finished'"

MOMENTS = {
    "before the message is stored": ("before", WAITING),
    "stored, not acknowledged": ("after", WAITING),
    "claimed": ("after", CLAIMED),
    "answered by the AI, reply not saved": ("before", SAVED),
    "reply saved": ("after", SAVED),
    "about to send": ("after", SENDING),
    "accepted by Twilio, not recorded": ("before", RECORDED),
    "sending recorded": ("after", RECORDED),
    "finished": ("after", FINISHED),
}


def check_one_reply(shop: Shop, twilio: FakeTwilio) -> None:
    shop.wait_until_answered()
    exactly_once.check(shop.rows, twilio.sent)
    assert [message["body"] for message in twilio.sent] == [f"Recibido: {QUESTION}"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_shop_that_dies_at_a_step_replies_once(
    moment: str, shop: Shop, twilio: FakeTwilio
) -> None:
    dies, query = MOMENTS[moment]
    form = inbound_form(QUESTION)
    shop.words = (*DYING, "--dies", dies, "--when", query)
    shop.start_ready()
    with contextlib.suppress(httpx.TransportError):
        shop.receive(form)
    assert shop.wait_for_end() != 0
    shop.words = LATER
    shop.start()
    shop.receive_surely(form)
    check_one_reply(shop, twilio)


def test_a_shop_killed_while_the_ai_answers_replies_once(
    shop: Shop, twilio: FakeTwilio, groq: FakeProvider
) -> None:
    groq.behave("ok", delay_s=600)
    kill_when(shop, lambda: groq.chats)
    groq.behave("ok", delay_s=0)
    shop.start()
    check_one_reply(shop, twilio)


@pytest.mark.parametrize("behaviour", ["hang", "hang_stored"])
def test_a_shop_killed_while_twilio_answers_replies_once(
    behaviour: str, shop: Shop, twilio: FakeTwilio
) -> None:
    twilio.behave(behaviour)
    kill_when(shop, lambda: twilio.requests)
    twilio.behave("ok")
    shop.words = LATER
    shop.start()
    check_one_reply(shop, twilio)


def kill_when(shop: Shop, is_reached: Callable[[], object]) -> None:
    shop.start_ready()
    assert shop.receive(inbound_form(QUESTION)) == 200
    wait_until(is_reached, "the step is reached")
    shop.kill()
