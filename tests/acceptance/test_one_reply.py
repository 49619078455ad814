"""A message that Twilio repeats: it is stored and answered once."""

from __future__ import annotations

from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop


def test_a_message_twilio_repeats_is_answered_once(shop: Shop, twilio: FakeTwilio) -> None:
    form = inbound_form("¿Tienen laptops?")
    shop.start_ready()
    assert [shop.receive(form) for _ in range(3)] == [200, 200, 200]
    shop.wait_until_answered()
    assert shop.receive(form) == 200
    assert len(twilio.sent) == 1
    assert shop.rows("SELECT tail, done FROM conversation") == [(1, 1)]
