"""The first provider fails in every way there is: the next one answers each time."""

from __future__ import annotations

import pytest

from bot.health import Health, Member
from bot.messages import AttemptRow, Prompt, PromptMessage
from bot.planning import Lineup
from bot.providers.base import find_providers
from bot.providers.http import make_client
from bot.responder import Responder
from core.clock import SystemClock
from core.settings import ProviderSettings
from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import wait_until

PROMPT = Prompt((PromptMessage("user", "¿Tienen laptops?"),))
SHORT_S, LONG_S = 0.3, 40.0
FAULTS = {
    "refuse": "network",
    "reset": "network",
    "500": "server",
    "503": "server",
    "429": "rate_limit",
    "401": "auth",
    "404": "model_not_found",
    "hang": "timeout",
    "drip": "timeout",
    "stall": "timeout",
    "html": "validation",
    "half_json": "validation",
    "no_choices": "validation",
    "empty": "validation",
    "think_only": "validation",
    "error_in_200": "server",
}


def member(name: str, stand_in: FakeProvider, timeout_s: float) -> Member:
    settings = ProviderSettings("sk-test", ("fake-model",), stand_in.base_url, timeout_s)
    return Member(find_providers()[name], settings)


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_next_provider_answers(fault: str) -> None:
    ledger: list[AttemptRow] = []
    limit_s = SHORT_S if FAULTS[fault] == "timeout" else LONG_S
    with FakeProvider(fault) as faulty, FakeProvider() as sound:
        members = (member("groq", faulty, limit_s), member("openai", sound, LONG_S))
        async with make_client() as client:
            clock = SystemClock()
            responder = Responder(client, Lineup(members), Health(clock), clock, ledger.append)
            completion = await responder.respond(PROMPT, deadline_s=2 * LONG_S)
    assert completion.provider == "openai"
    assert [row.outcome for row in ledger] == [FAULTS[fault], "answered"]


@pytest.mark.parametrize("fault", ["404", "hang", "error_in_200"])
def test_the_next_provider_answers_in_the_whole_shop(
    fault: str, new_shop: NewShop, twilio: FakeTwilio
) -> None:
    with FakeProvider() as faulty, FakeProvider(reply="Aquí estoy.") as sound:
        shop = new_shop(
            **groq_settings(faulty) | {"GROQ_TIMEOUT": "0.5"},
            OPENAI_API_KEY="sk-test",
            OPENAI_BASE_URL=f"{sound.base_url}",
        )
        shop.settings["AI_FALLBACK_ORDER"] = "groq,openai"
        shop.connect_twilio(twilio.base_url)
        shop.start_ready()
        wait_until(lambda: "groq: FUNCIONANDO" in shop.log, "the first ping is over")
        faulty.behave(fault)
        assert shop.receive(inbound_form("¿Tienen laptops?")) == 200
        shop.wait_until_answered()
        assert shop.rows("SELECT provider FROM turn") == [("openai",)]
    assert [message["body"] for message in twilio.sent] == ["Aquí estoy."]
