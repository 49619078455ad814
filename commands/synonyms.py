"""The command catalog synonyms: the shop's own words for its products, out and in."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path

import app
from catalog.index.reindex import reindex
from catalog.words.own_synonyms import own_table, save_own_table
from commands.output import say
from commands.reading import read_text
from core.texts import text


def synonyms(arguments: Namespace) -> int:
    """Show the shop's own lines, or put those of a file in force; an empty file drops them."""
    table = read_text(Path(arguments.file)) if arguments.file else None
    with closing(app.open_house(quiet=True)) as house:
        if table is None:
            own = house.database.read(own_table)
            say(own or text("commands.synonyms_none"))
            return 0
        now = house.clock.now()
        house.database.write(lambda c: save_own_table(c, table, now=now))
        say(text("commands.synonyms_saved", count=reindex(house.database)))
    return 0
