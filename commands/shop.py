"""Commands about what the shop says of itself: shop show, shop import."""

from __future__ import annotations

import json
from argparse import Namespace
from contextlib import closing
from math import isfinite
from pathlib import Path
from typing import Any

import app
from commands.output import say, say_json
from commands.reading import read_text
from core.errors import ConfigError
from core.texts import text
from shop import facts


def show(arguments: Namespace) -> int:
    """The facts as the AI sees them."""
    with closing(app.open_house(quiet=True)) as house:
        known = house.database.read(facts.load)
        lines = facts.overview(known, house.settings.shop_language, app.shop_currency(house))
    if arguments.json:
        say_json(dict(known.values))
    elif not known.values:
        say(text("commands.shop_unknown"))
    else:
        if known.is_sample:
            say(text("commands.shop_sample"))
        for line in lines:
            say(line)
    return 0


def import_(arguments: Namespace) -> int:
    """Take a facts file in; the first own one replaces the sample's."""
    data = read_facts(Path(arguments.file))
    with closing(app.open_house(quiet=True)) as house:
        now = house.clock.now()
        house.database.write(lambda c: facts.import_facts(c, data, now))
    say(text("commands.shop_imported", names=", ".join(data)))
    return 0


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a file.

    Raises:
        ConfigError: it cannot be read, or says something wrong.
    """
    try:
        data = json.loads(read_text(path), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ConfigError(text("commands.json_broken", file=path.name, reason=error)) from None
    if not isinstance(data, dict):
        raise ConfigError(text("commands.json_not_object", file=path.name))
    if faults := facts.check_facts(data):
        raise ConfigError(*faults)
    return data


def _finite(number: str) -> float:
    """A number as it stands; neither NaN nor one without an end, which no database takes."""
    value = float(number)
    if not isfinite(value):
        raise ValueError(number)
    return value
