"""kill -9 at random moments: every acknowledged message is covered by exactly one reply."""

from __future__ import annotations

import random
import sys

from tests.acceptance import kill_storm
from tests.acceptance.conftest import NewShop
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop


def test_each_message_is_answered_once_however_often_the_shop_is_killed(new_shop: NewShop) -> None:
    storm = kill_storm.Storm(messages=40, customers=10, kills=4, seed=random.randrange(10**6))
    sys.stdout.write(f"{storm}\n")
    shop = new_shop()
    kill_storm.check(storm, shop, kill_storm.rage(storm, shop))


def test_a_message_twilio_repeats_is_answered_once(shop: Shop, twilio: FakeTwilio) -> None:
    form = inbound_form("¿Tienen laptops?")
    shop.start_ready()
    assert [shop.receive(form) for _ in range(3)] == [200, 200, 200]
    shop.wait_until_answered()
    assert shop.receive(form) == 200
    assert len(twilio.sent) == 1
    assert shop.rows("SELECT tail, done FROM conversation") == [(1, 1)]
