"""A fresh clone answers at once, and every provider that comes or goes is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import Shop, copy_sources, wait_until

QUESTION = "¿tienen laptops?"


def ask(shop: Shop) -> dict[str, Any]:
    done = shop.command("ask", QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_fresh_clone_answers_from_its_sample_catalog_with_nothing_configured(
    tmp_path: Path,
) -> None:
    clone = copy_sources(tmp_path / "clone")
    with Shop(clone, tmp_path / "out") as shop:
        shop.start_ready()
        answer = ask(shop)
    assert (answer["provider"], answer["model"]) == ("offline", None)
    assert answer["products"]
    assert "laptop" in answer["reply"].lower()
    assert (clone / "data" / "mostrador.db").exists()


def test_when_a_provider_stops_the_next_answers_and_at_last_the_catalog(new_shop: NewShop) -> None:
    with FakeProvider(reply="Soy el primero.") as first, FakeProvider() as second:
        shop = new_shop(**groq_settings(first), LM_STUDIO_URL=second.base_url)
        shop.start_ready()
        answer = ask(shop)
        assert (answer["provider"], answer["reply"]) == ("groq", "Soy el primero.")
        first.behave("refuse")
        assert ask(shop)["provider"] == "lmstudio"
        second.behave("refuse")
        answer = ask(shop)
    assert (answer["provider"], answer["products"]) == ("offline", ["P-1"])


def test_the_log_says_who_answered_a_whatsapp_message(
    new_shop: NewShop, twilio: FakeTwilio
) -> None:
    with FakeProvider("429") as first, FakeProvider() as second:
        shop = new_shop(**groq_settings(first), LM_STUDIO_URL=second.base_url)
        shop.settings["AI_FALLBACK_ORDER"] = "groq,lmstudio"
        shop.connect_twilio(twilio.base_url)
        shop.start_ready()
        assert shop.receive(inbound_form(QUESTION)) == 200
        wait_until(lambda: twilio.sent, "the reply is sent")
    said = [line.split(" ", 2)[2] for line in shop.log.splitlines() if "[AI" in line]
    heard = [line for line in said if not line.startswith("[AI Ping]")]
    assert heard[0] == (
        "[AI Multi-Provider] 🔄 Usando sistema multi-provider con fallback automático "
        "(orden: groq → lmstudio)"
    )
    assert heard[1] == "[AI Multi-Provider] 🔄 Intentando con: groq"
    assert heard[2].startswith(
        "[AI Multi-Provider] ❌ Error con groq: rate_limit (intento 1/2, 429,"
    )
    assert heard[-3:] == [
        "[AI Multi-Provider] 🔄 Intentando con: lmstudio",
        "[AI Multi-Provider] ✅ Éxito con: lmstudio",
        "[AI] ✅ Respuesta generada con: lmstudio (fake-model)",
    ]
