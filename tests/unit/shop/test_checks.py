from typing import Any

import pytest

from shop.checks import check_facts
from shop.sample import sample_facts


@pytest.mark.parametrize(
    "data",
    [
        {},
        sample_facts(),
        {"hours": "de 9 a 6", "returns": "30 días"},
        {"hours": [{"days": "festivos", "open": "9", "close": "1 pm"}]},
        {"delivery": [{"zone": "Centro", "cost": 0}, {"nota": "x"}]},
        {"mascotas": True, "redes": {"instagram": "@x"}, "name": None},
    ],
)
def test_good_facts_have_no_fault(data: dict[str, Any]) -> None:
    assert check_facts(data) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "el archivo debe ser un objeto JSON"),
        ({"name": 3}, "name: debe ser un texto"),
        ({"currency": "pesos"}, "currency: no existe la moneda «pesos»"),
        ({"currency": ["COP"]}, "currency: no existe la moneda"),
        ({"timezone": "Bogota"}, "timezone: no existe la zona horaria «Bogota»"),
        ({"timezone": "../x"}, "timezone: no existe la zona horaria"),
        ({"hours": 9}, "hours: debe ser un texto o una lista"),
        ({"hours": ["lunes"]}, "hours[0]: debe ser un objeto"),
        ({"hours": [{"days": "luness", "closed": True}]}, "hours[0].days: no se entienden"),
        ({"hours": [{"days": "lunes", "closed": "sí"}]}, "hours[0].closed: debe ser true o false"),
        ({"hours": [{"days": "lunes", "open": "9"}]}, "hours[0].close: no se entiende la hora"),
        ({"delivery": "gratis"}, "delivery: debe ser una lista"),
        ({"delivery": [3]}, "delivery[0]: debe ser un objeto"),
        ({"delivery": [{"cost": "12.000"}]}, "delivery[0].cost: debe ser un número"),
        ({"delivery": [{"cost": -1}]}, "delivery[0].cost: debe ser un número"),
        ({"delivery": [{"cost": True}]}, "delivery[0].cost: debe ser un número"),
        ({"delivery": [{"cost": float("nan")}]}, "delivery[0].cost: debe ser un número"),
        ({"delivery": [{}, {"zone": 1}]}, "delivery[1].zone: debe ser un texto"),
        ({"payment": "efectivo"}, "payment: debe ser una lista de textos"),
        ({"payment": ["efectivo", 3]}, "payment: debe ser una lista de textos"),
        ({"returns": 30}, "returns: debe ser un texto o una lista"),
        ({"branches": {"name": "x"}}, "branches: debe ser una lista"),
        ({"branches": [{"phone": 601}]}, "branches[0].phone: debe ser un texto"),
        ({"branches": [{"hours": 9}]}, "branches[0].hours: debe ser un texto o una lista"),
        ({"x" * 101: 1}, "pasa de 100 caracteres"),
    ],
)
def test_a_fault_names_its_field_and_the_mend(data: Any, said: str) -> None:
    (fault,) = check_facts(data)
    assert said in fault


def test_all_faults_are_told_together() -> None:
    assert len(check_facts({"name": 1, "payment": 2, "delivery": [{"cost": "x"}, 4]})) == 4
