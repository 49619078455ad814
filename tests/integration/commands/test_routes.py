"""The shop's web server knows the routes that are due, and no other."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import app

ROUTES = {
    "/healthz": {"GET"},
    "/readyz": {"GET"},
    "/webhooks/twilio/inbound": {"POST"},
    "/webhooks/twilio/status": {"POST"},
}


def test_every_route_that_is_due_and_no_other(home: Path) -> None:
    with closing(app.open_house(quiet=True)) as house:
        web = app.make_web(house, lambda *_: None)
    found = {
        str(rule): set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        for rule in web.url_map.iter_rules()
    }
    assert found == ROUTES


def test_without_twilio_a_webhook_is_told_to_come_again(home: Path) -> None:
    with closing(app.open_house(quiet=True)) as house:
        web = app.make_web(house, lambda *_: None)
        answer = web.test_client().post("/webhooks/twilio/inbound", data={"MessageSid": "SM1"})
    assert answer.status_code == 503
