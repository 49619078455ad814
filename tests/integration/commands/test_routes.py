"""The shop's web server knows the routes that are due, and no other."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

import app

ROUTES = {
    "/healthz": {"GET"},
    "/metrics": {"GET"},
    "/readyz": {"GET"},
    "/webhooks/twilio/inbound": {"POST"},
    "/webhooks/twilio/status": {"POST"},
}


def make_web(house: app.House) -> Flask:
    return app.make_web(house, lambda *_: None, app.make_bridge(house))


def routes(web: Flask) -> dict[str, set[str]]:
    return {
        str(rule): set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        for rule in web.url_map.iter_rules()
    }


def test_every_route_that_is_due_and_no_other(home: Path) -> None:
    with closing(app.open_house(quiet=True)) as house:
        assert routes(make_web(house)) == ROUTES


def test_programs_have_their_route_once_there_is_a_token(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "a-token-of-the-test")
    with closing(app.open_house(quiet=True)) as house:
        assert routes(make_web(house)) == ROUTES | {"/api/answers": {"POST"}}


def test_without_twilio_a_webhook_is_told_to_come_again(home: Path) -> None:
    with closing(app.open_house(quiet=True)) as house:
        answer = (
            make_web(house)
            .test_client()
            .post("/webhooks/twilio/inbound", data={"MessageSid": "SM1"})
        )
    assert answer.status_code == 503


async def test_an_engine_that_broke_is_built_anew_on_the_same_house(home: Path) -> None:
    with closing(app.open_house(quiet=True)) as house:
        for _ in range(2):
            async with app.open_engine(house) as engine:
                assert (await engine.asker.ask("¿tienen laptops?")).status == 200
        assert make_web(house).test_client().get("/metrics").status_code == 200
