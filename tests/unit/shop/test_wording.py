from typing import Any

import pytest

from shop.sample import sample_facts
from shop.wording import TOPICS, describe_topic, overview_lines

FACTS: dict[str, Any] = {
    "name": "La Esquina",
    "currency": "COP",
    "hours": [
        {"days": "lunes a viernes", "open": "09:00", "close": "18:00"},
        {"days": "domingo", "closed": True},
    ],
    "delivery": [
        {"zone": "Bogotá", "cost": 12000, "time": "1 día"},
        {"zone": "Lima", "cost": 9.5, "currency": "PEN", "minimo": 50},
        {"zone": "Centro", "cost": 0},
    ],
    "payment": ["efectivo", "tarjeta"],
    "returns": "30 días con factura",
    "branches": [{"name": "Centro", "address": "Calle 1", "phone": "60", "hours": "9 a 5"}],
    "mascotas": {"permitidas": True},
}


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("hours", "lunes a viernes: 09:00–18:00\ndomingo: cerrado"),
        ("delivery", "Bogotá: $12.000, 1 día\nLima: S/ 9.50 (minimo: 50)\nCentro: gratis"),
        ("payment", "efectivo, tarjeta"),
        ("returns", "30 días con factura"),
        ("branches", "Centro: Calle 1, tel. 60, 9 a 5"),
    ],
)
def test_each_topic_is_told_in_short_lines(topic: str, told: str) -> None:
    assert describe_topic(FACTS, topic, "es") == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Monday to Friday: 09:00–18:00\nSunday: closed"),
        ("pt", "segunda a sexta: 09:00–18:00\ndomingo: fechado"),
    ],
)
def test_weekdays_are_told_in_the_customers_language(language: str, told: str) -> None:
    assert describe_topic(FACTS, "hours", language) == told


def test_days_without_a_weekday_keep_the_owners_words() -> None:
    hours = [{"days": "festivos", "open": "10:00", "close": "14:00"}]
    assert describe_topic({"hours": hours}, "hours", "en") == "festivos: 10:00–14:00"


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_unknown_is_told_as_nothing(topic: str) -> None:
    assert describe_topic({}, topic, "es") == ""
    assert describe_topic({topic: []}, topic, "es") == ""


def test_plain_text_is_told_as_it_is() -> None:
    assert describe_topic({"hours": "De 9 a 6, menos festivos"}, "hours", "es") == (
        "De 9 a 6, menos festivos"
    )


def test_a_cost_without_currency_is_in_the_shops_own() -> None:
    delivery = {"delivery": [{"zone": "Quito", "cost": 3}]}
    assert describe_topic(delivery, "delivery", "es", "USD") == "Quito: US$3"
    assert describe_topic(delivery | {"currency": "MXN"}, "delivery", "es", "USD") == "Quito: $3"


def test_the_overview_holds_fields_we_do_not_know() -> None:
    lines = overview_lines(FACTS, "es")
    assert lines[0] == "name: La Esquina"
    assert lines[-1] == 'mascotas: {"permitidas": true}'


def test_the_overview_of_nothing_is_empty() -> None:
    assert overview_lines({}, "es") == []


def test_the_sample_tells_every_topic() -> None:
    assert all(describe_topic(sample_facts(), topic, "es") for topic in TOPICS)
